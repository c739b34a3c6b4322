"""One turn of the person: which transcript counts, and what is known of its words."""

from __future__ import annotations

from tests.voicebridge.dialogue.words import heard
from voicebridge.dialogue.turn import Turn


def asked(turn: Turn, request: int, *, closes_part: bool = False) -> Turn:
    turn.asked(request, heard_until=0.0, closes_part=closes_part)
    return turn


def test_nothing_is_known_before_it_has_been_asked_for() -> None:
    turn = Turn()
    assert (turn.is_asked, turn.is_pending, turn.is_known, turn.text) == (False, False, False, "")
    asked(turn, 1)
    assert (turn.is_asked, turn.is_pending, turn.is_known) == (True, True, False)
    turn.understood(heard(1, " I slept well. "))
    assert (turn.is_known, turn.text) == (True, "I slept well.")


def test_of_one_part_only_the_newest_transcript_counts() -> None:
    turn = asked(asked(Turn(), 1), 2)
    assert not turn.is_waiting_for(1)
    assert turn.is_waiting_for(2)
    turn.understood(heard(2, "I slept well."))
    assert (turn.text, turn.audio_ms, turn.voiced_ms, turn.stt_ms) == ("I slept well.", 1000, 800, 300)


def test_a_closed_part_stays_and_the_next_begins() -> None:
    turn = asked(asked(asked(Turn(), 1, closes_part=True), 2), 3)
    turn.understood(heard(3, "by the sea."))
    assert turn.is_pending
    turn.understood(heard(1, "We lived"))
    assert (turn.text, turn.audio_ms, turn.voiced_ms) == ("We lived by the sea.", 2000, 1600)


def test_when_the_person_goes_on_not_everything_is_known() -> None:
    turn = asked(Turn(), 1)
    turn.understood(heard(1, "I slept well."))
    turn.goes_on()
    assert not turn.is_known
    asked(turn, 2).understood(heard(2, "I slept well. And you?"))
    assert turn.is_known


def test_words_that_nobody_said_are_not_in_it() -> None:
    turn = asked(Turn(), 1)
    turn.understood(heard(1, "Thank you for watching.", voiced_ms=100))
    assert (turn.text, turn.is_known, turn.failed) == ("", True, False)


def test_what_was_given_up_is_known_to_be_missing() -> None:
    turn = asked(asked(Turn(), 1, closes_part=True), 2)
    turn.gave_up(1)
    assert (turn.failed, turn.is_pending) == (True, True)
    turn.gave_up_all()
    assert (turn.failed, turn.is_pending, turn.text, turn.stt_ms) == (True, False, "", 0)


def test_after_an_answer_only_what_is_added_is_new() -> None:
    turn = asked(Turn(), 1)
    turn.understood(heard(1, "My knee hurts."))
    assert turn.new_text == "My knee hurts."
    turn.is_answered()
    assert turn.new_text == ""
    turn.goes_on()
    asked(turn, 2).understood(heard(2, "My knee hurts. Pardon?"))
    assert (turn.text, turn.new_text) == ("My knee hurts. Pardon?", "Pardon?")


def test_an_answer_settles_how_the_turn_began() -> None:
    turn = Turn(over_greeting=True, interrupted_us=True, stretches=2)
    turn.is_answered()
    assert (turn.over_greeting, turn.interrupted_us, turn.stretches) == (False, False, 0)
