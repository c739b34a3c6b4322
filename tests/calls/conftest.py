"""One running product for all whole calls, and the scripted people's calls, several at a time."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from argon2 import PasswordHasher

from sandbox.people import load_folder
from scripts.call_report import Report
from scripts.demo_call import place_call
from scripts.stack import Stack, fetch
from tests.calls.line_audio import Samples

AT_ONCE = 4
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class PlayedCall:
    """A call that was played, and what was on its line: (person, agent), 8 kHz, -1..1."""

    report: Report
    person: Samples
    agent: Samples
    line: dict[str, Any]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole product, running."""
    settings = {
        "LOG_FORMAT": "json",
        "PANEL_PASSWORD_HASH": PasswordHasher().hash(PASSWORD),
        "ANSWERING_MACHINE_DETECTION": "true",
    }
    with Stack.running(tmp_path_factory.mktemp("stack"), settings=settings) as running:
        yield running


def play(stack: Stack, person: str) -> PlayedCall:
    """Places one call and collects what was on the line."""
    report, sid = place_call(stack, person)
    assert sid is not None, report
    with wave.open(io.BytesIO(fetch(f"{stack.sandbox_url}/sandbox/calls/{sid}/audio.wav")), "rb") as recording:
        assert (recording.getnchannels(), recording.getframerate(), recording.getsampwidth()) == (2, 8000, 2)
        both = np.frombuffer(recording.readframes(recording.getnframes()), "<i2").astype(np.float64) / 32768
    return PlayedCall(report, both[0::2], both[1::2], stack.sandbox("GET", f"/sandbox/calls/{sid}"))


@pytest.fixture(scope="session")
def played(stack: Stack) -> dict[str, Future[PlayedCall]]:
    """Every scripted person who talks, called, several at a time; over before the first test that asks for one."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {name: pool.submit(play, stack, name) for name in talking_people()}


def talking_people() -> list[str]:
    """The scripted people who talk and say goodbye (a voicemail has no lines, and one person falls silent for ever)."""
    return [person.name for person in load_folder() if person.answered_by == "human" and person.farewell is not None]
