"""What the latency benchmark makes of what it has measured."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from scripts.benchmarks import capacity, latency
from scripts.benchmarks.capacity import Step
from scripts.benchmarks.conversations import Conversation, Interruptions, Turn, converse
from scripts.benchmarks.exchange import open_exchange
from scripts.benchmarks.frame_path import FramePath
from scripts.benchmarks.house import running_house
from scripts.benchmarks.sentences import Sentence, sentences

TWO_SECONDS = Sentence("It has rained.", bytes(16_000))


def said(turn: int, text: str) -> dict[str, Any]:
    return {"kind": "agent.said", "data": {"turn": turn, "text": text}}


def test_providers_alone_take_what_their_speeds_say() -> None:
    # 300 + 5 % of 2000; 350 + four tokens at 60 a second after the first (how lovely that is ,); 250
    expected_ms = 400 + 350 + 1000 * 4 / 60 + 250
    assert latency.providers_alone_ms(2.0, "How lovely that is, dear. And then?") == pytest.approx(expected_ms)


@pytest.mark.parametrize("answer", ["Oh, how lovely.", "Oh how lovely."])
def test_one_word_is_no_first_clause(answer: str) -> None:
    tokens = 5 if "," in answer else 4
    assert latency.providers_alone_ms(0.0, answer) == pytest.approx(300 + 350 + 1000 * (tokens - 1) / 60 + 250)


def test_overhead_is_what_is_left_of_each_turn() -> None:
    turns = [Turn(TWO_SECONDS, 1500.0), Turn(TWO_SECONDS, None), Turn(TWO_SECONDS, 2000.0)]
    answers = latency.answers_of([said(1, "Yes dear."), said(2, "No."), said(2, "No dear."), said(3, "Well then.")])
    assert answers == {1: "Yes dear.", 2: "No dear.", 3: "Well then."}
    alone = latency.providers_alone_ms(2.0, "Yes dear.")
    assert latency.overheads(turns, answers) == pytest.approx([1500 - alone, 2000 - alone])


def test_a_run_has_every_figure_of_the_table() -> None:
    stages = {"endpointing_ms": 200, "stt_ms": 400}
    events = [
        said(1, "Yes dear."),
        {"kind": "reply.started", "data": {"stages": None}},
        {"kind": "reply.started", "data": {"stages": stages}},
        {"kind": "reply.draft", "data": {"what": "begun"}},
        {"kind": "reply.draft", "data": {"what": "withdrawn"}},
        {"kind": "reply.draft", "data": {"what": "begun"}},
    ]
    turns = [Turn(TWO_SECONDS, 1500.0), Turn(TWO_SECONDS, 1400.0)]
    conversation = Conversation(turns, events, 0.4, {"stt": 3, "llm": 2, "tts": 4}, 3.0)
    figures = latency.figures_of([40.0, 50.0, 60.0], conversation, Interruptions([120.0, None, 140.0], 3, 1))
    told = {
        "turn_p50_ms": 1450,
        "turn_p95_ms": 1500,
        "greeting_ms": 50,
        "barge_clear_p50_ms": 130,
        "barge_ins_cleared": 2,
        "noise_stops_answer": True,
        "cpu_s_per_call_min": 0.4,
        "stage_endpointing_ms": 200,
        "stage_stt_ms": 400,
        "stt_requests_per_turn": 1.5,
        "tts_requests_per_turn": 2.0,
        "drafts_begun": 2,
        "drafts_withdrawn": 1,
        "drafts_released": 0,
    }
    assert told.items() <= figures.items()
    assert "turn_p50_ms" in latency.shown(figures)


@pytest.mark.parametrize("arguments", [["--turns", "0"], ["--runs", "0"], ["--json", "/nowhere/at/all.json"], ["x"]])
def test_what_cannot_be_done_is_refused_before_anything_starts(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        latency.parse_arguments(arguments)
    assert refused.value.code == 2


def step(calls: int, **more: float) -> Step:
    usual: dict[str, Any] = {
        **{"turn_p50_ms": 1400.0, "turn_p95_ms": 1500.0, "answered_pct": 100.0, "lapses_per_call": 0.0},
        **{"cpu_s_per_call_min": 0.5, "core_pct": calls * 1.0, "rss_mb": 100.0 + 0.5 * calls},
        **{"loop_lag_ms": 1.0, "late_frame_p99_ms": 5.0},
    }
    return Step(calls=calls, **(usual | more))


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({}, None),
        ({"turn_p95_ms": 1890.0}, None),
        ({"turn_p95_ms": 1910.0}, "answers come late"),
        ({"lapses_per_call": 0.2}, "our voice breaks off"),
        ({"answered_pct": 99.0}, "not every turn was answered"),
        (
            {"turn_p95_ms": 9000.0, "late_frame_p99_ms": 200.0},
            "the telephones themselves were late: this machine can measure no more",
        ),
    ],
)
def test_a_step_is_degraded_where_people_would_notice(more: dict[str, float], why: str | None) -> None:
    assert step(20, **more).why_degraded(step(1)) == why


def test_capacity_is_the_last_good_step() -> None:
    steps = [step(1), step(20), step(40, turn_p95_ms=3000.0)]
    figures = capacity.figures_of(steps, "answers come late", FramePath(10.0, 12.5, 25.0, 200.0, 300.0))
    told = {"calls_at_once": 20, "calls_per_core": 100, "turn_p95_ms": 1500, "rss_mb_per_call": 0.5}
    assert (told | {"frame_share_of_bare_pct": 80, "frame_share_with_ears_pct": 40}).items() <= figures.items()


@pytest.mark.parametrize("steps", ["0", "5,1", "1,1", "many"])
def test_steps_go_up(steps: str) -> None:
    assert capacity.parse_arguments(["--steps", "1,5"]).steps == (1, 5)
    with pytest.raises(SystemExit):
        capacity.parse_arguments(["--steps", steps])


@pytest.mark.call
def test_a_measured_call_is_greeted_and_answered() -> None:
    async def measured() -> Conversation:
        async with open_exchange(house.stack, house.exchange_port) as exchange:
            return await converse(house, exchange, sentences()[:2])

    with running_house() as house:
        conversation = asyncio.run(measured())
    latencies = [turn.latency_ms for turn in conversation.turns]
    assert all(ms is not None and 900 < ms < 6000 for ms in latencies), latencies
    assert conversation.requests["stt"] >= 2
    assert conversation.requests["llm"] >= 2
    assert conversation.cpu_s_per_min > 0
    assert len(latency.answers_of(conversation.events)) == 2


def test_the_sentences_are_kept_where_git_does_not_look() -> None:
    from scripts.benchmarks.sentences import FOLDER

    ignored = (Path(__file__).parents[3] / ".gitignore").read_text().split()
    assert FOLDER.parts[-3] == "var"
    assert any(line.strip("/") == "var" for line in ignored)
