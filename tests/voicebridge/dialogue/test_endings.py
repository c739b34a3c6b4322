"""How a call ends, and that it does: goodbyes, silence, time, trouble."""

from __future__ import annotations

import pytest

from tests.voicebridge.dialogue.conftest import Play
from tests.voicebridge.dialogue.words import (
    asked,
    asked_for_part,
    drafted,
    failed,
    goodbye,
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
    DigitPressed,
    HangUp,
    HangUpReason,
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
    StreamStopped,
    TranscriptionFailed,
    UtteranceFull,
)
from voicebridge.dialogue.states import Timing
from voicebridge.dialogue.turn_taking import AgentState, CallerState, Phase

ONE_MORE = "Oh, my knee hurts."


@pytest.fixture
def closing(greeted: Script) -> Script:
    """The person has said goodbye; ours (reply 2) has been sounding since second 9."""
    say(greeted, 6.0, 7.0, "Goodbye.", closing=True).at(9.0, ReplyStarted(2)).until(11.0).expect(settled)
    assert greeted.machine.phase is Phase.CLOSING
    return greeted


# --- goodbyes


def test_after_our_goodbye_has_been_played_we_hang_up(closing: Script) -> None:
    closing.at(13.0, ReplyFinished(2)).expect(HangUp(HangUpReason.SAID_GOODBYE))


def test_our_goodbye_is_not_held_by_a_sound(closing: Script) -> None:
    closing.at(11.15, SpeechStarted(11.0)).until(12.0).expect()
    assert closing.machine.agent is AgentState.SPEAKING


@pytest.mark.parametrize("text", ["Bye bye, dear.", "Yes.", "Okay, goodbye!", ""])
def test_a_goodbye_over_our_goodbye_does_not_stop_it(closing: Script, text: str) -> None:
    closing.speech(11.0, 12.0).at(12.5, heard(2, text)).expect(asked(2), settled)
    closing.at(14.0, ReplyFinished(2)).expect(HangUp(HangUpReason.SAID_GOODBYE))


def test_real_words_over_our_goodbye_reopen_the_talk(closing: Script) -> None:
    closing.speech(11.0, 12.0).at(12.5, heard(2, ONE_MORE)).expect(asked(2), stopped(2), drafted(3, 2, ONE_MORE, 12.0))
    closing.until(13.4).expect(said(2, ONE_MORE), released(3))
    assert closing.machine.phase is Phase.TALKING
    closing.at(14.0, ReplyStarted(3)).at(15.0, ReplyFinished(3)).expect(settled)


def test_nobody_is_cut_off_by_the_end_of_our_goodbye(closing: Script) -> None:
    closing.at(12.1, SpeechStarted(12.0)).at(12.5, ReplyFinished(2)).until(19.0).expect()
    closing.at(19.1, SpeechPaused(19.0)).at(19.5, heard(2, "And you?")).until(20.4)
    closing.expect(asked(2), drafted(3, 2, "And you?", 19.0), said(2, "And you?"), released(3))


@pytest.mark.parametrize("text", ["Bye now.", "Mm-hm.", ""])
def test_a_last_word_after_our_goodbye_ends_the_call(closing: Script, text: str) -> None:
    closing.at(12.1, SpeechStarted(12.0)).at(12.5, ReplyFinished(2)).at(12.7, SpeechPaused(12.6))
    closing.at(13.1, heard(2, text)).expect(asked(2)).until(14.3).expect(settled, HangUp(HangUpReason.SAID_GOODBYE))


def test_a_last_word_that_goes_on_is_listened_to_until_its_end(closing: Script) -> None:
    closing.at(12.1, SpeechStarted(12.0)).at(12.5, ReplyFinished(2)).at(12.7, SpeechPaused(12.6)).until(12.9)
    closing.expect(asked(2)).at(13.7, SpeechStarted(13.6)).at(13.8, heard(2, "Bye")).at(14.1, SpeechPaused(14.0))
    closing.at(14.5, heard(3, "Bye bye.")).until(15.4).expect(asked(3), settled, HangUp(HangUpReason.SAID_GOODBYE))


