"""The report of a demo call, joined from two witnesses."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.call_report import Turn, build_report, word_error_rate

CALL = {"status": "completed", "answered_at": 100.0, "end_reason": None}


def event(kind: str, at: float, **data: Any) -> dict[str, Any]:
    return {"kind": kind, "at": at, "data": data}


def utterance(speaker: str, text: str, started_at: float, ended_at: float) -> dict[str, Any]:
    return {"speaker": speaker, "text": text, "started_at": started_at, "ended_at": ended_at, "interrupted": False}


def line(*utterances: dict[str, Any], **more: Any) -> dict[str, Any]:
    report = {"utterances": list(utterances), "warnings": [], "ended_by": "agent", "greeting_ms": 40}
    return report | {"answered_at": 100.0, "ended_at": 130.04} | more


def answer(turn: int, at: float, text: str, *, interrupted: bool = False) -> dict[str, Any]:
    return event("agent.said", at, turn=turn, text=text, heard=text, interrupted=interrupted, role="answer", reply=turn)


GOOD_EVENTS = [
    event("person.said", 108.5, turn=1, text="I am very well thank you."),
    answer(1, 112.0, "I am glad to hear it."),
    event("person.said", 116.0, turn=2, text="I went to the market."),
    answer(2, 119.0, "How lovely."),
    event("person.said", 122.0, turn=3, text="Goodbye, dear."),
    answer(3, 125.0, "Goodbye."),
]
GOOD_LINE = line(
    utterance("person", "Hello?", 100.5, 101.0),
    utterance("agent", "Hello, this is Kindline.", 100.1, 105.0),
    utterance("person", "I am very well, thank you.", 106.0, 108.0),
    utterance("agent", "I am glad to hear it.", 109.5, 111.0),
    utterance("person", "I went to the market.", 113.0, 115.0),
    utterance("agent", "How lovely.", 116.2, 118.0),
    utterance("person", "Goodbye, dear.", 120.0, 121.2),
    utterance("agent", "Good-bye.", 122.9, 124.0),
)


def test_a_cough_or_a_yes_dear_into_our_voice_is_no_turn() -> None:
    cough = utterance("person", "[cough]", 110.0, 110.3) | {"aside": True}
    with_asides = line(*GOOD_LINE["utterances"], cough)
    assert build_report(CALL, GOOD_EVENTS, with_asides) == build_report(CALL, GOOD_EVENTS, GOOD_LINE)


def test_each_turn_holds_what_was_said_and_heard_on_both_sides() -> None:
    report = build_report(CALL, GOOD_EVENTS, GOOD_LINE)
    assert report.turns[0] == Turn(
        said="I am very well, thank you.",
        heard_as="I am very well thank you.",
        answer="I am glad to hear it.",
        answer_heard="I am glad to hear it.",
        interrupted=False,
        latency_ms=1500,
    )
    assert [turn.said for turn in report.turns][1:] == ["I went to the market.", "Goodbye, dear."]
    assert (report.outcome, report.ended_by, report.duration_s, report.greeting_ms) == ("answered", "agent", 30.0, 40)
    assert report.failures == []
    assert report.as_dict()["turns"][2]["latency_ms"] == 1700


def test_utterances_taken_as_one_turn_are_one_row() -> None:
    two_parts = line(
        utterance("person", "I went to the", 106.0, 107.0),
        utterance("person", "market today.", 108.5, 109.5),
        utterance("agent", "How lovely.", 111.0, 112.0),
    )
    told = [event("person.said", 110.5, turn=1, text="I went to the market today."), answer(1, 113.0, "How lovely.")]
    [turn] = build_report(CALL, told, two_parts).turns
    assert turn.said == "I went to the market today."
    assert turn.latency_ms == 1500


def test_an_utterance_cut_into_two_turns_is_one_row_with_both() -> None:
    one = line(
        utterance("person", "I went to the market today.", 106.0, 110.0),
        utterance("agent", "How lovely.", 111.5, 112.0),
    )
    told = [
        event("person.said", 108.0, turn=1, text="I went to the"),
        answer(1, 108.5, "Where?", interrupted=True),
        event("person.said", 111.0, turn=2, text="market today."),
        answer(2, 113.0, "How lovely."),
    ]
    [turn] = build_report(CALL, told, one).turns
    assert turn.heard_as == "I went to the market today."
    assert turn.interrupted


def test_what_was_not_understood_or_not_answered_is_told() -> None:
    deaf = line(utterance("person", "I went to the market today.", 106.0, 108.0))
    report = build_report(CALL, [], deaf)
    assert report.turns[0].heard_as == ""
    assert not report.turns[0].is_understood_and_answered
    assert len(report.failures) == 2


def test_a_call_that_nobody_answered_says_why() -> None:
    report = build_report(
        CALL | {"status": "no-answer", "answered_at": None, "end_reason": "Nobody answered."}, [], None
    )
    assert report.outcome == "no-answer"
    assert report.errors == ["Nobody answered."]
    assert len(report.failures) == 3


def test_warnings_of_the_line_and_failed_stages_are_errors() -> None:
    warned = line(warnings=[{"code": 31951, "message": "extra field"}])
    report = build_report(CALL, [event("stage.failed", 1.0, stage="tts", problem="timeout")], warned)
    assert report.errors == ["31951: extra field", "tts failed: timeout"]


@pytest.mark.parametrize(
    ("said", "heard", "rate"),
    [
        ("I have 2 cats.", "i have two cats", 0.0),
        ("At half past 21", "at half past twenty one", 0.0),
        ("one two three four", "one too three", 0.5),
        ("hello", "hello hello hello", 2.0),
        ("", "", 0.0),
        ("", "noise", 1.0),
        ("It’s fine", "it's fine", 0.0),
    ],
)
def test_word_error_rate(said: str, heard: str, rate: float) -> None:
    assert word_error_rate(said, heard) == pytest.approx(rate)
