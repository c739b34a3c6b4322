"""Scripts of calls; a script that did not expect all that was done fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.voicebridge.dialogue.words import say, settled
from tests.voicebridge.script import Script
from voicebridge.dialogue.events import ReplyFinished, ReplyStarted, SayGreeting, StreamStarted
from voicebridge.dialogue.states import Timing
from voicebridge.dialogue.turn_taking import TurnTaking

Play = Callable[..., Script]


@pytest.fixture
def play() -> Iterator[Play]:
    """`play(timing=..., states=...)`: a call that has not begun."""
    scripts: list[Script] = []

    def begin(timing: Timing | None = None, *, states: bool = False) -> Script:
        scripts.append(Script(TurnTaking(timing), states=states))
        return scripts[-1]

    yield begin
    for script in scripts:
        script.finish()


@pytest.fixture
def script(play: Play) -> Script:
    """A call that has not begun, with the default timing."""
    return play()


@pytest.fixture
def greeted(script: Script) -> Script:
    """A call at second 5, when the greeting (reply 1) has just been played."""
    script.at(0.0, StreamStarted()).expect(SayGreeting(reply=1))
    return script.at(5.0, ReplyFinished(reply=1)).expect()


@pytest.fixture
def speaking(greeted: Script) -> Script:
    """At second 12 our answer (reply 2, to turn 1) has been sounding for three seconds: the first turn is settled."""
    say(greeted, 6.0, 7.0, "Tell me something.").at(9.0, ReplyStarted(2)).until(12.0)
    return greeted.expect(settled)
