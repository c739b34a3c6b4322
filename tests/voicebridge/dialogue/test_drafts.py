"""Decide early, sound late: answers that are prepared in pauses, and what becomes of them."""

from __future__ import annotations

import pytest

from tests.voicebridge.dialogue.conftest import Play
from tests.voicebridge.dialogue.words import (
    agent,
    asked,
    draft,
    drafted,
    failed,
    heard,
    line,
    person_speaks,
    released,
    said,
    say,
    settled,
    stopped,
)
from tests.voicebridge.script import Script
from voicebridge.dialogue.endpointing import Patience
from voicebridge.dialogue.events import (
    LineName,
    ReplyFailed,
    ReplyFinished,
    ReplyStarted,
    SayGreeting,
    SpeechFading,
    SpeechPaused,
    SpeechStarted,
    SpeechSuspected,
    StreamStarted,
    StreamStopped,
)
from voicebridge.dialogue.states import Timing
from voicebridge.dialogue.turn_taking import AgentState

KNEE, STAIRS = "My knee hurts.", "My knee hurts when I go upstairs."
TO_THE = "I went to the"


def begun(play: Play, timing: Timing) -> Script:
    """A call at second 5, with its greeting heard."""
    return play(timing).at(0.0, StreamStarted()).at(5.0, ReplyFinished(1)).expect(SayGreeting(1))


# --- early


def test_an_answer_is_drafted_at_the_first_short_pause_and_nothing_of_it_is_heard(greeted: Script) -> None:
    greeted.speech(6.0, 8.0).until(8.19).expect()
    greeted.until(8.21).expect(asked(1))
    greeted.at(8.5, heard(1, KNEE)).expect(drafted(2, 1, KNEE, 8.0))
    assert greeted.machine.agent is AgentState.DRAFTING
    greeted.until(9.2).expect()
    greeted.until(9.4).expect(said(1, KNEE), released(2))


def test_a_voice_that_fades_is_transcribed_before_it_is_surely_a_pause(greeted: Script) -> None:
    greeted.at(6.15, SpeechStarted(6.0)).at(8.12, SpeechFading(8.0)).expect(asked(1))
    greeted.at(8.2, SpeechPaused(8.0)).until(8.4).expect()
    assert greeted.machine.agent is AgentState.DRAFTING
    greeted.at(8.45, heard(1, KNEE)).expect(drafted(2, 1, KNEE, 8.0)).until(9.31).expect(said(1, KNEE), released(2))


def test_the_words_may_come_before_the_pause_is_sure(greeted: Script) -> None:
    greeted.at(6.15, SpeechStarted(6.0)).at(8.12, SpeechFading(8.0)).expect(asked(1))
    greeted.at(8.18, heard(1, KNEE)).expect().at(8.2, SpeechPaused(8.0)).expect(drafted(2, 1, KNEE, 8.0))
    greeted.until(9.31).expect(said(1, KNEE), released(2))


def test_a_voice_that_only_faded_is_transcribed_again_at_the_pause(greeted: Script) -> None:
    greeted.at(6.15, SpeechStarted(6.0)).at(8.12, SpeechFading(8.0)).expect(asked(1))
    greeted.at(8.5, heard(1, KNEE)).expect()
    greeted.at(9.7, SpeechPaused(9.5)).until(9.71).expect(asked(2))
    greeted.at(10.0, heard(2, STAIRS)).expect(drafted(2, 1, STAIRS, 9.5)).until(10.81).expect(
        said(1, STAIRS), released(2)
    )


def test_a_voice_that_fades_over_ours_or_costs_too_much_waits_for_the_pause(play: Play) -> None:
    script = begun(play, Timing(drafts=False)).at(6.15, SpeechStarted(6.0)).at(8.12, SpeechFading(8.0)).expect()
    script = play().at(0.0, StreamStarted()).expect(SayGreeting(1))
    script.at(0.5, SpeechStarted(0.4)).at(0.9, SpeechFading(0.8)).expect()


def test_words_said_after_a_voice_had_faded_are_not_lost_at_the_end(greeted: Script) -> None:
    greeted.at(6.15, SpeechStarted(6.0)).at(8.12, SpeechFading(8.0)).expect(asked(1))
    greeted.at(8.6, StreamStopped()).expect(asked(2)).at(9.0, heard(2, STAIRS)).expect(said(1, STAIRS))


