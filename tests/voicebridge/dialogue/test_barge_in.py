"""Both speak: we stop for the moment, and what was said decides who goes on."""

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
    ReplyFailed,
    ReplyFinished,
    ReplyHeld,
    ReplyStarted,
    SayAgain,
    SayGreeting,
    SpeechPaused,
    SpeechStarted,
    StreamStarted,
    TranscriptionFailed,
)
from voicebridge.dialogue.manners import for_saying_again
from voicebridge.dialogue.turn_taking import AgentState, CallerState, Phase


@pytest.fixture
def stopped_short(speaking: Script) -> Script:
    """Somebody has been speaking since second 13, so our answer (reply 2) is held; much of it is unheard."""
    speaking.at(13.15, SpeechStarted(13.0)).expect(held(2))
    return speaking.at(13.2, ReplyHeld(2, unheard_s=6.0)).expect()


# --- we stop for the moment


def test_speech_holds_us_at_once(speaking: Script) -> None:
    speaking.at(13.15, SpeechStarted(13.0)).expect(held(2))
    assert speaking.machine.agent is AgentState.HELD


def test_speech_that_is_noticed_very_early_holds_us_a_moment_later(speaking: Script) -> None:
    speaking.at(13.05, SpeechStarted(13.0)).until(13.13).expect()
    speaking.until(13.15).expect(held(2))


def test_a_sound_that_is_over_at_once_does_not_even_hold_us(speaking: Script) -> None:
    speaking.at(13.08, SpeechStarted(13.0)).at(13.12, SpeechPaused(13.1)).until(13.4).expect(asked(2))
    speaking.at(13.5, heard(2, "", voiced_ms=60)).expect(settled)
    speaking.at(16.0, ReplyFinished(2)).expect()


def test_short_sounds_one_after_the_other_do_not_add_up(speaking: Script) -> None:
    for start in (13.0, 13.2, 13.4):
        speaking.at(start + 0.08, SpeechStarted(start)).at(start + 0.12, SpeechPaused(start + 0.1))
    speaking.expect()


# --- we go on


def test_after_a_cough_we_go_on_at_once(stopped_short: Script) -> None:
    stopped_short.at(13.45, SpeechPaused(13.4, pitched_ms=20)).expect(resumed(2), settled)
    assert (stopped_short.machine.agent, stopped_short.machine.caller) == (AgentState.SPEAKING, CallerState.SILENT)
    stopped_short.at(19.0, ReplyFinished(2)).expect()


@pytest.mark.parametrize(("lasted_s", "pitched_ms"), [(0.4, 200), (0.4, None), (0.9, 20)])
def test_what_may_be_a_word_is_read_first(stopped_short: Script, lasted_s: float, pitched_ms: int | None) -> None:
    end = 13.0 + lasted_s
    stopped_short.at(end + 0.1, SpeechPaused(end, pitched_ms)).until(end + 0.3).expect(asked(2))


def test_a_cough_after_a_word_does_not_hide_the_word(stopped_short: Script) -> None:
    stopped_short.at(13.5, SpeechPaused(13.4, pitched_ms=200)).at(13.65, SpeechStarted(13.55)).expect(asked(2))
    stopped_short.at(13.85, SpeechPaused(13.8, pitched_ms=10)).until(14.05).expect(asked(3))
    stopped_short.at(14.3, heard(3, "No!")).expect(stopped(2), drafted(3, 2, "No!", 13.8))


@pytest.mark.parametrize("text", ["Mm-hm.", "Yes, dear.", "Okay.", "I see.", "Oh!", "", "   "])
def test_after_a_sign_of_listening_we_go_on_where_we_stopped(stopped_short: Script, text: str) -> None:
    stopped_short.at(13.5, SpeechPaused(13.4, pitched_ms=250)).at(14.0, heard(2, text, voiced_ms=350))
    stopped_short.expect(asked(2), resumed(2), settled)
    assert stopped_short.machine.agent is AgentState.SPEAKING
    stopped_short.at(19.0, ReplyFinished(2)).expect()


def test_what_could_not_be_understood_is_no_interruption(stopped_short: Script) -> None:
    stopped_short.at(13.5, SpeechPaused(13.4)).at(14.5, TranscriptionFailed(2))
    stopped_short.expect(asked(2), failed("stt"), resumed(2), settled)