def test_a_last_word_that_cannot_be_understood_ends_the_call(closing: Script) -> None:
    closing.at(12.1, SpeechStarted(12.0)).at(12.5, ReplyFinished(2)).at(12.7, SpeechPaused(12.6))
    closing.at(13.5, TranscriptionFailed(2)).until(14.3)
    closing.expect(asked(2), failed("stt"), settled, HangUp(HangUpReason.SAID_GOODBYE))


def test_whoever_goes_on_after_a_goodbye_takes_it_back(greeted: Script) -> None:
    say(greeted, 6.0, 7.0, "Goodbye then.", closing=True)
    greeted.at(8.6, SpeechStarted(8.5)).expect(stopped(2))
    assert greeted.machine.phase is Phase.TALKING
    text = "Goodbye then. Oh, but how is Tom?"
    greeted.at(10.1, SpeechPaused(10.0)).at(10.5, heard(2, text)).until(11.4)
    greeted.expect(asked(2), drafted(3, 1, text, 10.0), said(1, text), released(3))


def test_whoever_goes_on_before_our_goodbye_is_released_never_said_goodbye(greeted: Script) -> None:
    greeted.speech(6.0, 7.0).at(7.5, heard(1, "Goodbye.")).expect(
        asked(1), drafted(2, 1, "Goodbye.", 7.0, closing=True)
    )
    assert greeted.machine.phase is Phase.TALKING
    greeted.at(8.0, SpeechStarted(7.9)).expect(stopped(2))


def test_a_goodbye_that_was_not_understood_is_said_again(closing: Script) -> None:
    closing.speech(11.0, 11.5).at(12.0, heard(2, "Pardon?")).expect(asked(2), stopped(2))
    closing.until(12.4).expect(said(2, "Pardon?"), settled, SayAgain(3, Manner(pace=0.9)))
    closing.at(15.0, ReplyFinished(3)).until(23.9).expect()
    closing.until(24.1).expect(line(4, LineName.TAKE_YOUR_TIME))


def test_a_goodbye_that_fails_is_replaced_by_the_ready_line(closing: Script) -> None:
    closing.at(11.0, ReplyFailed(2, "tts")).expect(failed("tts"), goodbye(3, LineName.GOODBYE))
    closing.at(14.0, ReplyFinished(3)).expect(HangUp(HangUpReason.SAID_GOODBYE))


def test_a_goodbye_that_is_not_ready_in_time_is_replaced_too(greeted: Script) -> None:
    say(greeted, 6.0, 7.0, "Goodbye.", closing=True).until(14.2).expect()
    greeted.until(14.4).expect(stopped(2), failed("llm", "timeout"), settled, goodbye(3, LineName.GOODBYE))


def test_when_even_the_ready_line_fails_we_hang_up(closing: Script) -> None:
    closing.at(11.0, ReplyFailed(2, "tts")).expect(failed("tts"), goodbye(3, LineName.GOODBYE))
    closing.at(11.5, ReplyFailed(3, "tts")).expect(failed("tts"), HangUp(HangUpReason.SAID_GOODBYE))


def test_a_goodbye_that_failed_while_the_person_spoke_is_made_up_for(closing: Script) -> None:
    closing.at(11.1, SpeechStarted(11.0)).at(11.5, ReplyFailed(2, "llm")).expect(failed("llm"))
    closing.at(12.1, SpeechPaused(12.0)).at(12.5, heard(2, "Bye bye.")).until(13.4)
    closing.expect(asked(2), settled, goodbye(3, LineName.GOODBYE))
    closing.at(16.0, ReplyFinished(3)).expect(HangUp(HangUpReason.SAID_GOODBYE))


# --- silence


def test_whoever_says_nothing_at_all_is_asked_and_then_left_in_peace(greeted: Script) -> None:
    greeted.until(14.9).expect()
    greeted.until(15.1).expect(line(2, LineName.STILL_THERE))
    greeted.at(18.0, ReplyFinished(2)).until(27.9).expect()
    greeted.until(28.1).expect(goodbye(3, LineName.GOODBYE_SILENCE))
    greeted.at(31.0, ReplyFinished(3)).expect(HangUp(HangUpReason.SILENCE))