def test_a_draft_is_withdrawn_when_the_person_goes_on_and_the_whole_is_transcribed_again(greeted: Script) -> None:
    greeted.speech(6.0, 8.0).at(8.5, heard(1, KNEE)).expect(asked(1), drafted(2, 1, KNEE, 8.0))
    greeted.at(9.0, SpeechStarted(8.9)).expect(stopped(2))
    greeted.at(9.1, ReplyStarted(2), ReplyFailed(2, "llm")).expect()  # echoes of what never happened
    greeted.at(11.1, SpeechPaused(11.0)).at(11.5, heard(2, STAIRS)).expect(asked(2), drafted(3, 1, STAIRS, 11.0))
    greeted.until(12.4).expect(said(1, STAIRS), released(3))


def test_drafts_can_be_seen(play: Play) -> None:
    script = play(states=True)
    script.at(0.0, StreamStarted()).at(5.0, ReplyFinished(1)).at(6.1, SpeechStarted(6.0)).at(8.1, SpeechPaused(8.0))
    script.expect(
        SayGreeting(1), agent("speaking"), agent("listening"), person_speaks(True)
    )  # the pause itself shows nothing
    script.at(8.5, heard(1, KNEE)).expect(asked(1), agent("drafting"), drafted(2, 1, KNEE, 8.0), draft(2, 1, "begun"))
    script.at(9.0, SpeechStarted(8.9)).expect(draft(2, 1, "withdrawn"), stopped(2), agent("listening"))
    script.at(11.1, SpeechPaused(11.0)).at(11.5, heard(2, STAIRS)).expect(
        asked(2), agent("drafting"), drafted(3, 1, STAIRS, 11.0), draft(3, 1, "begun")
    )
    script.until(12.4).expect(
        person_speaks(False), said(1, STAIRS), draft(3, 1, "released"), released(3), agent("thinking")
    )


def test_words_that_come_while_the_person_goes_on_are_not_answered(greeted: Script) -> None:
    greeted.speech(6.0, 8.0).until(8.3).expect(asked(1))
    greeted.at(8.4, SpeechStarted(8.35)).at(8.6, heard(1, KNEE)).expect()
    assert greeted.machine.agent is AgentState.IDLE
    greeted.at(10.1, SpeechPaused(10.0)).until(10.3).expect(asked(2))
    greeted.at(10.5, heard(2, STAIRS)).expect(drafted(2, 1, STAIRS, 10.0))
    greeted.until(11.4).expect(said(1, STAIRS), released(2))


def test_words_that_come_late_find_the_turn_still_open(greeted: Script) -> None:
    greeted.speech(6.0, 8.0).until(8.3).expect(asked(1))
    greeted.speech(8.4, 10.0).until(10.3).expect(asked(2))
    greeted.at(10.35, heard(1, KNEE)).expect()  # the whole has been asked for since
    greeted.until(10.45).expect()
    greeted.at(12.0, heard(2, STAIRS)).expect(drafted(2, 1, STAIRS, 10.0), said(1, STAIRS), released(2))


# --- late


@pytest.mark.parametrize(
    ("words", "patience_s"), [("I slept well.", 1.3), ("Maria.", 1.6), ("I went to the market and then I", 1.9)]
)
def test_the_words_say_how_long_we_wait(greeted: Script, words: str, patience_s: float) -> None:
    greeted.speech(6.0, 8.0).at(8.95, heard(1, words)).expect(asked(1), drafted(2, 1, words, 8.0))
    greeted.until(8.0 + patience_s - 0.01).expect()
    greeted.until(8.0 + patience_s + 0.01).expect(said(1, words), released(2))


def test_what_sounds_unfinished_is_drafted_later(greeted: Script) -> None:
    greeted.speech(6.0, 8.0).at(8.4, heard(1, TO_THE)).until(8.89).expect(asked(1))
    greeted.until(8.91).expect(drafted(2, 1, TO_THE, 8.0))
    greeted.until(9.89).expect()
    greeted.until(9.91).expect(said(1, TO_THE), released(2))


