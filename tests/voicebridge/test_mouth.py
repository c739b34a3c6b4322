"""What the mouth sends when a reply is held: whatever happens then, the next reply can be heard."""

from __future__ import annotations

import asyncio
import json
from typing import Any, cast

import pytest
from websockets.asyncio.server import ServerConnection

from voicebridge.mouth import Mouth
from voicebridge.reply import ready_made

AUDIO = b"\x00" * 1600
"""0.2 s."""


class Telephone:
    """Takes what it is sent."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    async def send(self, message: str) -> None:
        self.messages.append(json.loads(message))

    def spoke(self, audio: bytes, plays_at: float) -> None:
        pass

    def silenced(self, now: float) -> None:
        pass

    def sent(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["event"] == kind]


@pytest.fixture
def telephone() -> Telephone:
    return Telephone()


@pytest.fixture
def mouth(telephone: Telephone) -> Mouth:
    return Mouth(cast(ServerConnection, telephone), "MZ1", telephone)


def speak(mouth: Mouth, reply: int) -> asyncio.Task[None]:
    sentence = ready_made(("Hello.", AUDIO))
    return asyncio.create_task(mouth.speak(reply, sentence, on_sentence=lambda text: None, on_started=lambda: None))


async def echo(mouth: Mouth, telephone: Telephone) -> None:
    """The last mark comes back."""
    await asyncio.sleep(0.05)
    mouth.mark_returned(telephone.sent("mark")[-1]["mark"]["name"])


async def can_be_heard(mouth: Mouth, telephone: Telephone, reply: int) -> bool:
    before = len(telephone.sent("media"))
    task = speak(mouth, reply)
    await asyncio.sleep(0.05)
    if len(telephone.sent("media")) > before:
        await echo(mouth, telephone)
        await asyncio.wait_for(task, 1.0)
        return True
    task.cancel()
    return False


async def test_what_is_held_goes_on_where_it_stopped(mouth: Mouth, telephone: Telephone) -> None:
    task = speak(mouth, 1)
    await asyncio.sleep(0.05)
    assert 0.05 < await mouth.hold(1) < 0.2
    assert len(telephone.sent("clear")) == 1
    await asyncio.sleep(0.05)
    assert len(telephone.sent("media")) == 1
    mouth.resume(1)
    await echo(mouth, telephone)
    await asyncio.wait_for(task, 1.0)
    assert len(telephone.sent("media")) >= 2
    assert mouth.playout.heard_text(1) == "Hello."


async def test_a_reply_that_is_stopped_before_its_first_sound_silences_no_other(
    mouth: Mouth, telephone: Telephone
) -> None:
    await mouth.hold(1)
    await mouth.stop(1)
    assert await can_be_heard(mouth, telephone, 2)


async def test_a_reply_that_ends_in_the_moment_it_is_held_silences_no_other(mouth: Mouth, telephone: Telephone) -> None:
    task = speak(mouth, 1)
    await echo(mouth, telephone)
    await mouth.hold(1)
    await asyncio.wait_for(task, 1.0)
    assert await can_be_heard(mouth, telephone, 2)
