"""What was said a moment ago is not spoken anew."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from sandbox.speech import SpeechEngines
from sandbox.spoken_before import SpokenBefore


class CountingVoice:
    """Speaks a byte a letter, and counts; fails at a text that says so."""

    def __init__(self) -> None:
        self.spoken: list[str] = []

    async def say(self, text: str, _voice: str, _pace: float, _rate: int) -> bytes:
        self.spoken.append(text)
        await asyncio.sleep(0)
        if text == "fail":
            raise ValueError(text)
        return b"x" * len(text)

    def voices(self) -> list[str]:
        return ["joe"]


class SlowVoice(CountingVoice):
    """Takes its time, and notices when it is told to stop."""

    def __init__(self) -> None:
        super().__init__()
        self.needs_s = 60.0
        self.given_up: list[str] = []

    async def say(self, text: str, _voice: str, _pace: float, _rate: int) -> bytes:
        try:
            await asyncio.sleep(self.needs_s)
        except asyncio.CancelledError:
            self.given_up.append(text)
            raise
        return b"x" * len(text)


async def test_the_same_sentence_is_spoken_once_also_for_two_who_ask_at_once() -> None:
    voice = CountingVoice()
    mouth = SpokenBefore(cast(SpeechEngines, voice))
    both = await asyncio.gather(*(mouth.say("Hello.", "joe", 1.0, 24_000) for _ in range(2)))
    assert [*both, await mouth.say("Hello.", "joe", 1.0, 24_000)] == [b"xxxxxx"] * 3
    await mouth.say("Hello.", "joe", 0.8, 24_000)
    assert voice.spoken == ["Hello.", "Hello."]
    assert mouth.voices() == ["joe"]


async def test_one_who_goes_does_not_take_the_sentence_from_another() -> None:
    mouth = SpokenBefore(cast(SpeechEngines, CountingVoice()))
    first, second = (asyncio.create_task(mouth.say("Hello.", "joe", 1.0, 24_000)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == b"xxxxxx"


async def test_what_nobody_waits_for_any_more_is_not_spoken_and_can_be_asked_for_again() -> None:
    voice = SlowVoice()
    mouth = SpokenBefore(cast(SpeechEngines, voice))
    both = [asyncio.create_task(mouth.say("Hello.", "joe", 1.0, 24_000)) for _ in range(2)]
    await asyncio.sleep(0.01)
    for one in both:
        one.cancel()
        await asyncio.wait([one])
    voice.needs_s = 0.0
    assert await mouth.say("Hello.", "joe", 1.0, 24_000) == b"xxxxxx"
    assert voice.given_up == ["Hello."]


async def test_a_failure_is_not_remembered_and_the_oldest_is_forgotten() -> None:
    voice = CountingVoice()
    mouth = SpokenBefore(cast(SpeechEngines, voice), keep=2)
    for _ in range(2):
        with pytest.raises(ValueError, match="fail"):
            await mouth.say("fail", "joe", 1.0, 24_000)
    for text in ("a", "b", "c", "a"):
        await mouth.say(text, "joe", 1.0, 24_000)
    assert voice.spoken == ["fail", "fail", "a", "b", "c", "a"]
