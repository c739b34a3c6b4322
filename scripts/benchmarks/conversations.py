"""The calls of the latency benchmark: who says what when, and what is measured while it happens."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox import line_audio
from scripts.benchmarks.exchange import Exchange
from scripts.benchmarks.figures import percentile
from scripts.benchmarks.house import House
from scripts.benchmarks.sentences import Sentence, on_the_line
from scripts.benchmarks.telephones import Spoken, Telephone

PAUSE_S = 1.2
"""How long a caller lets our voice be silent before it is taken to be done."""
SPEAKS_FOR_S = (0.4, 0.8)
"""How long we may speak before the next sound of the person."""
CLEAR_WITHIN_S = 1.0
NOISE_S = 0.1
GREETINGS = 6
CALLS_AT_ONCE = 10


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
