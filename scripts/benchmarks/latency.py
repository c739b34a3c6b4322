"""`scripts/bench latency`: how soon a person is answered, measured at the telephone, with providers of fixed speed.

Web app and bridge run as on a server; scripted callers with known audio talk to them over real wires. A turn's latency
runs from the last sample of the person's sentence to the first audible sample of the *answer*: a holding word is heard
earlier and does not count. Its overhead is what is left of it without what the providers alone take for this turn: the
transcription of the sentence, the model until its first clause is whole, the voice until its first byte.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox import line_audio
from sandbox.openai_chat import _tokens
from scripts.benchmarks.exchange import Exchange, open_exchange
from scripts.benchmarks.figures import Figure, median, medians, percentile, rounded, table
from scripts.benchmarks.fixed_providers import SPEED
from scripts.benchmarks.house import House, running_house
from scripts.benchmarks.sentences import Sentence, on_the_line, sentences
from scripts.benchmarks.telephones import Spoken, Telephone
from scripts.demonstration import file_name, why_not_writable
from scripts.processes import exit_on_signals
from scripts.stack import StackError

PAUSE_S = 1.2
"""How long a caller lets our voice be silent before it is taken to be done."""
BARGE_INS = 12
SPEAKS_FOR_S = (0.4, 0.8)
"""How long we may speak before the next sound of the person."""
CLEAR_WITHIN_S = 1.0
NOISE_S = 0.1
GREETINGS = 6
CALLS_AT_ONCE = 10
_FIRST_CLAUSE = re.compile(r"\S+\s+.*?[.,;:!?](?=\s|$)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Turn:
    """One sentence of the person, and when its answer was heard (None: it was not, or the person was cut off)."""

    sentence: Sentence
    latency_ms: float | None


@dataclass(slots=True)
class Conversation:
    """What was measured in a call of undisturbed turns."""

    turns: list[Turn]
    events: list[dict[str, Any]]
    cpu_s_per_min: float
    requests: dict[str, int]
    late_frame_p99_ms: float


@dataclass(slots=True)
class Interruptions:
    """What was measured in a call of interrupted answers, in ms; None: no `clear` came."""

    clears_ms: list[float | None] = field(default_factory=list)
    noises: int = 0
    stopped_by_noise: int = 0


def main(arguments: list[str]) -> int:
    """Runs the benchmark, prints its table, and writes its figures if that is asked for."""
    options = parse_arguments(arguments)
    exit_on_signals()
    runs: list[dict[str, Figure]] = []
    try:
        for number in range(1, options.runs + 1):
            with running_house() as house:
                runs.append(asyncio.run(measure(house, options.turns)))
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


# --- what is played


async def greeting_delays(exchange: Exchange) -> list[float]:
    """From `start` to the first audible sample of the greeting, in ms, of some calls answered one after the other."""

    async def one(rings_s: float) -> float | None:
        telephone, _ = await exchange.ring(rings_s=rings_s)
        try:
            return await greeted(telephone)
        finally:
            telephone.hang_up()

    delays = await asyncio.gather(*(one(4.5 + 0.7 * i) for i in range(GREETINGS)))
    return [delay for delay in delays if delay is not None]


async def greeted(telephone: Telephone) -> float | None:
    """The delay of a greeting in ms, once it is audible; None if it never was."""
    await telephone.begun()
    began = telephone.start_sent_at
    assert began is not None
    if not await telephone.until(lambda: bool(telephone.playout.sounds), 10.0):
        return None
    return 1000 * (telephone.playout.sounds[0].at - began)


async def converse(house: House, exchange: Exchange, said: Sequence[Sentence]) -> Conversation:
    """A call in which every sentence is answered before the next is said."""
    telephone, call_id = await exchange.ring()
    await telephone.begun()
    began, before = asyncio.get_running_loop().time(), await asyncio.to_thread(house.metrics)
    await telephone.until(lambda: bool(telephone.playout.sounds), 10.0)
    await telephone.quiet(PAUSE_S)
    requests = await asyncio.to_thread(house.requests)
    turns = []
    for sentence in said:
        turns.append(await turn(telephone, sentence))
        await telephone.quiet(PAUSE_S)
        await asyncio.sleep(random.uniform(0, 0.3))
    after, ended = await asyncio.to_thread(house.metrics), asyncio.get_running_loop().time()
    asked = await asyncio.to_thread(house.requests)
    telephone.hang_up()
    await telephone.over.wait()
    await asyncio.sleep(0.5)
    cpu_s = after["process_cpu_seconds_total"] - before["process_cpu_seconds_total"]
    return Conversation(
        turns,
        await exchange.events(call_id),
        cpu_s / ((ended - began) / 60),
        {stage: asked[stage] - requests[stage] for stage in asked},
        1000 * (percentile(telephone.late_s, 99) or 0.0),
    )


async def turn(telephone: Telephone, sentence: Sentence) -> Turn:
    """Says the sentence, and waits for the beginning of the answer."""
    spoken = telephone.say(sentence.mulaw)
    # An answer that begins before the end is to half a sentence: the person was cut off.
    answered_at = await telephone.answer_after(spoken.began)
    if answered_at is None or answered_at < spoken.ended:
        return Turn(sentence, None)
    return Turn(sentence, 1000 * (answered_at - spoken.ended))


async def interrupt(exchange: Exchange, said: Sequence[Sentence]) -> Interruptions:
    """A call in which each answer meets a short noise, and then the person's next sentence."""
    measured = Interruptions()
    noise = on_the_line(line_audio.noise("hiss", -20.0, seconds=NOISE_S))
    telephone, _ = await exchange.ring()
    await telephone.begun()
    await telephone.until(lambda: bool(telephone.playout.sounds), 10.0)
    await telephone.quiet(PAUSE_S)
    spoken = telephone.say(said[0].mulaw)
    for sentence in [*said[1:], said[0]]:
        if await telephone.answer_after(spoken.ended) is None:
            break
        await asyncio.sleep(random.uniform(*SPEAKS_FOR_S))
        measured.noises += 1
        _, cleared_ms = await clear_after(telephone, noise)
        measured.stopped_by_noise += cleared_ms is not None
        await asyncio.sleep(random.uniform(*SPEAKS_FOR_S))
        spoken, cleared_ms = await clear_after(telephone, sentence.mulaw)
        measured.clears_ms.append(cleared_ms)
    telephone.hang_up()
    await telephone.over.wait()
    return measured