def test_what_sounds_unfinished_and_goes_on_soon_costs_no_draft(greeted: Script) -> None:
    greeted.speech(6.0, 8.0).at(8.4, heard(1, TO_THE)).expect(asked(1))
    whole = f"{TO_THE} market."
    greeted.speech(8.7, 10.0).at(10.4, heard(2, whole)).expect(asked(2), drafted(2, 1, whole, 10.0))
    greeted.until(11.4).expect(said(1, whole), released(2))


def test_who_has_often_gone_on_after_long_pauses_is_waited_for_longer(greeted: Script) -> None:
    words, start = "", 6.0
    for number in (1, 2, 3):
        words = f"{words} We all went there on Sundays.".strip()
        greeted.at(start + 0.05, SpeechStarted(start)).at(start + 1.4, SpeechPaused(start + 1.3))
        greeted.at(start + 1.7, heard(number, words, voiced_ms=4000))
        taken_back = [stopped(number)] if number > 1 else []
        greeted.expect(*taken_back, asked(number), drafted(number + 1, 1, words, start + 1.3))
        start += 1.3 + 1.2  # the pauses between are 1.2 s
    greeted.until(12.3 + 1.35).expect()  # a little more than these pauses: that is more than the usual patience
    greeted.until(12.3 + 1.45).expect(said(1, words), released(4))


def test_what_turns_out_to_have_been_another_sound_does_not_count_as_speech(greeted: Script) -> None:
    greeted.speech(6.0, 8.0).at(8.5, heard(1, KNEE)).expect(asked(1), drafted(2, 1, KNEE, 8.0))
    greeted.at(8.6, SpeechPaused(7.5)).until(8.79).expect()  # the ears know better now: the person ended at 7.5
    greeted.until(8.81).expect(said(1, KNEE), released(2))


def test_the_end_of_speech_is_never_moved_on_by_a_pause(greeted: Script) -> None:
    greeted.speech(6.0, 8.0).at(8.5, heard(1, KNEE)).expect(asked(1), drafted(2, 1, KNEE, 8.0))
    greeted.at(8.6, SpeechPaused(8.5)).until(9.31).expect(said(1, KNEE), released(2))


def test_an_answer_to_our_question_is_whole_in_a_word(greeted: Script) -> None:
    say(greeted, 6.0, 7.0, "I slept well.").at(9.0, ReplyStarted(2))
    greeted.at(12.0, ReplyFinished(2, "And what is your daughter's name?")).expect(settled)
    greeted.speech(13.0, 13.6).at(14.0, heard(2, "Maria.")).expect(asked(2), drafted(3, 2, "Maria.", 13.6))
    greeted.until(14.95).expect(said(2, "Maria."), released(3))


# --- a quick sign of speech


def test_a_quick_sign_of_speech_holds_the_answer_back_for_a_moment(greeted: Script) -> None:
    greeted.speech(6.0, 8.0).at(8.5, heard(1, KNEE)).expect(asked(1), drafted(2, 1, KNEE, 8.0))
    greeted.at(9.25, SpeechSuspected(9.2)).until(9.39).expect()
    greeted.until(9.42).expect(said(1, KNEE), released(2))


def test_a_quick_sign_that_was_speech_keeps_the_answer_from_sounding(greeted: Script) -> None:
    greeted.speech(6.0, 8.0).at(8.5, heard(1, KNEE)).expect(asked(1), drafted(2, 1, KNEE, 8.0))
    greeted.at(9.25, SpeechSuspected(9.2)).until(9.35).expect()
    greeted.at(9.38, SpeechStarted(9.2)).expect(stopped(2))


def test_quick_signs_do_not_hold_it_back_for_ever(greeted: Script) -> None:
    greeted.speech(6.0, 8.0).at(8.5, heard(1, KNEE)).expect(asked(1), drafted(2, 1, KNEE, 8.0))
    for hundredths in range(920, 975, 10):
        greeted.at(hundredths / 100, SpeechSuspected(hundredths / 100))
    greeted.until(9.79).expect()
    greeted.at(9.795, SpeechSuspected(9.79)).until(9.81).expect(said(1, KNEE), released(2))


# --- bounded


