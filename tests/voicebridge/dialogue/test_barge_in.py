"""Both speak: who goes on."""

from __future__ import annotations

import pytest

from tests.voicebridge.dialogue.words import failed, final, heard, line, said
from tests.voicebridge.script import Script
from voicebridge.dialogue.events import (
    LineName,
    ReplyFailed,
    ReplyFinished,
    ReplyStarted,
    SayGreeting,
    SpeechPaused,
    SpeechStarted,
    StartReply,
    StopReply,
    StreamStarted,
    TranscriptionFailed,
)
from voicebridge.dialogue.turn_taking import AgentState, Phase


@pytest.fixture
def speaking(greeted: Script) -> Script:
    """At second 10 our answer (reply 2) has begun to sound."""
    greeted.speech(6.0, 7.0).at(8.3, heard(1, "Tell me something."))
    greeted.expect(final(1), said(1, "Tell me something."), StartReply(2, 1, "Tell me something.", 7.0))
    return greeted.at(10.0, ReplyStarted(2)).expect()


# --- rule 2: by sound


def test_speech_stops_us_as_soon_as_it_is_long_enough(speaking: Script) -> None:
    speaking.at(12.1, SpeechStarted(12.0)).until(12.29).expect()
    speaking.until(12.3).expect(StopReply(2))
    speaking.at(14.2, SpeechPaused(14.0)).at(15.3, heard(2, "No, another one."))
    speaking.expect(final(2), said(2, "No, another one."), StartReply(3, 2, "No, another one.", 14.0))


def test_after_we_were_stopped_even_yes_is_a_turn(speaking: Script) -> None:
    speaking.at(12.1, SpeechStarted(12.0)).at(12.8, SpeechPaused(12.6)).at(13.9, heard(2, "Yes."))
    speaking.expect(StopReply(2), final(2), said(2, "Yes."), StartReply(3, 2, "Yes.", 12.6))


def test_a_sound_that_stopped_us_and_was_not_understood_is_asked_about(speaking: Script) -> None:
    speaking.at(12.1, SpeechStarted(12.0)).at(12.6, SpeechPaused(12.4)).at(13.9, heard(2, "", voiced_ms=300))
    speaking.expect(StopReply(2), final(2), line(3, LineName.DID_NOT_HEAR))


def test_short_sounds_one_after_the_other_do_not_add_up(speaking: Script) -> None:
    for start in (12.0, 12.5, 13.0):
        speaking.at(start + 0.1, SpeechStarted(start)).at(start + 0.25, SpeechPaused(start + 0.1))
    speaking.expect()


# --- rule 3: by words


@pytest.mark.parametrize("text", ["Mm-hm.", "Yes, dear.", "Okay.", "I see.", "Oh!", "", "   "])
def test_a_sign_of_listening_never_happened(speaking: Script, text: str) -> None:
    speaking.at(12.1, SpeechStarted(12.0)).at(12.25, SpeechPaused(12.2)).until(13.2).expect(final(2))
    speaking.at(13.5, heard(2, text)).expect()
    assert speaking.machine.agent is AgentState.SPEAKING
    speaking.at(16.0, ReplyFinished(2)).expect()


def test_short_real_words_stop_us_and_are_answered(speaking: Script) -> None:
    speaking.at(12.1, SpeechStarted(12.0)).at(12.25, SpeechPaused(12.2)).at(13.5, heard(2, "Stop."))
    speaking.expect(final(2), StopReply(2), said(2, "Stop."), StartReply(3, 2, "Stop.", 12.2))


def test_a_yes_over_the_very_end_of_a_question_is_an_answer(speaking: Script) -> None:
    speaking.at(12.1, SpeechStarted(12.0)).at(12.25, SpeechPaused(12.2)).at(12.5, ReplyFinished(2)).until(13.2)
    speaking.expect(final(2))
    speaking.at(13.5, heard(2, "Yes.")).expect(said(2, "Yes."), StartReply(3, 2, "Yes.", 12.2))


def test_a_yes_whose_words_come_after_we_finished_is_an_answer(speaking: Script) -> None:
    speaking.at(12.1, SpeechStarted(12.0)).at(12.25, SpeechPaused(12.2)).at(13.4, ReplyFinished(2)).expect(final(2))
    assert speaking.machine.agent is AgentState.THINKING
    speaking.at(13.5, heard(2, "Yes.")).expect(said(2, "Yes."), StartReply(3, 2, "Yes.", 12.2))