def test_whoever_has_spoken_is_told_first_that_there_is_no_hurry(greeted: Script) -> None:
    say(greeted, 6.0, 7.0, "I slept well.").at(9.0, ReplyStarted(2)).at(20.0, ReplyFinished(2)).expect(settled)
    greeted.until(28.9).expect().until(29.1).expect(line(3, LineName.TAKE_YOUR_TIME))
    greeted.at(31.0, ReplyFinished(3)).until(40.9).expect().until(41.1).expect(line(4, LineName.STILL_THERE))
    greeted.at(43.0, ReplyFinished(4)).until(52.9).expect().until(53.1).expect(goodbye(5, LineName.GOODBYE_SILENCE))
    greeted.at(56.0, ReplyFinished(5)).expect(HangUp(HangUpReason.SILENCE))


def test_words_end_the_silence(greeted: Script) -> None:
    greeted.until(15.1).expect(line(2, LineName.STILL_THERE)).at(18.0, ReplyFinished(2))
    say(greeted, 20.0, 21.0, "I slept well.", reply=3).at(23.0, ReplyStarted(3)).at(26.0, ReplyFinished(3))
    greeted.expect(settled).until(35.1).expect(line(4, LineName.TAKE_YOUR_TIME))


def test_noises_are_no_company(greeted: Script) -> None:
    greeted.speech(12.0, 12.2).at(12.6, heard(1, "", voiced_ms=200)).until(14.9).expect(asked(1), settled)
    greeted.until(15.1).expect(line(2, LineName.STILL_THERE))


def test_nobody_is_asked_while_speaking(greeted: Script) -> None:
    greeted.at(14.1, SpeechStarted(14.0)).until(100.0).expect()


def test_words_over_the_goodbye_for_silence_reopen_the_talk(greeted: Script) -> None:
    greeted.at(15.1).at(18.0, ReplyFinished(2)).until(28.1)
    greeted.expect(line(2, LineName.STILL_THERE), goodbye(3, LineName.GOODBYE_SILENCE))
    text = "I was in the kitchen."
    greeted.speech(29.0, 30.0).at(30.5, heard(1, text)).until(31.4)
    greeted.expect(asked(1), stopped(3), drafted(4, 1, text, 30.0), said(1, text), released(4))


# --- the time limit (here 100 s, wound down from 80 s on, at the latest at 90 s)

SHORT = Timing(max_call_s=100.0, wind_down_s=20.0)


def speaking_until(play: Play, now: float) -> Script:
    """A short call in which the person has been speaking from second 6 to `now`."""
    script = play(SHORT).at(0.0, StreamStarted()).at(5.0, ReplyFinished(1)).expect(SayGreeting(1))
    return script.at(6.1, SpeechStarted(6.0)).at(now + 0.1, SpeechPaused(now)).expect()


def answered_at(play: Play, now: float, text: str, *, closing: bool = False) -> Script:
    """The same; the answer (reply 2) is released within 1.5 s of that. So long a turn is transcribed late."""
    script = speaking_until(play, now).at(now + 1.1, heard(1, text)).until(now + 1.4)
    return script.expect(asked(1), drafted(2, 1, text, now, closing=closing), said(1, text), released(2))


def test_near_the_limit_we_say_goodbye_in_the_first_silence(play: Play) -> None:
    script = answered_at(play, 75.0, "I slept well.").at(77.0, ReplyStarted(2)).until(84.0).expect(settled)
    script.at(84.5, ReplyFinished(2)).expect(goodbye(3, LineName.GOODBYE_TIME))
    script.at(88.0, ReplyFinished(3)).expect(HangUp(HangUpReason.TIME_LIMIT))


def test_an_answer_that_is_not_heard_yet_gives_way(play: Play) -> None:
    script = answered_at(play, 78.5, "I slept well.")
    script.until(80.1).expect(stopped(2), settled, goodbye(3, LineName.GOODBYE_TIME))


