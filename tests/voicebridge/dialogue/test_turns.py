"""Turns of the person: when they end, what belongs to them, and that there is one answer to each."""

from __future__ import annotations

from callregistry.call_events import Kind
from tests.voicebridge.dialogue.conftest import Play
from tests.voicebridge.dialogue.words import agent, failed, final, heard, line, person_speaks, said
from tests.voicebridge.script import Script
from voicebridge.dialogue.events import (
    DigitPressed,
    LineName,
    Record,
    ReplyFinished,
    ReplyStarted,
    SayGreeting,
    SpeechPaused,
    SpeechStarted,
    StartReply,
    StopReply,
    StreamStarted,
    Transcribe,
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


def test_a_resumed_call_goes_on_counting() -> None:
    script = Script(TurnTaking(first_reply=8, first_turn=4))
    script.at(0.0, StreamStarted(resumed=True)).expect(line(8, LineName.CUT_OFF))
    script.at(2.0, ReplyFinished(8)).speech(3.0, 4.0).until(5.0).expect(final(1))
    script.at(5.3, heard(1, "There you are.")).expect(
        said(4, "There you are."), StartReply(9, 4, "There you are.", 4.0)
    )


def test_a_turn_is_transcribed_and_answered(greeted: Script) -> None:
    greeted.speech(6.0, 8.0).expect()
    greeted.until(9.0).expect(final(1))
    greeted.at(9.4, heard(1, "I slept well.")).expect(said(1, "I slept well."), StartReply(2, 1, "I slept well.", 8.0))
    greeted.at(10.2, ReplyStarted(2)).at(14.0, ReplyFinished(2)).expect()
    greeted.speech(15.0, 16.0).until(17.0).expect(final(2))
    greeted.at(17.3, heard(2, "And you?")).expect(said(2, "And you?"), StartReply(3, 2, "And you?", 16.0))


def test_what_is_going_on_can_be_seen(play: Play) -> None:
    script = play(states=True)
    script.at(0.0, StreamStarted()).expect(SayGreeting(1), agent("speaking"))
    script.at(5.0, ReplyFinished(1)).expect(agent("listening"))
    script.at(6.15, SpeechStarted(6.0)).expect(person_speaks(True))
    script.at(8.2, SpeechPaused(8.0)).expect()
    script.until(9.0).expect(person_speaks(False), final(1), agent("thinking"))
    script.at(9.3, heard(1, "Well.")).expect(said(1, "Well."), StartReply(2, 1, "Well.", 8.0))
    script.at(10.0, ReplyStarted(2)).expect(agent("speaking"))
    script.at(12.0, ReplyFinished(2)).expect(agent("listening"))


def test_a_pause_for_thought_does_not_end_the_turn(greeted: Script) -> None:
    greeted.speech(6.0, 7.0).speech(7.7, 9.0).expect()
    greeted.until(9.9).expect()
    greeted.until(10.0).expect(final(1))


def test_a_long_story_is_transcribed_in_parts_and_not_interrupted(greeted: Script) -> None:
    greeted.at(6.1, SpeechStarted(6.0)).at(31.0, UtteranceFull()).expect(Transcribe(1, final=False))
    greeted.at(32.0, heard(1, "When I was young")).expect()
    greeted.at(56.0, UtteranceFull()).expect(Transcribe(2, final=False))
    greeted.at(60.2, SpeechPaused(60.0)).until(61.0).expect(final(3))
    greeted.at(61.3, heard(3, "and nobody knew.")).expect()
    greeted.at(61.5, heard(2, "we lived by the sea")).expect(
        said(1, "When I was young we lived by the sea and nobody knew.", parts=3),
        StartReply(2, 1, "When I was young we lived by the sea and nobody knew.", 60.0),
    )


def test_a_part_that_becomes_full_during_a_pause_is_transcribed_too(greeted: Script) -> None:
    greeted.speech(6.0, 7.0).at(7.3, UtteranceFull()).expect(Transcribe(1, final=False))
    greeted.at(7.6, heard(1, "One.")).until(8.0).expect(final(2))
    greeted.at(8.2, heard(2, "")).expect(said(1, "One.", parts=2), StartReply(2, 1, "One.", 7.0))


# --- rule 1: the person goes on before our answer is heard


def test_whoever_goes_on_while_we_think_gets_one_answer_to_everything(greeted: Script) -> None:
    greeted.speech(6.0, 8.0).until(9.0).at(9.3, heard(1, "My knee hurts")).expect(
        final(1), said(1, "My knee hurts"), StartReply(2, 1, "My knee hurts", 8.0)
    )
    greeted.at(9.6, SpeechStarted(9.5)).expect(StopReply(2))
    greeted.at(9.7, ReplyStarted(2), ReplyFinished(2)).expect()  # too late: it was taken back
    greeted.at(11.2, SpeechPaused(11.0)).until(12.0).expect(final(2))
    greeted.at(12.3, heard(2, "when I go upstairs.")).expect(
        said(1, "My knee hurts when I go upstairs.", parts=2),
        StartReply(3, 1, "My knee hurts when I go upstairs.", 11.0),
    )


def test_whoever_goes_on_before_the_words_are_there_is_listened_to(greeted: Script) -> None:
    greeted.speech(6.0, 8.0).until(9.0).expect(final(1))
    greeted.at(9.2, SpeechStarted(9.1)).at(9.4, heard(1, "My knee hurts")).expect()
    assert greeted.machine.agent is AgentState.IDLE
    greeted.at(11.2, SpeechPaused(11.0)).until(12.0).expect(final(2))
    greeted.at(12.3, heard(2, "upstairs.")).expect(
        said(1, "My knee hurts upstairs.", parts=2), StartReply(2, 1, "My knee hurts upstairs.", 11.0)
    )


def test_a_noise_while_we_think_costs_time_but_no_answer(greeted: Script) -> None:
    greeted.speech(6.0, 8.0).at(9.3, heard(1, "My knee hurts."))
    greeted.expect(final(1), said(1, "My knee hurts."), StartReply(2, 1, "My knee hurts.", 8.0))
    greeted.speech(9.5, 9.8).until(10.8).expect(StopReply(2), final(2))
    greeted.at(11.0, heard(2, "", voiced_ms=100)).expect(
        said(1, "My knee hurts.", parts=2), StartReply(3, 1, "My knee hurts.", 9.8)
    )


# --- rule 4: turns without words


def test_a_sound_without_words_is_not_answered(greeted: Script) -> None:
    greeted.speech(6.0, 6.3).until(7.3).expect(final(1))
    greeted.at(7.5, heard(1, "", voiced_ms=200)).expect()
    assert (greeted.machine.caller, greeted.machine.agent) == (CallerState.SILENT, AgentState.IDLE)


def test_a_voice_without_words_is_asked_again_but_not_for_ever(greeted: Script) -> None:
    for number, start in enumerate([6.0, 12.0], start=1):
        greeted.speech(start, start + 1).at(start + 2.3, heard(number, "", voiced_ms=900))
        greeted.expect(final(number), line(number + 1, LineName.DID_NOT_HEAR))
        greeted.at(start + 5, ReplyFinished(number + 1)).expect()
    greeted.speech(18.0, 19.0).at(20.3, heard(3, "", voiced_ms=900)).expect(final(3))


def test_words_are_a_new_start_for_not_hearing(greeted: Script) -> None:
    greeted.speech(6.0, 7.0).at(8.3, heard(1, "")).expect(final(1), line(2, LineName.DID_NOT_HEAR))
    greeted.at(10.0, ReplyFinished(2)).speech(11.0, 12.0).at(13.3, heard(2, "I said tea."))
    greeted.expect(final(2), said(1, "I said tea."), StartReply(3, 1, "I said tea.", 12.0))
    assert greeted.machine.phase is Phase.TALKING
    greeted.at(14.0, ReplyStarted(3)).at(15.0, ReplyFinished(3))
    for number, start in enumerate([16.0, 22.0], start=3):
        greeted.speech(start, start + 1).at(start + 2.3, heard(number, "  "))
        greeted.expect(final(number), line(number + 1, LineName.DID_NOT_HEAR))
        greeted.at(start + 5, ReplyFinished(number + 1)).expect()


# --- what the ears could not find out


def test_a_transcription_that_fails_is_answered_with_an_apology(greeted: Script) -> None:
    greeted.speech(6.0, 7.0).at(9.0, TranscriptionFailed(1))
    greeted.expect(final(1), failed("stt"), line(2, LineName.TROUBLE))


def test_what_is_known_of_a_turn_is_answered_although_a_part_failed(greeted: Script) -> None:
    greeted.at(6.1, SpeechStarted(6.0)).at(31.0, UtteranceFull()).at(33.0, TranscriptionFailed(1))
    greeted.expect(Transcribe(1, final=False), failed("stt"))
    greeted.at(36.2, SpeechPaused(36.0)).at(37.4, heard(2, "and so it was."))
    greeted.expect(final(2), said(1, "and so it was."), StartReply(2, 1, "and so it was.", 36.0))


def test_a_transcription_that_never_comes_has_failed(greeted: Script) -> None:
    greeted.speech(6.0, 7.0).until(27.9).expect(final(1))
    greeted.until(28.0).expect(failed("stt", "timeout"), line(2, LineName.TROUBLE))
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


def test_nothing_happens_before_the_stream_has_started(script: Script) -> None:
    script.at(0.0, SpeechStarted(0.0), heard(1, "x"), DigitPressed("1")).until(100.0).expect()
    assert script.machine.next_deadline() is None
    assert script.machine.handle_timer(200.0) == []


def test_a_timer_that_comes_early_does_nothing(greeted: Script) -> None:
    assert greeted.machine.handle_timer(5.1) == []
