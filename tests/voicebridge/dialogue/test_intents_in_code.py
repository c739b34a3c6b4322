"""What is said a hundred times on such calls, and is answered at once, without a model."""

from __future__ import annotations

import pytest

from callregistry.call_events import Kind
from tests.voicebridge.dialogue.conftest import Play
from tests.voicebridge.dialogue.words import (
    agent,
    asked,
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
    ChangeManner,
    Command,
    HangUp,
    HangUpReason,
    LineName,
    Manner,
    Record,
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
from voicebridge.dialogue.intents import Intent
from voicebridge.dialogue.manners import for_saying_again, wished
from voicebridge.dialogue.turn_taking import AgentState, Phase


def wish(script: Script, text: str, start: float, *, turn: int = 1) -> Script:
    """The person says it in a second, and is silent until it is answered; what follows is left to be expected."""
    script.speech(start, start + 1.0).at(start + 1.5, heard(turn, text)).expect(asked(turn))
    script.until(start + 1.79).expect()
    return script.until(start + 1.81)


def changed(pace: float, gain_db: float) -> list[Command]:
    manner = Manner(pace, gain_db)
    return [ChangeManner(manner), Record(Kind.VOICE_CHANGED, {"pace": pace, "gain_db": gain_db})]


# --- once more, and in another manner


@pytest.mark.parametrize("text", ["Pardon?", "What?", "Say that again, please.", "Sorry, what did you say?"])
def test_whoever_did_not_understand_hears_it_again_a_little_slower(greeted: Script, text: str) -> None:
    wish(greeted, text, 6.0).expect(said(1, text), settled, SayAgain(2, Manner(pace=0.9)))
    greeted.at(7.9, ReplyStarted(2)).at(9.0, ReplyFinished(2)).expect()


def test_it_is_answered_soon_and_without_a_draft(greeted: Script) -> None:
    greeted.speech(6.0, 6.4).at(6.8, heard(1, "Pardon?")).until(7.19).expect(asked(1))
    greeted.until(7.21).expect(said(1, "Pardon?"), settled, SayAgain(2, Manner(pace=0.9)))


def test_saying_it_again_does_not_change_how_we_speak(greeted: Script) -> None:
    for turn, start in enumerate([6.0, 12.0], start=1):
        wish(greeted, "Pardon?", start, turn=turn)
        greeted.expect(said(turn, "Pardon?"), settled, SayAgain(turn + 1, Manner(pace=0.9)))
        greeted.at(start + 4.0, ReplyFinished(turn + 1)).expect()


@pytest.mark.parametrize(
    ("text", "pace", "gain_db", "opener"),
    [
        ("Slower, please.", 0.86, 0.0, LineName.SLOWER),
        ("Faster.", 1.15, 0.0, LineName.FASTER),
        ("Could you speak up?", 1.0, 4.0, LineName.LOUDER),
        ("You're too loud.", 1.0, -4.0, LineName.QUIETER),
    ],
)
def test_we_speak_as_the_person_wishes_and_show_it(
    greeted: Script, text: str, pace: float, gain_db: float, opener: LineName
) -> None:
    wish(greeted, text, 6.0)
    greeted.expect(said(1, text), settled, *changed(pace, gain_db), SayAgain(2, Manner(pace, gain_db), opener))


def test_louder_and_louder_until_it_would_be_too_loud(greeted: Script) -> None:
    for turn, gain_db in enumerate([4.0, 8.0, 12.0, 12.0], start=1):
        start = 6.0 * turn
        wish(greeted, "Louder!", start, turn=turn).expect(
            said(turn, "Louder!"),
            settled,
            *changed(1.0, gain_db),
            SayAgain(turn + 1, Manner(1.0, gain_db), LineName.LOUDER),
        )
        greeted.at(start + 4.0, ReplyFinished(turn + 1)).expect()


@pytest.mark.parametrize(
    ("intent", "bound"),
    [
        (Intent.SLOWER, Manner(pace=0.64)),
        (Intent.FASTER, Manner(pace=1.15)),
        (Intent.LOUDER, Manner(gain_db=12.0)),
        (Intent.QUIETER, Manner(gain_db=-8.0)),
    ],
)
def test_it_stays_a_voice_however_often_one_asks(intent: Intent, bound: Manner) -> None:
    manner = Manner()
    for _ in range(10):
        manner = wished(manner, intent)
    assert manner == bound


def test_a_wish_is_kept_for_what_is_said_again() -> None:
    assert for_saying_again(Manner(pace=0.74, gain_db=8.0)) == Manner(pace=0.67, gain_db=8.0)
    assert for_saying_again(Manner(pace=0.64)) == Manner(pace=0.64)


def test_a_wish_while_we_speak_stops_us(speaking: Script) -> None:
    speaking.at(13.15, SpeechStarted(13.0)).at(13.2, ReplyHeld(2, 6.0)).at(14.05, SpeechPaused(14.0))
    speaking.at(14.5, heard(2, "Slow down, please.")).expect(held(2), asked(2), stopped(2))
    speaking.until(14.9).expect(
        said(2, "Slow down, please."),
        settled,
        *changed(0.86, 0.0),
        SayAgain(3, Manner(0.86), LineName.SLOWER),
    )


def test_a_wish_that_has_more_to_it_is_for_the_model(greeted: Script) -> None:
    text = "I told my son to speak slower."
    say(greeted, 6.0, 8.0, text)


def test_after_stop_we_listen(greeted: Script) -> None:
    wish(greeted, "Stop it.", 6.0).expect(said(1, "Stop it."), settled, line(2, LineName.AM_LISTENING))
    greeted.at(9.0, ReplyFinished(2)).until(17.9).expect()
    greeted.until(18.1).expect(line(3, LineName.TAKE_YOUR_TIME))


# --- patience


@pytest.fixture
def waiting(greeted: Script) -> Script:
    """The person has asked us to hold on; since second 10 we wait in silence."""
    wish(greeted, "Hold on a minute.", 6.0)
    greeted.expect(said(1, "Hold on a minute."), settled, line(2, LineName.I_WAIT))
    return greeted.at(10.0, ReplyFinished(2)).expect()


@pytest.mark.parametrize("text", ["Hold on.", "Wait a minute.", "Someone's at the door."])
def test_whoever_asks_us_to_wait_is_waited_for(greeted: Script, text: str) -> None:
    wish(greeted, text, 6.0).expect(said(1, text), settled, line(2, LineName.I_WAIT))
    assert greeted.machine.phase is Phase.PATIENT
    greeted.at(10.0, ReplyFinished(2)).until(129.9).expect()
    greeted.until(130.1).expect(line(3, LineName.STILL_THERE))
    greeted.at(132.0, ReplyFinished(3)).until(142.1).expect(goodbye(4, LineName.GOODBYE_SILENCE))
    greeted.at(145.0, ReplyFinished(4)).expect(HangUp(HangUpReason.SILENCE))


def test_that_we_wait_can_be_seen(play: Play) -> None:
    script = play(states=True)
    script.at(0.0, StreamStarted()).at(5.0, ReplyFinished(1)).speech(6.0, 7.0).at(7.5, heard(1, "Hold on."))
    script.until(8.0).at(9.0, ReplyFinished(2)).at(12.15, SpeechStarted(12.0)).at(12.3, SpeechPaused(12.2))
    script.at(12.7, heard(2, "", voiced_ms=100)).until(14.0)
    states = ("speaking", "listening", "drafting", "speaking", "waiting", "drafting", "waiting")
    shown = [told for told in script.taken() if isinstance(told, Record) and told.kind is Kind.AGENT_STATE]
    assert shown == [agent(state) for state in states]


@pytest.mark.parametrize("text", ["I'm back.", "Hello?", "Are you still there?", "I am back. It was only the postman."])
def test_whoever_is_back_is_answered_at_once(waiting: Script, text: str) -> None:
    waiting.speech(60.0, 61.0).at(61.5, heard(2, text)).expect(asked(2), drafted(3, 2, text, 61.0))
    waiting.until(62.7).expect(said(2, text), released(3))
    assert waiting.machine.phase is Phase.TALKING


def test_what_is_said_to_somebody_else_meanwhile_is_not_answered_at_once(waiting: Script) -> None:
    talk = "Put it on the table please."
    waiting.speech(20.0, 21.0).at(21.5, heard(2, talk)).expect(asked(2))
    waiting.speech(23.5, 24.0).at(24.5, heard(3, talk)).until(27.0).expect(asked(3))
    waiting.until(27.2).expect(drafted(3, 2, talk, 24.0))  # it may be for us: an answer is prepared
    waiting.until(27.9).expect()
    waiting.until(28.1).expect(said(2, talk), released(3))


@pytest.mark.parametrize("text", ["Okay.", "Yes, dear.", "Thank you.", "Okay, thanks a lot, love.", "", "   "])
def test_small_sounds_do_not_end_our_patience(waiting: Script, text: str) -> None:
    waiting.speech(20.0, 21.0).at(21.5, heard(2, text)).until(30.0).expect(asked(2), settled)
    assert (waiting.machine.phase, waiting.machine.agent) == (Phase.PATIENT, AgentState.WAITING)
    waiting.until(129.9).expect()
    waiting.until(130.1).expect(line(3, LineName.STILL_THERE))


def test_what_cannot_be_understood_meanwhile_is_not_asked_about(waiting: Script) -> None:
    waiting.speech(20.0, 21.0).at(21.5, TranscriptionFailed(2)).until(30.0).expect(asked(2), failed("stt"), settled)
    assert waiting.machine.agent is AgentState.WAITING


@pytest.mark.parametrize("text", ["Okay.", "Thank you."])
def test_thanks_for_our_promise_to_wait_do_not_break_it(greeted: Script, text: str) -> None:
    wish(greeted, "Hold on.", 6.0).expect(said(1, "Hold on."), settled, line(2, LineName.I_WAIT))
    greeted.at(8.35, SpeechStarted(8.2)).at(8.4, ReplyHeld(2, 1.0)).at(8.75, SpeechPaused(8.7, pitched_ms=400))
    greeted.at(9.2, heard(2, text)).expect(held(2), asked(2), resumed(2), settled)


def test_whoever_needs_more_time_may_ask_again(waiting: Script) -> None:
    wish(waiting, "Hang on.", 60.0, turn=2).expect(said(2, "Hang on."), settled, line(3, LineName.I_WAIT))
    waiting.at(64.0, ReplyFinished(3)).until(183.9).expect()
    waiting.until(184.1).expect(line(4, LineName.STILL_THERE))


def test_whoever_comes_back_after_we_asked_is_answered(waiting: Script) -> None:
    waiting.until(130.1).expect(line(3, LineName.STILL_THERE)).at(132.0, ReplyFinished(3))
    say(waiting, 134.0, 135.0, "I slept well.", request=2, reply=4, turn=2)


def test_the_greeting_can_be_asked_for_again(script: Script) -> None:
    script.at(0.0, StreamStarted()).at(5.0, ReplyFinished(1)).expect(SayGreeting(1))
    wish(script, "What?", 5.5).expect(said(1, "What?"), settled, SayAgain(2, Manner(pace=0.9)))