def test_whoever_speaks_again_while_the_words_are_on_their_way_goes_on_with_the_turn(speaking: Script) -> None:
    speaking.at(12.1, SpeechStarted(12.0)).at(12.25, SpeechPaused(12.2)).until(13.2).expect(final(2))
    speaking.at(13.3, SpeechStarted(13.25)).at(13.4, heard(2, "Wait.")).until(13.55).expect(StopReply(2))
    speaking.at(15.2, SpeechPaused(15.0)).at(16.3, heard(3, "What was that?")).expect(
        final(3), said(2, "Wait. What was that?", parts=2), StartReply(3, 2, "Wait. What was that?", 15.0)
    )


def test_what_could_not_be_understood_while_we_speak_does_not_stop_us(speaking: Script) -> None:
    speaking.at(12.1, SpeechStarted(12.0)).at(12.25, SpeechPaused(12.2)).at(13.5, TranscriptionFailed(2))
    speaking.expect(final(2), failed("stt"))
    assert speaking.machine.agent is AgentState.SPEAKING


def test_an_answer_that_breaks_off_while_the_person_speaks_is_not_excused(speaking: Script) -> None:
    speaking.at(12.1, SpeechStarted(12.0)).at(12.2, ReplyFailed(2, "tts")).expect(failed("tts"))
    speaking.at(13.2, SpeechPaused(13.0)).at(14.3, heard(2, "Are you there?"))
    speaking.expect(final(2), said(2, "Are you there?"), StartReply(3, 2, "Are you there?", 13.0))


# --- the greeting


@pytest.fixture
def greeting(script: Script) -> Script:
    """The greeting (reply 1) sounds since second 0."""
    return script.at(0.0, StreamStarted()).expect(SayGreeting(reply=1))


def test_a_hello_when_picking_up_does_not_interrupt_the_greeting(greeting: Script) -> None:
    greeting.at(0.2, SpeechStarted(0.1)).at(0.9, SpeechPaused(0.7)).at(2.0, heard(1, "Hello?")).expect(final(1))
    greeting.at(5.0, ReplyFinished(1)).expect()


def test_a_hello_over_the_greeting_is_ignored_even_when_the_greeting_is_over(greeting: Script) -> None:
    greeting.at(4.5, SpeechStarted(4.4)).at(5.0, ReplyFinished(1)).at(5.1, SpeechPaused(4.9)).until(6.0)
    greeting.at(6.2, heard(1, "Hello? Hello?")).expect(final(1))
    assert greeting.machine.agent is AgentState.IDLE


def test_yes_over_the_end_of_the_greeting_is_an_answer(greeting: Script) -> None:
    greeting.at(4.5, SpeechStarted(4.4)).at(4.8, ReplyFinished(1)).at(5.1, SpeechPaused(4.9)).at(6.2, heard(1, "Yes."))
    greeting.expect(final(1), said(1, "Yes."), StartReply(2, 1, "Yes.", 4.9))


def test_a_real_first_sentence_stops_the_greeting(greeting: Script) -> None:
    greeting.at(0.2, SpeechStarted(0.1)).until(1.29).expect()
    greeting.until(1.3).expect(StopReply(1))
    assert greeting.machine.phase is Phase.TALKING
    greeting.at(2.7, SpeechPaused(2.5)).at(3.8, heard(1, "Who is this, I was asleep."))
    greeting.expect(
        final(1), said(1, "Who is this, I was asleep."), StartReply(2, 1, "Who is this, I was asleep.", 2.5)
    )


def test_short_real_words_over_the_greeting_are_answered(greeting: Script) -> None:
    greeting.at(0.2, SpeechStarted(0.1)).at(1.1, SpeechPaused(0.9)).at(2.2, heard(1, "I can't hear you."))
    greeting.expect(final(1), StopReply(1), said(1, "I can't hear you."), StartReply(2, 1, "I can't hear you.", 0.9))


def test_a_hello_that_silenced_the_greeting_is_answered(greeting: Script) -> None:
    greeting.at(0.2, SpeechStarted(0.1)).at(1.7, SpeechPaused(1.5)).at(2.8, heard(1, "Hello? Hello?"))
    greeting.expect(StopReply(1), final(1), said(1, "Hello? Hello?"), StartReply(2, 1, "Hello? Hello?", 1.5))
