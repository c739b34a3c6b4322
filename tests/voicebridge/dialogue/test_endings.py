"""How a call ends, and that it does: goodbyes, silence, time, trouble."""

from __future__ import annotations

import pytest

from tests.voicebridge.dialogue.conftest import Play
from tests.voicebridge.dialogue.words import failed, final, goodbye, heard, line, said
from tests.voicebridge.script import Script
from voicebridge.dialogue.events import (
    DigitPressed,
    DiscardUtterance,
    HangUp,
    HangUpReason,
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
    StreamStopped,
    Transcribe,
    TranscriptionFailed,
    UtteranceFull,
)
from voicebridge.dialogue.states import Timing
from voicebridge.dialogue.turn_taking import Phase


@pytest.fixture
def closing(greeted: Script) -> Script:
    """The person has said goodbye; ours (reply 2) sounds since second 10."""
    greeted.speech(6.0, 7.0).at(8.3, heard(1, "Goodbye."))
    greeted.expect(final(1), said(1, "Goodbye."), StartReply(2, 1, "Goodbye.", 7.0, closing=True))
    greeted.at(10.0, ReplyStarted(2)).expect()
    assert greeted.machine.phase is Phase.CLOSING
    return greeted


# --- goodbyes


def test_after_our_goodbye_has_been_played_we_hang_up(closing: Script) -> None:
    closing.at(13.0, ReplyFinished(2)).expect(HangUp(HangUpReason.SAID_GOODBYE))


@pytest.mark.parametrize("text", ["Bye bye, dear.", "Yes.", "Okay, goodbye!", ""])
def test_a_goodbye_over_our_goodbye_does_not_stop_it(closing: Script, text: str) -> None:
    closing.at(10.6, SpeechStarted(10.5)).at(12.2, SpeechPaused(12.0)).at(13.2, heard(2, text)).expect(final(2))
    closing.at(14.0, ReplyFinished(2)).expect(HangUp(HangUpReason.SAID_GOODBYE))


def test_real_words_over_our_goodbye_reopen_the_talk(closing: Script) -> None:
    closing.at(10.6, SpeechStarted(10.5)).at(12.2, SpeechPaused(12.0)).at(13.2, heard(2, "Oh wait, one more thing."))
    closing.expect(
        final(2),
        StopReply(2),
        said(2, "Oh wait, one more thing."),
        StartReply(3, 2, "Oh wait, one more thing.", 12.0),
    )
    assert closing.machine.phase is Phase.TALKING
    closing.at(14.0, ReplyStarted(3)).at(15.0, ReplyFinished(3)).expect()


def test_nobody_is_cut_off_by_the_end_of_our_goodbye(closing: Script) -> None:
    closing.at(12.1, SpeechStarted(12.0)).at(12.5, ReplyFinished(2)).until(20.0).expect()
    closing.at(20.2, SpeechPaused(20.0)).at(21.2, heard(2, "And what about Sunday?"))
    closing.expect(final(2), said(2, "And what about Sunday?"), StartReply(3, 2, "And what about Sunday?", 20.0))


@pytest.mark.parametrize("text", ["Bye now.", "Mm-hm.", ""])
def test_a_last_word_after_our_goodbye_ends_the_call(closing: Script, text: str) -> None:
    closing.at(12.1, SpeechStarted(12.0)).at(12.5, ReplyFinished(2)).at(12.8, SpeechPaused(12.6))
    closing.at(14.0, heard(2, text)).expect(final(2), HangUp(HangUpReason.SAID_GOODBYE))


def test_a_last_word_that_goes_on_is_listened_to_until_its_end(closing: Script) -> None:
    closing.at(12.1, SpeechStarted(12.0)).at(12.5, ReplyFinished(2)).at(12.8, SpeechPaused(12.6)).until(13.6)
    closing.expect(final(2))
    closing.at(13.7, SpeechStarted(13.6)).at(14.0, heard(2, "Bye")).at(14.2, SpeechPaused(14.0)).until(15.0)
    closing.expect(final(3)).at(15.3, heard(3, "bye.")).expect(HangUp(HangUpReason.SAID_GOODBYE))