async def clear_after(telephone: Telephone, mulaw: bytes) -> tuple[Spoken, float | None]:
    """Makes a sound while we speak: when it is heard, and how long after its first sample a `clear` came, in ms."""
    before = len(telephone.clears)
    spoken = telephone.say(mulaw)
    if not await telephone.until(lambda: len(telephone.clears) > before, CLEAR_WITHIN_S):
        return spoken, None
    return spoken, 1000 * (telephone.clears[before] - spoken.began)


async def memory_of_more_calls(house: House, exchange: Exchange, said: Sequence[Sentence]) -> float:
    """What the bridge grows by for each of some calls that talk at the same time, in MB."""

    async def one(number: int) -> None:
        telephone, _ = await exchange.ring(rings_s=5.0 + 0.2 * number)
        await telephone.begun()
        await telephone.until(lambda: bool(telephone.playout.sounds), 10.0)
        await telephone.quiet(PAUSE_S)
        await turn(telephone, said[number % len(said)])
        await all_talk.wait()
        telephone.hang_up()
        await telephone.over.wait()

    before = await asyncio.to_thread(house.metrics)
    all_talk = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for number in range(CALLS_AT_ONCE):
            tasks.create_task(one(number))
        await asyncio.sleep(20.0)
        during = await asyncio.to_thread(house.metrics)
        all_talk.set()
    grown = during["process_resident_memory_bytes"] - before["process_resident_memory_bytes"]
    return grown / 2**20 / max(1.0, during.get("kindline_calls_active", CALLS_AT_ONCE))


# --- what it comes to


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