def test_a_draft_gives_way_in_the_end(play: Play) -> None:
    script = (
        speaking_until(play, 88.9)
        .at(89.9, heard(1, "I slept well."))
        .expect(asked(1), drafted(2, 1, "I slept well.", 88.9))
    )
    script.until(90.1).expect(stopped(2), settled, goodbye(3, LineName.GOODBYE_TIME))


def test_whoever_speaks_is_stopped_in_the_end(play: Play) -> None:
    script = play(SHORT).at(0.0, StreamStarted()).at(5.0, ReplyFinished(1)).expect(SayGreeting(1))
    script.at(6.1, SpeechStarted(6.0)).until(89.9).expect()
    script.until(90.1).expect(settled, goodbye(2, LineName.GOODBYE_TIME))
    script.at(91.0, SpeechPaused(90.9), SpeechStarted(91.0), heard(1, "But")).expect()
    script.at(94.0, ReplyFinished(2)).expect(HangUp(HangUpReason.TIME_LIMIT))


def test_we_stop_ourselves_in_the_end(play: Play) -> None:
    script = answered_at(play, 75.0, "I slept well.").at(77.0, ReplyStarted(2)).until(89.9).expect(settled)
    script.until(90.1).expect(stopped(2), goodbye(3, LineName.GOODBYE_TIME))


def test_at_the_limit_the_call_ends_whatever_happens(play: Play) -> None:
    script = play(SHORT).at(0.0, StreamStarted()).at(5.0, ReplyFinished(1)).expect(SayGreeting(1))
    script.at(6.1, SpeechStarted(6.0)).until(99.9).expect(settled, goodbye(2, LineName.GOODBYE_TIME))
    script.until(100.1).expect(stopped(2), HangUp(HangUpReason.TIME_LIMIT))


def test_a_goodbye_under_way_is_not_replaced_by_the_one_for_time(play: Play) -> None:
    script = answered_at(play, 76.0, "Goodbye.", closing=True).at(79.0, ReplyStarted(2)).until(91.0).expect(settled)
    script.at(92.0, ReplyFinished(2)).expect(HangUp(HangUpReason.SAID_GOODBYE))


def test_a_story_after_the_goodbye_ends_at_the_limit(play: Play) -> None:
    script = answered_at(play, 70.0, "Goodbye.", closing=True).at(72.0, ReplyStarted(2)).at(73.2, SpeechStarted(73.1))
    script.at(74.0, ReplyFinished(2)).until(99.9).expect(settled).until(100.1).expect(HangUp(HangUpReason.SAID_GOODBYE))


# --- trouble


def test_a_failed_answer_is_excused(greeted: Script) -> None:
    say(greeted, 6.0, 7.0, "I slept well.")
    greeted.at(9.0, ReplyFailed(2, "llm")).expect(failed("llm"), settled, line(3, LineName.TROUBLE))
    greeted.at(12.0, ReplyFinished(3)).expect()


def fail_a_turn(script: Script, turn: int, start: float) -> Script:
    """The answer to a turn fails; what follows is left to be expected. One reply and one line a turn before it."""
    say(script, start, start + 1, "I slept well.", request=turn, reply=2 * turn, turn=turn)
    return script.at(start + 3, ReplyFailed(2 * turn, "llm"))


def test_the_third_failure_in_a_row_ends_the_call(greeted: Script) -> None:
    fail_a_turn(greeted, 1, 6.0).expect(failed("llm"), settled, line(3, LineName.TROUBLE))
    greeted.at(12.0, ReplyFinished(3))
    fail_a_turn(greeted, 2, 13.0).expect(failed("llm"), settled, line(5, LineName.TROUBLE))
    greeted.at(19.0, ReplyFinished(5))
    fail_a_turn(greeted, 3, 20.0).expect(failed("llm"), settled, goodbye(7, LineName.GOODBYE_TROUBLE))
    greeted.at(25.0, SpeechStarted(24.9)).at(28.0, ReplyFinished(7)).expect(HangUp(HangUpReason.TECHNICAL))