def test_we_go_on_when_the_words_never_come(stopped_short: Script) -> None:
    stopped_short.at(13.5, SpeechPaused(13.4)).until(33.5).expect(asked(2))
    stopped_short.until(33.7).expect(failed("stt", "timeout"), resumed(2), settled)


def test_we_can_be_held_again(stopped_short: Script) -> None:
    stopped_short.at(13.45, SpeechPaused(13.4, pitched_ms=20)).expect(resumed(2), settled)
    stopped_short.at(15.15, SpeechStarted(15.0)).at(15.2, ReplyHeld(2, unheard_s=4.0)).expect(held(2))
    stopped_short.at(15.35, SpeechPaused(15.3, pitched_ms=0)).expect(resumed(2), settled)


# --- we have been interrupted


@pytest.mark.parametrize("text", ["No.", "Help!", "Who is it?", "That is not true.", "Yes, but my knee hurts."])
def test_words_that_say_something_are_answered(stopped_short: Script, text: str) -> None:
    stopped_short.at(13.5, SpeechPaused(13.4, pitched_ms=250)).at(13.9, heard(2, text))
    stopped_short.expect(asked(2), stopped(2), drafted(3, 2, text, 13.4))
    stopped_short.until(15.4).expect(said(2, text), released(3))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Stop.", line(3, LineName.AM_LISTENING)),
        ("Wait.", line(3, LineName.I_WAIT)),
        ("What?", SayAgain(3, for_saying_again(Manner()))),
    ],
)
def test_what_is_answered_in_code_stops_us_too(stopped_short: Script, text: str, answer: object) -> None:
    stopped_short.at(13.5, SpeechPaused(13.4, pitched_ms=250)).at(13.9, heard(2, text)).expect(asked(2), stopped(2))
    stopped_short.until(14.19).expect()
    stopped_short.until(14.21).expect(said(2, text), settled, answer)  # type: ignore[arg-type]


def test_speech_that_does_not_end_is_an_interruption_whatever_is_said(stopped_short: Script) -> None:
    stopped_short.until(14.9).expect()
    stopped_short.until(15.1).expect(stopped(2))
    stopped_short.at(16.1, SpeechPaused(16.0)).at(16.5, heard(2, "Yes.")).until(17.4)
    stopped_short.expect(asked(2), drafted(3, 2, "Yes.", 16.0), said(2, "Yes."), released(3))


def test_an_interruption_that_cannot_be_understood_is_asked_about(stopped_short: Script) -> None:
    stopped_short.at(16.1, SpeechPaused(16.0)).at(16.5, heard(2, "", voiced_ms=2000)).until(17.7)
    stopped_short.expect(stopped(2), asked(2), settled, line(3, LineName.DID_NOT_HEAR))


def test_whoever_speaks_again_while_the_words_are_on_their_way_goes_on_with_the_turn(stopped_short: Script) -> None:
    stopped_short.at(13.5, SpeechPaused(13.4)).until(13.7).expect(asked(2))
    stopped_short.at(13.8, SpeechStarted(13.75)).at(13.9, heard(2, "Wait.")).expect()
    stopped_short.at(15.2, SpeechPaused(15.0)).at(15.6, heard(3, "Wait. My knee hurts."))
    stopped_short.expect(asked(3), stopped(2), drafted(3, 2, "Wait. My knee hurts.", 15.0))
    stopped_short.until(16.4).expect(said(2, "Wait. My knee hurts."), released(3))


def test_an_answer_that_breaks_off_while_the_person_speaks_is_not_excused(stopped_short: Script) -> None:
    stopped_short.at(13.4, ReplyFailed(2, "tts")).expect(failed("tts"))
    stopped_short.at(14.1, SpeechPaused(14.0)).at(14.5, heard(2, "I slept well.")).until(15.4)
    stopped_short.expect(asked(2), drafted(3, 2, "I slept well.", 14.0), said(2, "I slept well."), released(3))


def test_a_line_of_ours_can_be_interrupted_like_an_answer(greeted: Script) -> None:
    greeted.until(15.0).expect(line(2, LineName.STILL_THERE))
    greeted.at(15.45, SpeechStarted(15.3)).at(16.5, SpeechPaused(16.4)).at(16.9, heard(1, "I was in the kitchen."))
    greeted.expect(held(2), asked(1), stopped(2), drafted(3, 1, "I was in the kitchen.", 16.4))
    greeted.until(17.8).expect(said(1, "I was in the kitchen."), released(3))


# --- over the end of what we say