def test_a_turn_that_goes_on_and_on_uses_up_its_drafts(greeted: Script) -> None:
    for number, start in enumerate([6.0, 8.0, 10.0, 12.0], start=1):
        greeted.speech(start, start + 1.0).at(start + 1.4, heard(number, KNEE))
        taken_back = [stopped(number)] if number > 1 else []
        greeted.expect(*taken_back, asked(number), drafted(number + 1, 1, KNEE, start + 1.0))
    greeted.speech(14.0, 15.0).until(15.8).expect(stopped(5))  # now only a long pause is transcribed
    greeted.until(15.95).expect(asked(5))
    greeted.at(16.2, heard(5, KNEE)).expect()  # and nothing is prepared before the turn is over
    greeted.until(16.4).expect(said(1, KNEE), drafted(6, 1, KNEE, 15.0), released(6))


def test_the_next_turn_has_its_own_drafts(play: Play) -> None:
    script = begun(play, Timing(drafts_per_turn=1))
    for number, start in enumerate([6.0, 12.0], start=1):
        reply = number + 1
        say(script, start, start + 1.0, KNEE, request=number, reply=reply, turn=number)
        script.at(start + 3.0, ReplyStarted(reply)).at(start + 5.0, ReplyFinished(reply)).expect(settled)


def test_drafts_can_be_turned_off(play: Play) -> None:
    script = begun(play, Timing(drafts=False))
    script.speech(6.0, 8.0).until(9.59).expect()
    script.until(9.61).expect(asked(1))
    script.at(9.9, heard(1, KNEE)).expect(said(1, KNEE), drafted(2, 1, KNEE, 8.0), released(2))


def test_without_drafts_an_unfinished_sentence_is_waited_for_all_the_same(play: Play) -> None:
    script = begun(play, Timing(drafts=False, patience=Patience(open_s=3.0)))
    script.speech(6.0, 8.0).at(9.9, heard(1, TO_THE)).until(10.99).expect(asked(1))
    script.until(11.01).expect(said(1, TO_THE), drafted(2, 1, TO_THE, 8.0), released(2))


# --- a draft that comes to nothing


def test_a_draft_that_fails_is_not_noticed_and_tried_again_when_the_turn_is_over(play: Play) -> None:
    script = play(states=True)
    script.at(0.0, StreamStarted()).at(5.0, ReplyFinished(1)).speech(6.0, 8.0).at(8.5, heard(1, KNEE))
    script.expect(
        SayGreeting(1),
        agent("speaking"),
        agent("listening"),
        person_speaks(True),
        asked(1),
        agent("drafting"),
        drafted(2, 1, KNEE, 8.0),
        draft(2, 1, "begun"),
    )
    script.at(8.8, ReplyFailed(2, "llm")).expect(draft(2, 1, "withdrawn"))
    script.until(9.4).expect(
        person_speaks(False), said(1, KNEE), drafted(3, 1, KNEE, 8.0), released(3), agent("thinking")
    )


def test_a_draft_that_failed_is_drafted_anew_when_the_person_has_gone_on(greeted: Script) -> None:
    greeted.speech(6.0, 8.0).at(8.5, heard(1, KNEE)).at(8.6, ReplyFailed(2, "tts"))
    greeted.expect(asked(1), drafted(2, 1, KNEE, 8.0))
    greeted.speech(8.8, 10.0).at(10.4, heard(2, STAIRS)).expect(asked(2), drafted(3, 1, STAIRS, 10.0))
    greeted.until(11.4).expect(said(1, STAIRS), released(3))


def test_an_answer_that_was_taken_back_cannot_fail(greeted: Script) -> None:
    say(greeted, 6.0, 8.0, KNEE)
    greeted.at(10.0, SpeechStarted(9.9), ReplyFailed(2, "llm")).expect(stopped(2))


def test_a_draft_that_fails_again_after_its_release_is_apologised_for(greeted: Script) -> None:
    greeted.speech(6.0, 8.0).at(8.5, heard(1, KNEE)).at(8.6, ReplyFailed(2, "llm")).until(9.4)
    greeted.expect(asked(1), drafted(2, 1, KNEE, 8.0), said(1, KNEE), drafted(3, 1, KNEE, 8.0), released(3))
    greeted.at(9.5, ReplyFailed(3, "llm")).expect(failed("llm"), settled, line(4, LineName.TROUBLE))