def test_a_last_word_that_cannot_be_understood_ends_the_call(closing: Script) -> None:
    closing.at(12.1, SpeechStarted(12.0)).at(12.5, ReplyFinished(2)).at(12.8, SpeechPaused(12.6))
    closing.at(14.0, TranscriptionFailed(2))
    closing.expect(final(2), failed("stt"), HangUp(HangUpReason.SAID_GOODBYE))


def test_whoever_goes_on_after_a_goodbye_takes_it_back(greeted: Script) -> None:
    greeted.speech(6.0, 7.0).at(8.3, heard(1, "Goodbye then."))
    greeted.expect(final(1), said(1, "Goodbye then."), StartReply(2, 1, "Goodbye then.", 7.0, closing=True))
    greeted.at(8.6, SpeechStarted(8.5)).expect(StopReply(2))
    greeted.at(10.2, SpeechPaused(10.0)).at(11.2, heard(2, "Oh, but how is Tom?"))
    text = "Goodbye then. Oh, but how is Tom?"
    greeted.expect(final(2), said(1, text, parts=2), StartReply(3, 1, text, 10.0))


def test_a_goodbye_that_fails_is_replaced_by_the_ready_line(closing: Script) -> None:
    closing.at(11.0, ReplyFailed(2, "tts")).expect(failed("tts"), goodbye(3, LineName.GOODBYE))
    closing.at(14.0, ReplyFinished(3)).expect(HangUp(HangUpReason.SAID_GOODBYE))


def test_when_even_the_ready_line_fails_we_hang_up(closing: Script) -> None:
    closing.at(11.0, ReplyFailed(2, "tts")).expect(failed("tts"), goodbye(3, LineName.GOODBYE))
    closing.at(11.5, ReplyFailed(3, "tts")).expect(failed("tts"), HangUp(HangUpReason.SAID_GOODBYE))


def test_a_goodbye_that_failed_while_the_person_spoke_is_made_up_for(closing: Script) -> None:
    closing.at(10.6, SpeechStarted(10.5)).at(11.0, ReplyFailed(2, "llm")).expect(failed("llm"))
    closing.at(12.2, SpeechPaused(12.0)).at(13.3, heard(2, "Bye bye.")).expect(final(2), goodbye(3, LineName.GOODBYE))
    closing.at(16.0, ReplyFinished(3)).expect(HangUp(HangUpReason.SAID_GOODBYE))


# --- rule 6: silence


def test_silence_is_asked_about_and_then_ends_the_call(greeted: Script) -> None:
    greeted.until(16.9).expect()
    greeted.until(17.0).expect(line(2, LineName.STILL_THERE))
    greeted.at(20.0, ReplyFinished(2)).until(34.9).expect()
    greeted.until(35.0).expect(goodbye(3, LineName.GOODBYE_SILENCE))
    greeted.at(38.0, ReplyFinished(3)).expect(HangUp(HangUpReason.SILENCE))


def test_silence_counts_from_the_end_of_our_voice(greeted: Script) -> None:
    greeted.speech(6.0, 7.0).at(8.3, heard(1, "Tell me.")).expect(
        final(1), said(1, "Tell me."), StartReply(2, 1, "Tell me.", 7.0)
    )
    greeted.at(9.0, ReplyStarted(2)).at(40.0, ReplyFinished(2)).until(51.9).expect()
    greeted.until(52.0).expect(line(3, LineName.STILL_THERE))


def test_words_end_the_silence(greeted: Script) -> None:
    greeted.until(17.0).expect(line(2, LineName.STILL_THERE))
    greeted.at(20.0, ReplyFinished(2)).speech(22.0, 23.0).at(24.3, heard(1, "I am here."))
    greeted.expect(final(1), said(1, "I am here."), StartReply(3, 1, "I am here.", 23.0))
    greeted.at(25.0, ReplyStarted(3)).at(26.0, ReplyFinished(3)).until(38.0).expect(line(4, LineName.STILL_THERE))