def test_what_is_nearly_finished_is_finished(speaking: Script) -> None:
    speaking.at(13.15, SpeechStarted(13.0)).at(13.2, ReplyHeld(2, unheard_s=0.4)).expect(held(2), stopped(2))
    speaking.at(13.5, SpeechPaused(13.4)).at(13.9, heard(2, "Yes.")).until(14.8)
    speaking.expect(asked(2), drafted(3, 2, "Yes.", 13.4), said(2, "Yes."), released(3))


def test_what_is_said_over_its_last_word_answers_it(speaking: Script) -> None:
    nearly_over = ReplyHeld(2, unheard_s=0.4, last_sentence="What did you have for breakfast?")
    speaking.at(13.15, SpeechStarted(13.0)).at(13.2, nearly_over).expect(held(2), stopped(2))
    speaking.at(13.7, SpeechPaused(13.6)).at(14.1, heard(2, "Some porridge.")).until(14.95)
    speaking.expect(asked(2), drafted(3, 2, "Some porridge.", 13.6), said(2, "Some porridge."), released(3))


def test_a_yes_over_the_very_end_of_a_question_is_an_answer(speaking: Script) -> None:
    speaking.at(13.1, SpeechStarted(13.0)).at(13.12, ReplyFinished(2, "Did you sleep?")).expect()
    speaking.at(13.5, SpeechPaused(13.4)).at(13.9, heard(2, "Yes.")).until(14.8)
    speaking.expect(asked(2), drafted(3, 2, "Yes.", 13.4), said(2, "Yes."), released(3))


def test_a_yes_whose_words_come_after_we_finished_is_an_answer(speaking: Script) -> None:
    speaking.at(13.1, SpeechStarted(13.0)).at(13.11, SpeechPaused(13.1)).until(13.4).expect(asked(2))
    speaking.at(13.5, ReplyFinished(2)).expect()
    assert speaking.machine.agent is AgentState.DRAFTING
    speaking.at(13.6, heard(2, "Yes.")).until(14.5).expect(drafted(3, 2, "Yes.", 13.1), said(2, "Yes."), released(3))


def test_what_was_played_to_its_end_before_it_could_be_held_is_over(speaking: Script) -> None:
    speaking.at(13.15, SpeechStarted(13.0)).at(13.16, ReplyFinished(2)).at(13.2, ReplyHeld(2, 0.0)).expect(held(2))
    speaking.at(13.5, SpeechPaused(13.4, pitched_ms=20)).at(13.9, heard(2, "Yes.")).until(14.8)
    speaking.expect(asked(2), drafted(3, 2, "Yes.", 13.4), said(2, "Yes."), released(3))


# --- the opening


@pytest.fixture
def greeting(script: Script) -> Script:
    """The greeting (reply 1) sounds since second 0."""
    return script.at(0.0, StreamStarted()).expect(SayGreeting(reply=1))


@pytest.mark.parametrize("text", ["Hello?", "Yes? Hello?", "Good morning."])
def test_a_hello_when_picking_up_does_not_stop_the_greeting(greeting: Script, text: str) -> None:
    greeting.speech(0.1, 0.7).at(1.2, heard(1, text)).expect(asked(1), settled)
    greeting.at(5.0, ReplyFinished(1)).expect()


@pytest.mark.parametrize("text", ["Margaret Hill.", "Speaking.", "Below.", "Hello, Norman Hill speaking."])
def test_neither_does_any_other_way_to_answer_a_telephone(greeting: Script, text: str) -> None:
    greeting.speech(0.1, 0.7).at(1.2, heard(1, text)).expect(asked(1), settled)
    greeting.at(5.0, ReplyFinished(1)).expect()


@pytest.mark.parametrize("text", ["Stop!", "Pardon?", "No, wait."])
def test_but_a_word_that_asks_for_silence_does(greeting: Script, text: str) -> None:
    greeting.speech(0.1, 0.7).at(1.2, heard(1, text))
    assert stopped(1) in greeting.taken()


@pytest.mark.parametrize("text", ["Speaking.", "Mrs Miller.", "Lo?"])
def test_neither_does_a_name_or_a_misheard_hello(greeting: Script, text: str) -> None:
    greeting.speech(0.1, 0.7).at(1.2, heard(1, text)).expect(asked(1), settled)


@pytest.mark.parametrize("text", ["Stop.", "Wait.", "Help!"])
def test_one_word_can_be_enough_to_stop_it(greeting: Script, text: str) -> None:
    greeting.speech(0.1, 0.7).at(1.2, heard(1, text))
    assert greeting.taken()[:2] == [asked(1), stopped(1)]