def test_an_answer_that_succeeds_makes_up_for_failures(greeted: Script) -> None:
    fail_a_turn(greeted, 1, 6.0).expect(failed("llm"), settled, line(3, LineName.TROUBLE))
    greeted.at(12.0, ReplyFinished(3))
    fail_a_turn(greeted, 2, 13.0).expect(failed("llm"), settled, line(5, LineName.TROUBLE))
    greeted.at(19.0, ReplyFinished(5))
    say(greeted, 20.0, 21.0, "I slept well.", request=3, reply=6, turn=3)
    greeted.at(23.0, ReplyStarted(6)).at(24.5, ReplyFinished(6)).expect(settled)
    say(greeted, 25.0, 26.0, "I slept well.", request=4, reply=7, turn=4)
    greeted.at(28.0, ReplyFailed(7, "tts")).expect(failed("tts"), settled, line(8, LineName.TROUBLE))


def test_a_greeting_that_fails_is_excused(script: Script) -> None:
    script.at(0.0, StreamStarted()).at(0.5, ReplyFailed(1, "tts"))
    script.expect(SayGreeting(1), failed("tts"), line(2, LineName.TROUBLE))
    assert script.machine.phase is Phase.TALKING


def test_a_line_that_cannot_be_spoken_does_not_go_on_for_ever(script: Script) -> None:
    script.at(0.0, StreamStarted()).expect(SayGreeting(1))
    script.at(0.5, ReplyFailed(1, "tts")).expect(failed("tts"), line(2, LineName.TROUBLE))
    script.at(0.6, ReplyFailed(2, "tts")).expect(failed("tts"), line(3, LineName.TROUBLE))
    script.at(0.7, ReplyFailed(3, "tts")).expect(failed("tts"), goodbye(4, LineName.GOODBYE_TROUBLE))
    script.at(0.8, ReplyFailed(4, "tts")).expect(failed("tts"), HangUp(HangUpReason.TECHNICAL))


# --- what never comes


def test_an_answer_that_never_sounds_has_failed(play: Play) -> None:
    script = play(Timing(filler_after_s=60.0)).at(0.0, StreamStarted()).at(5.0, ReplyFinished(1)).expect(SayGreeting(1))
    say(script, 6.0, 7.0, "I slept well.").until(28.2).expect()
    script.until(28.4).expect(stopped(2), failed("llm", "timeout"), settled, line(3, LineName.TROUBLE))


def test_an_answer_that_finishes_without_a_sound_is_over(greeted: Script) -> None:
    say(greeted, 6.0, 7.0, "I slept well.").at(9.0, ReplyFinished(2)).expect(settled)
    greeted.until(18.1).expect(line(3, LineName.TAKE_YOUR_TIME))


def test_a_reply_whose_end_is_lost_is_over_at_last(script: Script) -> None:
    script.at(0.0, StreamStarted()).until(119.9).expect(SayGreeting(1))
    script.until(120.1).expect(stopped(1))
    script.until(130.1).expect(line(2, LineName.STILL_THERE))


# --- the end is the end


def test_nothing_follows_the_end_of_the_stream(greeted: Script) -> None:
    greeted.at(6.5, StreamStopped()).expect()
    greeted.at(7.0, SpeechPaused(6.9), heard(1, "Hello"), DigitPressed("1"), StreamStarted(), StreamStopped())
    greeted.until(10_000.0).expect()
    assert greeted.machine.phase is Phase.OVER
    assert greeted.machine.next_deadline() is None


def test_last_words_before_the_receiver_is_put_down_are_told_and_not_answered(greeted: Script) -> None:
    greeted.at(6.1, SpeechStarted(6.0)).at(7.5, StreamStopped()).expect(asked(1))
    greeted.at(8.0, heard(7, "nothing of ours")).expect()
    greeted.at(8.1, heard(1, "I have to go.")).expect(said(1, "I have to go."))
    greeted.at(8.2, heard(1, "I have to go.")).until(10_000.0).expect()