def test_noises_are_no_company(greeted: Script) -> None:
    greeted.speech(15.0, 15.2).at(16.5, heard(1, "", voiced_ms=200)).expect(final(1))
    greeted.until(17.0).expect(line(2, LineName.STILL_THERE))


def test_nobody_is_asked_while_speaking(greeted: Script) -> None:
    greeted.at(16.1, SpeechStarted(16.0)).until(100.0).expect()


def test_words_over_the_goodbye_for_silence_reopen_the_talk(greeted: Script) -> None:
    greeted.at(17.0).at(20.0, ReplyFinished(2)).until(35.0)
    greeted.expect(line(2, LineName.STILL_THERE), goodbye(3, LineName.GOODBYE_SILENCE))
    greeted.speech(36.0, 37.0).at(38.2, heard(1, "I was in the kitchen."))
    greeted.expect(
        final(1), StopReply(3), said(1, "I was in the kitchen."), StartReply(4, 1, "I was in the kitchen.", 37.0)
    )


# --- rule 6: the time limit (here 100 s, wound down from 80 s on, at the latest at 90 s)

SHORT = Timing(max_call_s=100.0, wind_down_s=20.0)


def greeted_until(play: Play, now: float) -> Script:
    """A short call in which the person has been speaking from second 6 to `now`."""
    script = play(SHORT).at(0.0, StreamStarted()).expect(SayGreeting(1)).at(5.0, ReplyFinished(1))
    return script.at(6.1, SpeechStarted(6.0)).at(now + 0.2, SpeechPaused(now)).expect()


def test_near_the_limit_we_say_goodbye_in_the_first_silence(play: Play) -> None:
    script = greeted_until(play, 75.0).at(76.3, heard(1, "And so on.")).at(77.0, ReplyStarted(2))
    script.expect(final(1), said(1, "And so on."), StartReply(2, 1, "And so on.", 75.0))
    script.until(84.0).expect()
    script.at(84.5, ReplyFinished(2)).until(84.5).expect(goodbye(3, LineName.GOODBYE_TIME))
    script.at(88.0, ReplyFinished(3)).expect(HangUp(HangUpReason.TIME_LIMIT))


def test_an_answer_that_is_not_heard_yet_gives_way(play: Play) -> None:
    script = greeted_until(play, 78.0).at(79.3, heard(1, "And so on."))
    script.expect(final(1), said(1, "And so on."), StartReply(2, 1, "And so on.", 78.0))
    script.until(80.0).expect(StopReply(2), goodbye(3, LineName.GOODBYE_TIME))


def test_whoever_speaks_is_stopped_in_the_end(play: Play) -> None:
    script = play(SHORT).at(0.0, StreamStarted()).at(5.0, ReplyFinished(1)).expect(SayGreeting(1))
    script.at(6.1, SpeechStarted(6.0)).until(89.9).expect()
    script.until(90.0).expect(DiscardUtterance(), goodbye(2, LineName.GOODBYE_TIME))
    script.at(91.0, SpeechPaused(90.9), SpeechStarted(91.0), heard(1, "But")).expect()
    script.at(94.0, ReplyFinished(2)).expect(HangUp(HangUpReason.TIME_LIMIT))


def test_we_stop_ourselves_in_the_end(play: Play) -> None:
    script = greeted_until(play, 75.0).at(76.3, heard(1, "And so on.")).at(77.0, ReplyStarted(2))
    script.expect(final(1), said(1, "And so on."), StartReply(2, 1, "And so on.", 75.0))
    script.until(90.0).expect(StopReply(2), goodbye(3, LineName.GOODBYE_TIME))


def test_at_the_limit_the_call_ends_whatever_happens(play: Play) -> None:
    script = play(SHORT).at(0.0, StreamStarted()).at(5.0, ReplyFinished(1)).expect(SayGreeting(1))
    script.at(6.1, SpeechStarted(6.0)).until(99.9).expect(DiscardUtterance(), goodbye(2, LineName.GOODBYE_TIME))
    script.until(100.0).expect(StopReply(2), HangUp(HangUpReason.TIME_LIMIT))