def test_neither_does_a_second_one(greeting: Script) -> None:
    greeting.speech(0.1, 0.7).at(1.2, heard(1, "Hello?")).expect(asked(1), settled)
    greeting.speech(1.5, 2.1).at(2.6, heard(2, "Hello?")).expect(asked(2), settled)
    greeting.at(5.0, ReplyFinished(1)).expect()


def test_nor_two_in_one_breath(greeting: Script) -> None:
    greeting.speech(0.1, 0.7).until(1.0).expect(asked(1))
    greeting.speech(1.1, 1.6).at(2.1, heard(2, "Hello? Hello?")).expect(asked(2), settled)
    greeting.at(5.0, ReplyFinished(1)).expect()


def test_whoever_fumbles_with_the_receiver_first_hears_the_greeting_all_the_same(greeting: Script) -> None:
    greeting.speech(0.3, 0.6, pitched_ms=0).at(1.2, heard(1, "", voiced_ms=90)).expect(asked(1), settled)
    greeting.speech(3.0, 3.5).at(4.0, heard(2, "Hello?")).expect(asked(2), settled)
    greeting.at(5.0, ReplyFinished(1)).expect()


def test_a_hello_over_the_end_of_the_greeting_is_not_answered(greeting: Script) -> None:
    greeting.at(4.5, SpeechStarted(4.4)).at(5.0, ReplyFinished(1)).at(5.1, SpeechPaused(4.9)).at(
        5.4, heard(1, "Hello?")
    )
    greeting.expect(asked(1)).until(6.3).expect(settled)
    assert greeting.machine.agent is AgentState.IDLE


def test_yes_over_the_end_of_the_greeting_is_an_answer(greeting: Script) -> None:
    greeting.at(4.5, SpeechStarted(4.4)).at(4.8, ReplyFinished(1)).at(5.1, SpeechPaused(4.9)).at(5.4, heard(1, "Yes."))
    greeting.until(6.3).expect(asked(1), drafted(2, 1, "Yes.", 4.9), said(1, "Yes."), released(2))


def test_a_longer_hello_holds_the_greeting_which_then_goes_on(greeting: Script) -> None:
    greeting.at(0.25, SpeechStarted(0.1)).until(1.29).expect()
    greeting.until(1.31).expect(held(1))
    greeting.at(1.35, ReplyHeld(1, unheard_s=4.0)).at(1.7, SpeechPaused(1.6)).at(2.1, heard(1, "Hello? Who's there?"))
    greeting.expect(asked(1), resumed(1), settled)
    assert greeting.machine.phase is Phase.OPENING
    greeting.at(6.0, ReplyFinished(1)).expect()


def test_a_real_first_sentence_stops_the_greeting_and_is_answered(greeting: Script) -> None:
    greeting.at(0.25, SpeechStarted(0.1)).until(1.4).expect(held(1))
    greeting.at(1.45, ReplyHeld(1, unheard_s=4.0)).until(2.2).expect(stopped(1))
    assert greeting.machine.phase is Phase.TALKING
    text = "Who is this, I was asleep."
    greeting.at(2.65, SpeechPaused(2.5)).at(3.0, heard(1, text)).until(3.9)
    greeting.expect(asked(1), drafted(2, 1, text, 2.5), said(1, text), released(2))


def test_short_real_words_over_the_greeting_are_answered(greeting: Script) -> None:
    greeting.speech(0.1, 0.9).at(1.4, heard(1, "My knee hurts.")).until(2.3)
    greeting.expect(asked(1), stopped(1), drafted(2, 1, "My knee hurts.", 0.9), said(1, "My knee hurts."), released(2))


def test_a_hello_that_silenced_the_greeting_is_answered(greeting: Script) -> None:
    greeting.at(0.25, SpeechStarted(0.1)).at(2.4, SpeechPaused(2.3)).at(2.8, heard(1, "Hello? Hello?"))
    greeting.expect(held(1), stopped(1), asked(1), drafted(2, 1, "Hello? Hello?", 2.3))
    greeting.until(4.0).expect(said(1, "Hello? Hello?"), released(2))


def test_the_first_hello_after_the_greeting_is_a_turn(greeted: Script) -> None:
    say(greeted, 6.0, 6.6, "Hello?").at(8.2, ReplyStarted(2)).expect()
