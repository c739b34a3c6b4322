"""The person goes on when we have just begun to speak: it was not the end of the turn, and what we said never was."""

from __future__ import annotations

import pytest

from tests.voicebridge.dialogue.words import (
    asked,
    drafted,
    failed,
    heard,
    held,
    line,
    released,
    resumed,
    said,
    say,
    settled,
    stopped,
)
from tests.voicebridge.script import Script
from voicebridge.dialogue.events import (
    LineName,
    Manner,
    ReplyFinished,
    ReplyHeld,
    ReplyStarted,
    SayAgain,
    SpeechPaused,
    SpeechStarted,
    TranscriptionFailed,
)
from voicebridge.dialogue.manners import for_saying_again
from voicebridge.dialogue.turn_taking import AgentState

KNEE, STAIRS = "My knee hurts.", "My knee hurts when I go upstairs."


@pytest.fixture
def just_begun(greeted: Script) -> Script:
    """At second 9.5 our answer (reply 2) to turn 1, which ended at 8, has begun to sound."""
    return say(greeted, 6.0, 8.0, KNEE).at(9.5, ReplyStarted(2)).expect()


@pytest.fixture
def goes_on(just_begun: Script) -> Script:
    """The person has gone on at second 10.2, and we are held."""
    just_begun.at(10.35, SpeechStarted(10.2)).expect(held(2))
    return just_begun.at(10.4, ReplyHeld(2, unheard_s=5.0)).expect()


def test_whoever_goes_on_at_once_gets_one_answer_to_the_whole_turn(goes_on: Script) -> None:
    goes_on.at(11.55, SpeechPaused(11.5)).until(11.8).expect(asked(2))
    goes_on.at(12.0, heard(2, STAIRS)).expect(stopped(2), drafted(3, 1, STAIRS, 11.5))
    goes_on.until(12.9).expect(said(1, STAIRS), released(3))
    goes_on.at(13.0, ReplyStarted(3)).at(17.0, ReplyFinished(3)).expect(settled)


def test_whoever_goes_on_for_long_silences_us_before_the_words_are_there(goes_on: Script) -> None:
    goes_on.until(12.1).expect().until(12.3).expect(stopped(2))
    goes_on.at(13.55, SpeechPaused(13.5)).at(14.0, heard(2, STAIRS)).until(14.9)
    goes_on.expect(asked(2), drafted(3, 1, STAIRS, 13.5), said(1, STAIRS), released(3))


def test_whoever_goes_on_later_begins_a_new_turn(just_begun: Script) -> None:
    just_begun.until(10.49).expect().until(10.51).expect(settled)
    just_begun.at(10.75, SpeechStarted(10.6)).at(11.55, SpeechPaused(11.5)).at(12.0, heard(2, "I slept well."))
    just_begun.expect(held(2), asked(2), stopped(2), drafted(3, 2, "I slept well.", 11.5))
    just_begun.until(12.9).expect(said(2, "I slept well."), released(3))


@pytest.mark.parametrize("more", ["Mm-hm.", "Yes.", ""])
def test_a_sign_of_listening_is_no_going_on(goes_on: Script, more: str) -> None:
    goes_on.at(10.65, SpeechPaused(10.6, pitched_ms=300)).at(11.0, heard(2, f"{KNEE} {more}".strip()))
    goes_on.expect(asked(2), resumed(2), settled)
    goes_on.at(15.0, ReplyFinished(2)).expect()


def test_a_cough_is_no_going_on(goes_on: Script) -> None:
    goes_on.at(10.65, SpeechPaused(10.6, pitched_ms=10)).expect(resumed(2), settled)


def test_what_cannot_be_understood_is_no_going_on(goes_on: Script) -> None:
    goes_on.at(10.65, SpeechPaused(10.6)).at(11.5, TranscriptionFailed(2))
    goes_on.expect(asked(2), failed("stt"), resumed(2), settled)


@pytest.mark.parametrize(
    ("words", "answer"),
    [("Stop.", line(3, LineName.AM_LISTENING)), ("Pardon?", SayAgain(3, for_saying_again(Manner())))],
)
def test_what_is_answered_in_code_is_understood_by_itself(goes_on: Script, words: str, answer: object) -> None:
    whole = f"{KNEE} {words}"
    goes_on.at(10.65, SpeechPaused(10.6)).at(11.0, heard(2, whole)).expect(asked(2), stopped(2))
    goes_on.until(11.5).expect(said(1, whole), settled, answer)  # type: ignore[arg-type]


def test_a_turn_can_be_repaired_more_than_once(goes_on: Script) -> None:
    goes_on.at(11.55, SpeechPaused(11.5)).at(12.0, heard(2, STAIRS)).until(12.9)
    goes_on.expect(asked(2), stopped(2), drafted(3, 1, STAIRS, 11.5), said(1, STAIRS), released(3))
    goes_on.at(13.0, ReplyStarted(3)).at(13.45, SpeechStarted(13.3)).at(14.05, SpeechPaused(14.0)).expect(held(3))
    whole = "My knee hurts when I go upstairs. And down."
    goes_on.at(14.5, heard(3, whole)).expect(asked(3), stopped(3), drafted(4, 1, whole, 14.0))


def test_an_answer_so_short_that_it_is_over_is_given_again_to_the_whole(just_begun: Script) -> None:
    just_begun.at(10.05, SpeechStarted(10.0)).at(10.1, ReplyFinished(2)).expect()
    just_begun.at(11.55, SpeechPaused(11.5)).at(12.0, heard(2, STAIRS)).until(12.9)
    just_begun.expect(asked(2), drafted(3, 1, STAIRS, 11.5), said(1, STAIRS), released(3))


def test_a_sound_after_an_answer_so_short_is_not_answered_again(just_begun: Script) -> None:
    just_begun.at(10.05, SpeechStarted(10.0)).at(10.1, ReplyFinished(2)).expect()
    just_begun.at(10.45, SpeechPaused(10.4)).at(10.9, heard(2, KNEE)).until(11.8).expect(asked(2), settled)
    assert just_begun.machine.agent is AgentState.IDLE


def test_whoever_silenced_us_without_a_new_word_is_answered_again(goes_on: Script) -> None:
    goes_on.until(12.3).expect(stopped(2))
    goes_on.at(13.05, SpeechPaused(13.0)).at(13.5, heard(2, KNEE)).until(14.4)
    goes_on.expect(asked(2), drafted(3, 1, KNEE, 13.0), said(1, KNEE), released(3))


def test_nobody_goes_on_with_a_turn_whose_answer_was_heard_to_its_end(just_begun: Script) -> None:
    just_begun.at(10.0, ReplyFinished(2)).expect(settled)
    just_begun.speech(10.1, 10.8).at(11.3, heard(2, "And you?")).until(12.2)
    just_begun.expect(asked(2), drafted(3, 2, "And you?", 10.8), said(2, "And you?"), released(3))


def test_what_is_said_after_a_line_of_ours_has_begun_is_a_turn_of_its_own(greeted: Script) -> None:
    greeted.speech(6.0, 6.6).at(7.0, heard(1, "Hold on.")).until(7.5)
    greeted.expect(asked(1), said(1, "Hold on."), settled, line(2, LineName.I_WAIT))
    greeted.at(7.7, ReplyStarted(2)).at(8.15, SpeechStarted(8.0)).at(8.55, SpeechPaused(8.5)).expect(held(2))
    greeted.at(9.0, heard(2, "My knee hurts.")).expect(asked(2), stopped(2))
