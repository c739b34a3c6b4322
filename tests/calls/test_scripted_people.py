"""Every scripted person is called, understood, answered and said goodbye to; and the line sounds right."""

from __future__ import annotations

from concurrent.futures import Future

import numpy as np
import pytest

from scripts.call_report import word_error_rate
from tests.calls.conftest import PlayedCall, talking_people
from tests.calls.line_audio import RATE_HZ, Samples, clicks, holes, level_dbfs, share_above

pytestmark = [pytest.mark.call, pytest.mark.timeout(600)]

Played = dict[str, Future[PlayedCall]]
CLEAN_PERSON = "Margaret"


def agent_speech(call: PlayedCall) -> Samples:
    """Our side of the line, without the silence between utterances."""
    frames = call.agent[: len(call.agent) // 160 * 160].reshape(-1, 160)
    return np.concatenate([frame for frame in frames if level_dbfs(frame) > -45])


def was_cut_off(call: PlayedCall, sample: int) -> bool:
    """Whether a `clear` silenced us there: Twilio stops in mid-sound, and nothing that we send can soften it."""
    cuts_s = [clear["at"] - call.line["answered_at"] for clear in call.line["clears"] if clear["unheard_ms"]]
    return any(abs(sample / RATE_HZ - cut_s) <= 0.03 for cut_s in cuts_s)


@pytest.mark.parametrize("name", talking_people())
def test_the_call_is_answered_understood_and_ends_with_a_goodbye(played: Played, name: str) -> None:
    report = played[name].result().report
    assert report.failures == [], report
    assert report.errors == []


@pytest.mark.parametrize("name", talking_people())
def test_the_greeting_is_heard_at_once(played: Played, name: str) -> None:
    greeting_ms = played[name].result().report.greeting_ms
    assert greeting_ms is not None
    assert greeting_ms < 1000


def test_the_clean_person_is_understood_almost_to_the_word(played: Played) -> None:
    turns = [turn for turn in played[CLEAN_PERSON].result().report.turns if turn.heard_as]
    said, heard = (" ".join(getattr(turn, name) for turn in turns) for name in ("said", "heard_as"))
    assert word_error_rate(said, heard) <= 0.12


def test_our_own_words_arrive_at_the_telephone(played: Played) -> None:
    turns = played[CLEAN_PERSON].result().report.turns
    whole = [turn for turn in turns if turn.answer_heard and not turn.interrupted]
    said, heard = (" ".join(getattr(turn, name) for turn in whole) for name in ("answer", "answer_heard"))
    assert word_error_rate(said, heard) <= 0.15


@pytest.mark.parametrize("name", talking_people())
def test_our_voice_has_no_clicks_no_holes_and_no_hiss(played: Played, name: str) -> None:
    call = played[name].result()
    assert [at for at in clicks(call.agent) if not was_cut_off(call, at)] == []
    assert holes(call.agent) == []
    assert share_above(agent_speech(call), 3700) < 0.02
    assert np.max(np.abs(call.agent)) < 0.999
    assert level_dbfs(agent_speech(call)) > -30


def test_both_sides_are_on_the_recording(played: Played) -> None:
    call = played[CLEAN_PERSON].result()
    assert len(call.person) == len(call.agent)
    assert call.report.duration_s is not None
    assert abs(len(call.agent) / RATE_HZ - call.report.duration_s) < 3