def test_a_goodbye_under_way_is_not_replaced_by_the_one_for_time(play: Play) -> None:
    script = greeted_until(play, 76.0).at(77.3, heard(1, "Goodbye.")).at(79.0, ReplyStarted(2)).until(91.0)
    script.expect(final(1), said(1, "Goodbye."), StartReply(2, 1, "Goodbye.", 76.0, closing=True))
    script.at(92.0, ReplyFinished(2)).expect(HangUp(HangUpReason.SAID_GOODBYE))


def test_a_story_after_the_goodbye_ends_at_the_limit(play: Play) -> None:
    script = greeted_until(play, 70.0).at(71.3, heard(1, "Goodbye.")).at(72.0, ReplyStarted(2))
    script.expect(final(1), said(1, "Goodbye."), StartReply(2, 1, "Goodbye.", 70.0, closing=True))
    script.at(73.1, SpeechStarted(73.0)).at(74.0, ReplyFinished(2)).until(99.9).expect()
    script.until(100.0).expect(HangUp(HangUpReason.SAID_GOODBYE))


# --- rule 5: trouble


def test_a_failed_answer_is_excused(greeted: Script) -> None:
    greeted.speech(6.0, 7.0).at(8.3, heard(1, "Hello there, you.")).expect(
        final(1), said(1, "Hello there, you."), StartReply(2, 1, "Hello there, you.", 7.0)
    )
    greeted.at(12.0, ReplyFailed(2, "llm")).expect(failed("llm"), line(3, LineName.TROUBLE))
    greeted.at(15.0, ReplyFinished(3)).expect()


def fail_a_turn(script: Script, turn: int, start: float) -> Script:
    """The answer to a turn fails; what follows is left to be expected. One reply and one line a turn before it."""
    script.speech(start, start + 1).at(start + 2.3, heard(turn, "And now?"))
    script.expect(final(turn), said(turn, "And now?"), StartReply(2 * turn, turn, "And now?", start + 1))
    return script.at(start + 4, ReplyFailed(2 * turn, "llm"))


def test_the_third_failure_in_a_row_ends_the_call(greeted: Script) -> None:
    fail_a_turn(greeted, 1, 6.0).expect(failed("llm"), line(3, LineName.TROUBLE))
    greeted.at(12.0, ReplyFinished(3))
    fail_a_turn(greeted, 2, 13.0).expect(failed("llm"), line(5, LineName.TROUBLE))
    greeted.at(19.0, ReplyFinished(5))
    fail_a_turn(greeted, 3, 20.0).expect(failed("llm"), goodbye(7, LineName.GOODBYE_TROUBLE))
    greeted.at(25.0, SpeechStarted(24.9)).at(28.0, ReplyFinished(7)).expect(HangUp(HangUpReason.TECHNICAL))


def test_an_answer_that_succeeds_makes_up_for_failures(greeted: Script) -> None:
    fail_a_turn(greeted, 1, 6.0).expect(failed("llm"), line(3, LineName.TROUBLE))
    greeted.at(12.0, ReplyFinished(3))
    fail_a_turn(greeted, 2, 13.0).expect(failed("llm"), line(5, LineName.TROUBLE))
    greeted.at(19.0, ReplyFinished(5)).speech(20.0, 21.0).at(22.3, heard(3, "Now?"))
    greeted.expect(final(3), said(3, "Now?"), StartReply(6, 3, "Now?", 21.0))
    greeted.at(23.0, ReplyStarted(6)).at(24.0, ReplyFinished(6)).speech(25.0, 26.0).at(27.3, heard(4, "Good."))
    greeted.expect(final(4), said(4, "Good."), StartReply(7, 4, "Good.", 26.0))
    greeted.at(29.0, ReplyFailed(7, "tts")).expect(failed("tts"), line(8, LineName.TROUBLE))


def test_a_greeting_that_fails_is_excused(script: Script) -> None:
    script.at(0.0, StreamStarted()).at(0.5, ReplyFailed(1, "tts"))
    script.expect(SayGreeting(1), failed("tts"), line(2, LineName.TROUBLE))