def test_they_are_awaited_until_they_are_known(greeted: Script) -> None:
    def awaited() -> bool:
        return greeted.machine.awaits_last_words

    greeted.at(6.1, SpeechStarted(6.0)).at(7.5, StreamStopped()).expect(asked(1))
    assert awaited()
    greeted.at(8.1, heard(1, "I have to go.")).expect(said(1, "I have to go."))
    assert not awaited()


def test_last_words_that_have_been_drafted_for_are_told_at_once(greeted: Script) -> None:
    greeted.speech(6.0, 7.0).at(7.5, heard(1, "Goodbye.")).expect(
        asked(1), drafted(2, 1, "Goodbye.", 7.0, closing=True)
    )
    greeted.at(7.8, StreamStopped()).expect(said(1, "Goodbye."))
    assert not greeted.machine.awaits_last_words
    assert (greeted.machine.caller, greeted.machine.agent) == (CallerState.SILENT, AgentState.IDLE)


def test_last_words_that_are_on_their_way_are_waited_for(greeted: Script) -> None:
    greeted.speech(6.0, 7.0).at(7.3, StreamStopped()).expect(asked(1))
    greeted.at(7.6, heard(1, "Goodbye.")).expect(said(1, "Goodbye."))


def test_what_has_been_told_is_not_told_again_at_the_end(greeted: Script) -> None:
    say(greeted, 6.0, 7.0, "I slept well.").at(8.8, StreamStopped()).expect()


def test_what_was_added_at_the_end_is_told_with_the_rest(greeted: Script) -> None:
    say(greeted, 6.0, 7.0, "I slept well.").at(8.8, SpeechStarted(8.7)).at(9.5, StreamStopped())
    greeted.expect(stopped(2), asked(2))
    greeted.at(9.9, heard(2, "I slept well. Goodbye.")).expect(said(1, "I slept well. Goodbye."))


def test_last_words_in_two_parts_are_told_once_both_are_known(greeted: Script) -> None:
    greeted.at(6.1, SpeechStarted(6.0)).at(30.0, UtteranceFull()).at(31.0, StreamStopped())
    greeted.expect(asked_for_part(1), asked(2))
    greeted.at(32.0, heard(2, "and then I came home.")).expect()
    greeted.at(33.0, heard(1, "It was a long day")).expect(said(1, "It was a long day and then I came home.", parts=2))


def test_last_words_that_cannot_be_understood_are_not_told(greeted: Script) -> None:
    greeted.at(6.1, SpeechStarted(6.0)).at(7.5, StreamStopped()).expect(asked(1))
    greeted.at(9.0, TranscriptionFailed(1)).until(100.0).expect()
    assert not greeted.machine.awaits_last_words


def test_a_stream_that_ends_before_it_began_is_over(script: Script) -> None:
    script.at(0.0, StreamStopped(), StreamStarted()).until(100.0).expect()


def test_nothing_follows_a_hang_up(closing: Script) -> None:
    closing.at(13.0, ReplyFinished(2)).expect(HangUp(HangUpReason.SAID_GOODBYE))
    closing.at(13.1, SpeechStarted(13.0), ReplyFailed(2, "tts"), StreamStopped()).until(1000.0).expect()


def test_a_held_reply_ends_with_the_stream(speaking: Script) -> None:
    speaking.at(13.15, SpeechStarted(13.0)).at(13.2, ReplyHeld(2, 6.0)).expect(held(2))
    speaking.at(13.5, StreamStopped()).expect(asked(2))
    speaking.at(14.0, heard(2, "Goodbye.")).until(100.0).expect(said(2, "Goodbye."))


def test_a_cough_at_the_limit_resumes_what_is_then_stopped(play: Play) -> None:
    script = answered_at(play, 75.0, "I slept well.").at(77.0, ReplyStarted(2)).until(89.0).expect(settled)
    script.at(89.8, SpeechStarted(89.6)).at(89.95, SpeechPaused(89.9, pitched_ms=0)).expect(
        held(2), resumed(2), settled
    )
    script.until(90.1).expect(stopped(2), goodbye(3, LineName.GOODBYE_TIME))
