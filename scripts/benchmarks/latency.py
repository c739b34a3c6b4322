"""`scripts/bench latency`: how soon a person is answered, measured at the telephone, with providers of fixed speed.

Web app and bridge run as on a server; scripted callers with known audio talk to them over real wires. A turn's latency
runs from the last sample of the person's sentence to the first audible sample of the *answer*: a holding word is heard
earlier and does not count. Its overhead is what is left of it without what the providers alone take for this turn: the
transcription of the sentence, the model until its first clause is whole, the voice until its first byte.
`cpu_floor_s_per_min` is what a bare server of the same library spends on one call's frames, on this machine, now.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.openai_chat import _tokens
from scripts.benchmarks.conversations import (
    Conversation,
    Interruptions,
    Turn,
    converse,
    greeting_delays,
    interrupt,
    memory_of_more_calls,
)
from scripts.benchmarks.exchange import open_exchange
from scripts.benchmarks.figures import Figure, median, medians, percentile, rounded, table
from scripts.benchmarks.fixed_providers import SPEED
from scripts.benchmarks.frame_path import cpu_floor_s_per_min
from scripts.benchmarks.house import House, running_house
from scripts.benchmarks.sentences import sentences
from scripts.demonstration import file_name, why_not_writable
from scripts.processes import exit_on_signals
from scripts.stack import StackError
from voicebridge.__main__ import new_event_loop

BARGE_INS = 12
_FIRST_CLAUSE = re.compile(r"\S+\s+.*?[.,;:!?](?=\s|$)", re.DOTALL)


def main(arguments: list[str]) -> int:
    """Runs the benchmark, prints its table, and writes its figures if that is asked for."""
    options = parse_arguments(arguments)
    exit_on_signals()
    runs: list[dict[str, Figure]] = []
    try:
        for number in range(1, options.runs + 1):
            with asyncio.Runner(loop_factory=new_event_loop) as runner:  # the loop the bridge runs on
                floor = runner.run(cpu_floor_s_per_min())
            with running_house() as house:
                runs.append(asyncio.run(measure(house, options.turns)) | {"cpu_floor_s_per_min": rounded(floor)})
            print(f"\nRun {number} of {options.runs}\n{shown(runs[-1])}", flush=True)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    figures = medians(runs)
    if len(runs) > 1:
        print(f"\nMedians of {len(runs)} runs\n{shown(figures)}")
    if options.json is not None:
        options.json.write_text(json.dumps(figures | {"runs": runs}, indent=2) + "\n")
    return 0


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="scripts/bench latency", description=__doc__)
    parser.add_argument("--turns", type=int, default=12, metavar="N", help="turns of the conversation (12)")
    parser.add_argument("--runs", type=int, default=1, metavar="N", help="run it so often, and give medians (1)")
    parser.add_argument("--json", type=file_name, metavar="FILE", help="write the figures there")
    options = parser.parse_args(arguments)
    if options.turns < 1 or options.runs < 1:
        parser.error("--turns and --runs are at least 1")
    if options.json is not None and (problem := why_not_writable(options.json)):
        parser.error(problem)
    return options


async def measure(house: House, turns: int) -> dict[str, Figure]:
    """One run against a running house: every figure of the table."""
    said = sentences()
    async with open_exchange(house.stack, house.exchange_port) as exchange:
        greetings = await greeting_delays(exchange)
        conversation = await converse(house, exchange, [said[i % len(said)] for i in range(turns)])
        interruptions = await interrupt(exchange, [said[i % len(said)] for i in range(BARGE_INS)])
        rss_mb = await memory_of_more_calls(house, exchange, said)
    return figures_of(greetings, conversation, interruptions) | {"rss_mb_per_call": rounded(rss_mb)}


def figures_of(
    greetings: Sequence[float], conversation: Conversation, interruptions: Interruptions
) -> dict[str, Figure]:
    """The figures of a run by name."""
    latencies = [turn.latency_ms for turn in conversation.turns if turn.latency_ms is not None]
    clears = [ms for ms in interruptions.clears_ms if ms is not None]
    turns = len(conversation.turns)
    asked = {f"{stage}_requests_per_turn": rounded(n / turns) for stage, n in conversation.requests.items()}
    return {
        "turn_p50_ms": rounded(median(latencies)),
        "turn_p95_ms": rounded(percentile(latencies, 95)),
        "turns": turns,
        "turns_answered": len(latencies),
        "overhead_p50_ms": rounded(median(overheads(conversation.turns, answers_of(conversation.events)))),
        "greeting_ms": rounded(median(greetings)),
        "barge_clear_p50_ms": rounded(median(clears)),
        "barge_ins": len(interruptions.clears_ms),
        "barge_ins_cleared": len(clears),
        "noise_stops_answer": interruptions.stopped_by_noise > 0,
        "noises": interruptions.noises,
        "cpu_s_per_call_min": rounded(conversation.cpu_s_per_min),
        **stage_medians(conversation.events),
        **asked,
        **drafts_of(conversation.events),
        "late_frame_p99_ms": rounded(conversation.late_frame_p99_ms),
    }


def providers_alone_ms(sentence_s: float, answer: str) -> float:
    """What the providers take one after the other until the answer's first clause begins to sound."""
    found = _FIRST_CLAUSE.match(answer)
    clause = found.group() if found is not None else answer
    stt_ms = SPEED.stt_base_ms + SPEED.stt_percent_of_audio / 100 * sentence_s * 1000
    llm_ms = SPEED.llm_first_token_ms + 1000 * max(0, len(_tokens(clause)) - 1) / SPEED.llm_tokens_per_s
    return stt_ms + llm_ms + SPEED.tts_first_byte_ms


def answers_of(events: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """The answer to each turn, by the turn's number: the last one that was begun."""
    said = (event["data"] for event in events if event["kind"] == "agent.said")
    return {data["turn"]: data["text"] for data in said if data["turn"] is not None}


def overheads(turns: Sequence[Turn], answers: Mapping[int, str]) -> list[float]:
    """Each turn's latency without what the providers alone take for it, in ms. `answers` are in the turns' order."""
    if len(answers) != len(turns):  # turns were joined or lost: which answer belongs to which cannot be told
        texts = [" ".join(answers.values())] * len(turns)
    else:
        texts = [answers[number] for number in sorted(answers)]
    return [
        turn.latency_ms - providers_alone_ms(turn.sentence.seconds, text)
        for turn, text in zip(turns, texts, strict=True)
        if turn.latency_ms is not None
    ]


def stage_medians(events: Sequence[Mapping[str, Any]]) -> dict[str, Figure]:
    """The median of each stage of a turn, as the product tells them (`reply.started`)."""
    told = [event["data"]["stages"] for event in events if event["kind"] == "reply.started"]
    stages = [stages for stages in told if stages]
    names = dict.fromkeys(name for one in stages for name in one)
    return {f"stage_{name}": rounded(median([one[name] for one in stages if name in one])) for name in names}


def drafts_of(events: Sequence[Mapping[str, Any]]) -> dict[str, Figure]:
    """How many answers were prepared before a turn was surely over, and what became of them."""
    fates = [event["data"]["what"] for event in events if event["kind"] == "reply.draft"]
    return {f"drafts_{fate}": fates.count(fate) for fate in ("begun", "withdrawn", "released")}


def shown(figures: Mapping[str, Figure]) -> str:
    """The table for people."""
    return table([(name, value) for name, value in figures.items()], ("", "here"))