def test_a_line_that_cannot_be_spoken_does_not_go_on_for_ever(script: Script) -> None:
    script.at(0.0, StreamStarted()).expect(SayGreeting(1))
    script.at(0.5, ReplyFailed(1, "tts")).expect(failed("tts"), line(2, LineName.TROUBLE))
    script.at(0.6, ReplyFailed(2, "tts")).expect(failed("tts"), line(3, LineName.TROUBLE))
    script.at(0.7, ReplyFailed(3, "tts")).expect(failed("tts"), goodbye(4, LineName.GOODBYE_TROUBLE))
    script.at(0.8, ReplyFailed(4, "tts")).expect(failed("tts"), HangUp(HangUpReason.TECHNICAL))


# --- rule 8: what never comes


def test_an_answer_that_never_sounds_has_failed(greeted: Script) -> None:
    greeted.speech(6.0, 7.0).at(8.3, heard(1, "And now?"))
    greeted.expect(final(1), said(1, "And now?"), StartReply(2, 1, "And now?", 7.0))
    greeted.until(28.2).expect()
    greeted.until(28.4).expect(StopReply(2), failed("llm", "timeout"), line(3, LineName.TROUBLE))


def test_an_answer_that_finishes_without_a_sound_is_over(greeted: Script) -> None:
    greeted.speech(6.0, 7.0).at(8.3, heard(1, "And now?"))
    greeted.expect(final(1), said(1, "And now?"), StartReply(2, 1, "And now?", 7.0))
    greeted.at(9.0, ReplyFinished(2)).until(21.0).expect(line(3, LineName.STILL_THERE))


def test_a_reply_whose_end_is_lost_is_over_at_last(script: Script) -> None:
    script.at(0.0, StreamStarted()).until(119.9).expect(SayGreeting(1))
    script.until(120.0).expect(StopReply(1))
    script.until(132.0).expect(line(2, LineName.STILL_THERE))


# --- the end is the end


def test_nothing_follows_the_end_of_the_stream(greeted: Script) -> None:
    greeted.at(6.5, StreamStopped()).expect()
    greeted.at(7.0, SpeechPaused(6.9), heard(1, "Hello"), DigitPressed("1"), StreamStarted(), StreamStopped())
    greeted.until(10_000.0).expect()
    assert greeted.machine.phase is Phase.OVER
    assert greeted.machine.next_deadline() is None


def test_last_words_before_the_receiver_is_put_down_are_told_and_not_answered(greeted: Script) -> None:
    greeted.at(6.1, SpeechStarted(6.0)).at(7.5, StreamStopped()).expect(final(1))
    greeted.at(8.0, heard(7, "nothing of ours")).expect()
    greeted.at(8.1, heard(1, "I have to go.")).expect(said(1, "I have to go."))
    assert not greeted.machine.awaits_last_words
    greeted.at(8.2, heard(1, "I have to go.")).until(10_000.0).expect()


def test_last_words_in_two_parts_are_told_once_both_are_known(greeted: Script) -> None:
    greeted.at(6.1, SpeechStarted(6.0)).at(30.0, UtteranceFull()).at(31.0, StreamStopped())
    greeted.expect(Transcribe(1, final=False), final(2))
    greeted.at(32.0, heard(2, "and then I came home.")).expect()
    greeted.at(33.0, heard(1, "It was a long day")).expect(said(1, "It was a long day and then I came home.", parts=2))


def test_last_words_that_cannot_be_understood_are_not_told(greeted: Script) -> None:
    greeted.at(6.1, SpeechStarted(6.0)).at(7.5, StreamStopped()).expect(final(1))
    greeted.at(9.0, TranscriptionFailed(1)).until(100.0).expect()
    assert not greeted.machine.awaits_last_words


def test_a_stream_that_ends_before_it_began_is_over(script: Script) -> None:
    script.at(0.0, StreamStopped(), StreamStarted()).until(100.0).expect()


def test_nothing_follows_a_hang_up(closing: Script) -> None:
    closing.at(13.0, ReplyFinished(2)).expect(HangUp(HangUpReason.SAID_GOODBYE))
    closing.at(13.1, SpeechStarted(13.0), ReplyFailed(2, "tts"), StreamStopped()).until(1000.0).expect()
