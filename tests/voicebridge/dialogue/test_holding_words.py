"""While the answer is not ready: a holding word or two, and never where it would cut the person off."""

from __future__ import annotations

import pytest

from tests.voicebridge.dialogue.conftest import Play
from tests.voicebridge.dialogue.words import (
    asked,
    drafted,
    failed,
    filler,
    heard,
    line,
    released,
    said,
    say,
    settled,
    stopped,
)
from tests.voicebridge.script import Script
from voicebridge.dialogue.endpointing import patience_for
from voicebridge.dialogue.events import (
    LineName,
    ReplyFailed,
    ReplyFinished,
    ReplyStarted,
    SayGreeting,
    SpeechPaused,
    SpeechStarted,
    SpeechSuspected,
    StreamStarted,
)
from voicebridge.dialogue.states import Timing
from voicebridge.dialogue.turn_taking import AgentState, Phase

KNEE = "My knee hurts."


@pytest.fixture
def thinking(greeted: Script) -> Script:
    """The turn ended at second 8; its answer (reply 2) is released, and not ready."""
    return say(greeted, 6.0, 8.0, KNEE)


def test_a_holding_word_is_said_when_the_answer_is_not_ready_in_time(thinking: Script) -> None:
    thinking.until(10.4).expect()
    thinking.until(10.6).expect(filler(3, LineName.LET_ME_SEE))
    thinking.at(11.3, ReplyFinished(3)).at(11.4, ReplyStarted(2)).at(14.0, ReplyFinished(2)).expect(settled)


def test_an_answer_that_is_ready_in_time_needs_none(thinking: Script) -> None:
    thinking.at(10.4, ReplyStarted(2)).until(11.5).expect(settled)


def test_there_are_two_at_most_and_they_differ(thinking: Script) -> None:
    thinking.until(10.6).expect(filler(3, LineName.LET_ME_SEE)).at(11.3, ReplyFinished(3))
    thinking.until(14.4).expect()
    thinking.until(14.6).expect(filler(4, LineName.ONE_MOMENT)).at(15.3, ReplyFinished(4))
    thinking.until(29.0).expect()


def test_the_second_waits_for_the_end_of_the_first(thinking: Script) -> None:
    thinking.until(14.6).expect(filler(3, LineName.LET_ME_SEE))
    thinking.at(15.0, ReplyFinished(3)).expect(filler(4, LineName.ONE_MOMENT))


def test_a_holding_word_that_fails_is_not_missed(thinking: Script) -> None:
    thinking.until(10.6).expect(filler(3, LineName.LET_ME_SEE)).at(10.7, ReplyFailed(3, "tts"))
    thinking.until(14.6).expect(filler(4, LineName.ONE_MOMENT))


def test_a_holding_word_that_the_answer_has_overtaken_is_dropped(thinking: Script) -> None:
    thinking.until(10.6).expect(filler(3, LineName.LET_ME_SEE))
    thinking.at(10.7, ReplyStarted(2)).expect(stopped(3))
    thinking.at(14.0, ReplyFinished(2)).expect(settled)


def test_a_holding_word_is_no_first_sound(thinking: Script) -> None:
    thinking.until(10.6).expect(filler(3, LineName.LET_ME_SEE))
    thinking.at(10.7, ReplyStarted(3)).expect()
    assert thinking.machine.agent is AgentState.THINKING
    assert thinking.machine.reply == 2


def test_speech_takes_the_holding_word_and_the_answer_back(thinking: Script) -> None:
    thinking.until(10.6).expect(filler(3, LineName.LET_ME_SEE))
    thinking.at(10.9, SpeechStarted(10.8)).expect(stopped(2), stopped(3))


def test_a_turn_that_goes_on_after_one_has_only_one_left(thinking: Script) -> None:
    thinking.until(10.6).expect(filler(3, LineName.LET_ME_SEE)).at(11.0, ReplyFinished(3))
    thinking.speech(11.2, 12.0).at(12.5, heard(2, KNEE)).until(13.4)
    thinking.expect(stopped(2), asked(2), drafted(4, 1, KNEE, 12.0), said(1, KNEE), released(4))
    thinking.until(18.4).expect()
    thinking.until(18.6).expect(filler(5, LineName.ONE_MOMENT)).at(19.0, ReplyFinished(5)).until(33.0).expect()


