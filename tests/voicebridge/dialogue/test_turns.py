"""Turns of the person: when they end, what belongs to them, and that there is one answer to each."""

from __future__ import annotations

import pytest

from callregistry.call_events import Kind
from tests.voicebridge.dialogue.conftest import Play
from tests.voicebridge.dialogue.words import (
    agent,
    asked,
    asked_for_part,
    draft,
    drafted,
    failed,
    filler,
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
from voicebridge.dialogue.events import (
    DigitPressed,
    LineName,
    Manner,
    Record,
    ReplyFinished,
    ReplyStarted,
    SayAgain,
    SayGreeting,
    SpeechPaused,
    SpeechStarted,
    SpeechSuspected,
    StreamStarted,
    TranscriptionFailed,
    UtteranceFull,
)
from voicebridge.dialogue.turn_taking import AgentState, CallerState, Phase, TurnTaking


def test_a_call_begins_with_the_greeting(script: Script) -> None:
    script.at(0.0, StreamStarted()).expect(SayGreeting(reply=1))
    assert script.machine.phase is Phase.OPENING


def test_a_resumed_call_goes_on_with_an_apology(script: Script) -> None:
    script.at(0.0, StreamStarted(resumed=True)).expect(line(1, LineName.CUT_OFF))
    assert script.machine.phase is Phase.TALKING


def test_a_resumed_call_goes_on_counting_and_in_the_same_manner() -> None:
    script = Script(TurnTaking(first_reply=8, first_turn=4, manner=Manner(pace=0.8)))
    script.at(0.0, StreamStarted(resumed=True)).expect(line(8, LineName.CUT_OFF))
    script.at(2.0, ReplyFinished(8))
    say(script, 3.0, 4.0, "I slept well.", reply=9, turn=4)
    script.at(6.0, ReplyStarted(9)).at(7.5, ReplyFinished(9)).expect(settled)
    script.speech(8.0, 8.4).at(9.0, heard(2, "Pardon?")).until(10.0)
    script.expect(asked(2), said(5, "Pardon?"), settled, SayAgain(10, Manner(pace=0.72)))


def test_a_turn_is_transcribed_drafted_told_and_answered(greeted: Script) -> None:
    greeted.speech(6.0, 8.0).expect()
    greeted.until(8.3).expect(asked(1))
    greeted.at(8.6, heard(1, "I slept well.")).expect(drafted(2, 1, "I slept well.", 8.0))
    greeted.until(9.2).expect()
    greeted.until(9.4).expect(said(1, "I slept well."), released(2))
    greeted.at(9.5, ReplyStarted(2)).expect()
    greeted.until(10.6).expect(settled)
    greeted.at(14.0, ReplyFinished(2)).expect()
    say(greeted, 15.0, 16.0, "And you?", request=2, reply=3, turn=2)


def test_what_is_going_on_can_be_seen(play: Play) -> None:
    script = play(states=True)
    script.at(0.0, StreamStarted()).expect(SayGreeting(1), agent("speaking"))
    script.at(5.0, ReplyFinished(1)).expect(agent("listening"))
    script.at(6.15, SpeechStarted(6.0)).expect(person_speaks(True))
    script.at(8.15, SpeechPaused(8.0)).expect()
    script.until(8.3).expect(asked(1), agent("drafting"))
    script.at(8.5, heard(1, "Yes.")).expect(drafted(2, 1, "Yes.", 8.0), draft(2, 1, "begun"))
    script.until(9.4).expect(
        person_speaks(False), said(1, "Yes."), draft(2, 1, "released"), released(2), agent("thinking")
    )
    script.at(10.0, ReplyStarted(2)).expect(agent("speaking"))
    script.at(12.0, ReplyFinished(2)).expect(settled, agent("listening"))


def test_a_long_story_is_transcribed_in_parts_and_not_interrupted(greeted: Script) -> None:
    greeted.at(6.1, SpeechStarted(6.0)).at(31.0, UtteranceFull()).expect(asked_for_part(1))
    greeted.at(32.0, heard(1, "When I was young")).expect()
    greeted.at(56.0, UtteranceFull()).expect(asked_for_part(2))
    # So much speech is not transcribed in every little pause.
    greeted.at(60.2, SpeechPaused(60.0)).until(60.8).expect()
    greeted.until(61.0).expect(asked(3))
    greeted.at(61.3, heard(3, "and nobody knew.")).expect()
    story = "When I was young we lived by the sea and nobody knew."
    greeted.at(61.4, heard(2, "we lived by the sea")).expect(
        drafted(2, 1, story, 60.0), said(1, story, parts=3), released(2)
    )


def test_a_story_goes_on_in_its_newest_part_however_often_it_pauses(greeted: Script) -> None:
    greeted.at(6.1, SpeechStarted(6.0)).at(20.0, UtteranceFull()).at(21.0, heard(1, "I was born")).expect(
        asked_for_part(1)
    )
    greeted.at(22.1, SpeechPaused(22.0)).until(22.3).expect(asked(2)).at(22.5, heard(2, "in a"))
    greeted.at(22.7, SpeechStarted(22.6)).at(24.1, SpeechPaused(24.0)).until(24.3).expect(asked(3))
    greeted.at(24.6, heard(3, "in a house.")).until(26.0)
    text = "I was born in a house."
    greeted.expect(drafted(2, 1, text, 24.0), said(1, text, parts=2), released(2))


def test_a_buffer_that_becomes_full_in_a_pause_takes_the_draft_back(greeted: Script) -> None:
    greeted.speech(6.0, 7.0).at(7.35, heard(1, "One and two.")).expect(asked(1), drafted(2, 1, "One and two.", 7.0))
    greeted.at(7.4, UtteranceFull()).expect(stopped(2), asked_for_part(2), asked(3))
    greeted.at(7.6, heard(3, "")).expect()
    greeted.at(7.7, heard(2, "One and two and three.")).expect(drafted(3, 1, "One and two and three.", 7.0))
    greeted.until(9.0).expect(said(1, "One and two and three.", parts=2), released(3))


# --- rule 1: the person goes on before our answer is heard


def test_whoever_goes_on_while_we_think_gets_one_answer_to_everything(greeted: Script) -> None:
    say(greeted, 6.0, 8.0, "My knee hurts.")
    greeted.at(9.6, SpeechStarted(9.5)).expect(stopped(2))
    greeted.at(9.7, ReplyStarted(2), ReplyFinished(2)).expect()  # too late: it was taken back
    whole = "My knee hurts when I go upstairs."
    greeted.at(11.2, SpeechPaused(11.0)).at(11.6, heard(2, whole)).expect(asked(2), drafted(3, 1, whole, 11.0))
    greeted.until(12.5).expect(said(1, whole), released(3))


def test_a_noise_while_we_think_costs_time_but_no_answer(greeted: Script) -> None:
    say(greeted, 6.0, 8.0, "My knee hurts.")
    greeted.speech(9.5, 9.8).at(10.2, heard(2, "My knee hurts.")).expect(
        stopped(2), asked(2), drafted(3, 1, "My knee hurts.", 9.8)
    )
    greeted.until(11.3).expect(said(1, "My knee hurts."), released(3))


# --- turns without words


def test_a_sound_without_words_is_not_answered(greeted: Script) -> None:
    greeted.speech(6.0, 6.3).at(6.8, heard(1, "", voiced_ms=200)).expect(asked(1))
    greeted.until(8.0).expect(settled)
    assert (greeted.machine.caller, greeted.machine.agent) == (CallerState.SILENT, AgentState.IDLE)


def test_words_that_nobody_said_are_not_answered(greeted: Script) -> None:
    greeted.speech(6.0, 6.3).at(6.8, heard(1, "Thank you for watching.", voiced_ms=100)).until(8.0)
    greeted.expect(asked(1), settled)


def test_a_voice_without_words_is_asked_again_but_not_for_ever(greeted: Script) -> None:
    for number, start in enumerate([6.0, 12.0], start=1):
        greeted.speech(start, start + 1).at(start + 1.5, heard(number, "")).until(start + 2.7)
        greeted.expect(asked(number), settled, line(number + 1, LineName.DID_NOT_HEAR))
        greeted.at(start + 5, ReplyFinished(number + 1)).expect()
    greeted.speech(18.0, 19.0).at(19.5, heard(3, "")).until(20.7).expect(asked(3), settled)


def test_words_are_a_new_start_for_not_hearing(greeted: Script) -> None:
    greeted.speech(6.0, 7.0).at(7.5, heard(1, "")).until(8.7)
    greeted.expect(asked(1), settled, line(2, LineName.DID_NOT_HEAR)).at(10.0, ReplyFinished(2))
    say(greeted, 11.0, 12.0, "I said tea.", request=2, reply=3)
    greeted.at(14.0, ReplyStarted(3)).at(15.0, ReplyFinished(3)).expect(settled)
    for number, start in enumerate([16.0, 22.0], start=3):
        greeted.speech(start, start + 1).at(start + 1.5, heard(number, "  ")).until(start + 2.7)
        greeted.expect(asked(number), settled, line(number + 1, LineName.DID_NOT_HEAR))
        greeted.at(start + 5, ReplyFinished(number + 1)).expect()


# --- what the ears could not find out


def test_a_transcription_that_fails_is_answered_with_an_apology(greeted: Script) -> None:
    greeted.speech(6.0, 7.0).at(8.0, TranscriptionFailed(1)).expect(asked(1), failed("stt"))
    greeted.until(8.7).expect(settled, line(2, LineName.TROUBLE))


def test_a_transcription_that_fails_is_forgotten_when_the_whole_is_understood(greeted: Script) -> None:
    greeted.speech(6.0, 7.0).at(7.5, TranscriptionFailed(1)).expect(asked(1), failed("stt"))
    greeted.speech(7.6, 9.0).at(9.5, heard(2, "I slept well.")).until(10.5)
    greeted.expect(asked(2), drafted(2, 1, "I slept well.", 9.0), said(1, "I slept well."), released(2))


def test_what_is_known_of_a_turn_is_answered_although_a_part_failed(greeted: Script) -> None:
    greeted.at(6.1, SpeechStarted(6.0)).at(31.0, UtteranceFull()).at(33.0, TranscriptionFailed(1))
    greeted.expect(asked_for_part(1), failed("stt"))
    greeted.at(36.2, SpeechPaused(36.0)).at(37.0, heard(2, "So it was.")).until(38.0)
    greeted.expect(asked(2), drafted(2, 1, "So it was.", 36.0), said(1, "So it was."), released(2))


def test_a_transcription_that_never_comes_has_failed(greeted: Script) -> None:
    greeted.speech(6.0, 7.0).until(7.3).expect(asked(1))
    greeted.until(27.1).expect(filler(2, LineName.LET_ME_SEE))
    greeted.until(27.3).expect(failed("stt", "timeout"), settled, line(3, LineName.TROUBLE))
    greeted.at(29.0, heard(1, "Too late.")).expect()


# --- what means nothing


def test_a_key_is_recorded(greeted: Script) -> None:
    greeted.at(6.0, DigitPressed("5")).expect(Record(Kind.DTMF, {"digit": "5"}))


def test_events_without_a_meaning_are_ignored_and_counted(greeted: Script) -> None:
    greeted.at(6.0, StreamStarted(), SpeechPaused(5.9), UtteranceFull(), heard(9, "x"), TranscriptionFailed(9))
    greeted.at(6.1, ReplyStarted(1), ReplyFinished(1), ReplyStarted(7)).expect()
    assert greeted.machine.decisions.ignored == 8
    greeted.at(6.2, SpeechStarted(6.0), SpeechStarted(6.1)).expect()
    assert greeted.machine.decisions.ignored == 9


@pytest.mark.parametrize("now", [5.5, 6.5])
def test_a_quick_sign_of_speech_without_a_pause_means_nothing(greeted: Script, now: float) -> None:
    greeted.at(5.6 if now < 6 else 6.1, *([] if now < 6 else [SpeechStarted(6.0)]))
    greeted.at(max(now, 5.7), SpeechSuspected(now)).expect()


def test_nothing_happens_before_the_stream_has_started(script: Script) -> None:
    script.at(0.0, SpeechStarted(0.0), heard(1, "x"), DigitPressed("1")).until(100.0).expect()
    assert script.machine.next_deadline() is None
    assert script.machine.handle_timer(200.0) == []


def test_a_timer_that_comes_early_does_nothing(greeted: Script) -> None:
    assert greeted.machine.handle_timer(5.1) == []