# --- before the words are there


def test_one_is_said_when_the_words_themselves_are_late(greeted: Script) -> None:
    greeted.speech(6.0, 8.0).until(10.4).expect(asked(1))
    greeted.until(10.6).expect(filler(2, LineName.LET_ME_SEE))
    greeted.at(11.0, heard(1, KNEE)).expect(drafted(3, 1, KNEE, 8.0), said(1, KNEE), released(3))
    greeted.at(11.2, ReplyFinished(2)).at(12.0, ReplyStarted(3)).at(13.0, ReplyFinished(3)).expect(settled)


def test_none_is_said_into_an_unfinished_sentence(greeted: Script) -> None:
    for number, start in enumerate([6.0, 8.0, 10.0], start=1):
        greeted.speech(start, start + 0.5).at(start + 0.9, heard(number, "I went to the")).until(start + 2.0)
        taken_back = [stopped(number)] if number > 1 else []
        greeted.expect(*taken_back, asked(number), drafted(number + 1, 1, "I went to the", start + 0.5))
    greeted.until(12.45).expect(said(1, "I went to the"), released(4))


def test_none_is_said_before_an_answer_might_be(play: Play) -> None:
    patient = Timing(patience=patience_for(3500))
    script = play(patient).at(0.0, StreamStarted()).at(5.0, ReplyFinished(1)).expect(SayGreeting(1))
    script.speech(6.0, 8.0).until(11.7).expect(asked(1))
    script.until(11.9).expect(filler(2, LineName.LET_ME_SEE))  # 3.5 s, and 0.3 s because the words are not known


def test_an_answer_that_is_released_late_gets_a_moment_first(play: Play) -> None:
    patient = Timing(patience=patience_for(3500))
    script = play(patient).at(0.0, StreamStarted()).at(5.0, ReplyFinished(1)).expect(SayGreeting(1))
    script.speech(6.0, 8.0).at(8.5, heard(1, KNEE)).until(11.6)
    script.expect(asked(1), drafted(2, 1, KNEE, 8.0), said(1, KNEE), released(2))
    script.until(11.85).expect()
    script.until(11.95).expect(filler(3, LineName.LET_ME_SEE))


def test_a_quick_sign_of_speech_holds_it_back_too(play: Play) -> None:
    timing = Timing(filler_after_s=1.7)
    script = play(timing).at(0.0, StreamStarted()).at(5.0, ReplyFinished(1)).expect(SayGreeting(1))
    script.speech(6.0, 8.0).at(9.65, SpeechSuspected(9.6)).until(9.8).expect(asked(1))
    script.until(9.82).expect(filler(2, LineName.LET_ME_SEE))


# --- never


def test_none_is_said_before_our_goodbye(greeted: Script) -> None:
    say(greeted, 6.0, 7.0, "Goodbye.", closing=True).until(13.0).expect()
    assert greeted.machine.phase is Phase.CLOSING


def test_none_is_said_while_we_speak(speaking: Script) -> None:
    speaking.at(13.08, SpeechStarted(13.0)).at(13.12, SpeechPaused(13.1)).until(20.0).expect(asked(2))


def test_none_is_said_to_somebody_who_asked_us_to_wait(greeted: Script) -> None:
    greeted.speech(6.0, 7.0).at(7.5, heard(1, "Hold on.")).until(8.0)
    greeted.expect(asked(1), said(1, "Hold on."), settled, line(2, LineName.I_WAIT)).at(9.0, ReplyFinished(2))
    greeted.speech(11.0, 12.0).until(20.0).expect(asked(2))


def test_after_it_an_answer_may_fail_like_any_other(thinking: Script) -> None:
    thinking.until(10.6).expect(filler(3, LineName.LET_ME_SEE)).at(11.3, ReplyFinished(3))
    thinking.at(12.0, ReplyFailed(2, "llm")).expect(failed("llm"), settled, line(4, LineName.TROUBLE))
