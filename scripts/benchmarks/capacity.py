"""`scripts/bench capacity`: how many calls at once the bridge carries, and what a call costs.

More and more telephones talk at the same time, with providers of fixed speed in a process of their own, until answers
come late or our voice breaks off. Telephones and providers share the machine with the product, so a step in which the
telephones themselves were late says nothing about the product: it is marked, and ends the run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from scripts.benchmarks.conversations import PAUSE_S, turn
from scripts.benchmarks.exchange import Exchange, open_exchange
from scripts.benchmarks.figures import Figure, median, percentile, rounded, table
from scripts.benchmarks.frame_path import FramePath, measure_frame_path
from scripts.benchmarks.house import House, running_house
from scripts.benchmarks.sentences import Sentence, sentences
from scripts.benchmarks.telephones import Telephone
from scripts.demonstration import file_name, why_not_writable
from scripts.processes import exit_on_signals
from scripts.stack import StackError
from voicebridge.__main__ import new_event_loop

STEPS = (1, 5, 10, 20, 40)
TURNS = 3
STAGGER_S = 0.3
"""Calls are answered so long after each other: people do not pick up in the same moment."""
LATER_MS = 400
"""An answer at p95 that is so much later than with one call is late."""
LAPSES_PER_CALL = 0.1
BUSY_MACHINE_MS = 40


@dataclass(frozen=True, slots=True)
class Step:
    """So many calls at once, and how they went."""

    calls: int
    turn_p50_ms: float | None
    turn_p95_ms: float | None
    answered_pct: float
    lapses_per_call: float
    """How often our voice broke off for want of audio."""
    cpu_s_per_call_min: float
    core_pct: float
    """Of one core, while all talked."""
    rss_mb: float
    loop_lag_ms: float
    late_frame_p99_ms: float
    """How late the telephones were with their own frames."""

    def why_degraded(self, alone: Step) -> str | None:
        """What is worse than it may be, compared with one call alone; None if all is well."""
        if self.late_frame_p99_ms > BUSY_MACHINE_MS:
            return "the telephones themselves were late: this machine can measure no more"
        if self.answered_pct < 100:
            return "not every turn was answered"
        if (self.turn_p95_ms or 0.0) > (alone.turn_p95_ms or 0.0) + LATER_MS:
            return "answers come late"
        return "our voice breaks off" if self.lapses_per_call > LAPSES_PER_CALL else None


def main(arguments: list[str]) -> int:
    """Runs the benchmark, prints its tables, and writes its figures if that is asked for."""
    options = parse_arguments(arguments)
    exit_on_signals()
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:  # the loop the bridge runs on
            frames = runner.run(measure_frame_path())
        with running_house() as house:
            steps, limit = asyncio.run(measure(house, options.steps))
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    figures = figures_of(steps, limit, frames)
    print(f"\n{table([*figures.items()], ('', 'here'))}")
    if options.json is not None:
        told = [dict(zip(Step.__slots__, row(step), strict=True)) for step in steps]
        options.json.write_text(json.dumps(figures | {"steps": told}, indent=2) + "\n")
    return 0


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="scripts/bench capacity", description=__doc__)
    parser.add_argument("--steps", type=_steps, default=STEPS, metavar="N,N,...", help="calls at once (1,5,10,20,40)")
    parser.add_argument("--json", type=file_name, metavar="FILE", help="write the figures there")
    options = parser.parse_args(arguments)
    if options.json is not None and (problem := why_not_writable(options.json)):
        parser.error(problem)
    return options


def _steps(text: str) -> tuple[int, ...]:
    steps = tuple(int(step) for step in text.split(","))
    if not steps or min(steps) < 1 or list(steps) != sorted(set(steps)):
        raise argparse.ArgumentTypeError("numbers of calls, each larger than the one before: 1,5,10")
    return steps


async def measure(house: House, steps: Sequence[int]) -> tuple[list[Step], str | None]:
    """The steps until the first that is degraded twice, and why it was (None: none was)."""
    said, done = sentences(), list[Step]()
    async with open_exchange(house.stack, house.exchange_port) as exchange:
        for calls in steps:
            step = await talk_at_once(house, exchange, said, calls)
            why = step.why_degraded(done[0] if done else step)
            if why is not None:
                print(f"\n{calls} calls: {why}. Once more, in case others were busy ...", flush=True)
                step = await talk_at_once(house, exchange, said, calls)
                why = step.why_degraded(done[0] if done else step)
            done.append(step)
            print(f"\n{table([row(step) for step in done], Step.__slots__)}", flush=True)
            if why is not None:
                print(f"{calls} calls: {why}.", flush=True)
                return done, why
    return done, None


async def talk_at_once(house: House, exchange: Exchange, said: Sequence[Sentence], calls: int) -> Step:
    """Some calls that talk at the same time; measured from the moment in which the last one has been greeted."""
    loop = asyncio.get_running_loop()
    telephones = [(await exchange.ring(rings_s=5.0 + STAGGER_S * number))[0] for number in range(calls)]
    for telephone in telephones:
        await telephone.begun(60.0 + STAGGER_S * calls)
        await telephone.until(lambda t=telephone: bool(t.playout.sounds), 10.0)  # type: ignore[misc]
        telephone.late_s, telephone.playout.lapses = [], 0
    began, before = loop.time(), await asyncio.to_thread(house.metrics)
    talks = await asyncio.gather(*(talk(t, said, first) for first, t in enumerate(telephones)))
    after, ended = await asyncio.to_thread(house.metrics), loop.time()
    for telephone in telephones:
        telephone.hang_up()
    await asyncio.gather(*(telephone.over.wait() for telephone in telephones))
    latencies = [ms for one in talks for ms in one if ms is not None]
    cpu_s = after["process_cpu_seconds_total"] - before["process_cpu_seconds_total"]
    return Step(
        calls=calls,
        turn_p50_ms=median(latencies),
        turn_p95_ms=percentile(latencies, 95),
        answered_pct=100 * len(latencies) / (calls * TURNS),
        lapses_per_call=sum(telephone.playout.lapses for telephone in telephones) / calls,
        cpu_s_per_call_min=cpu_s / ((ended - began) / 60) / calls,
        core_pct=100 * cpu_s / (ended - began),
        rss_mb=after["process_resident_memory_bytes"] / 2**20,
        loop_lag_ms=1000 * after.get("kindline_loop_lag_seconds", 0.0),
        late_frame_p99_ms=1000 * (percentile([s for telephone in telephones for s in telephone.late_s], 99) or 0.0),
    )


async def talk(telephone: Telephone, said: Sequence[Sentence], first: int) -> list[float | None]:
    """A few turns of one call: their latencies in ms."""
    await telephone.quiet(PAUSE_S)
    latencies = []
    for number in range(TURNS):
        latencies.append((await turn(telephone, said[(first + number) % len(said)])).latency_ms)
        await telephone.quiet(PAUSE_S)
    return latencies


def figures_of(steps: Sequence[Step], limit: str | None, frames: FramePath) -> dict[str, Figure]:
    """The figures of a run by name."""
    good = steps if limit is None else steps[:-1]
    most = good[-1] if good else None
    alone, largest = steps[0], steps[-1]
    more_calls = largest.calls - alone.calls
    return {
        "calls_at_once": most.calls if most is not None else 0,
        "limited_by": limit or "nothing: more steps are needed",
        "calls_per_core": rounded(100 * most.calls / most.core_pct) if most is not None and most.core_pct else None,
        "turn_p50_ms": rounded(most.turn_p50_ms) if most is not None else None,
        "turn_p95_ms": rounded(most.turn_p95_ms) if most is not None else None,
        "cpu_s_per_call_min": rounded(most.cpu_s_per_call_min) if most is not None else None,
        "rss_mb_per_call": rounded((largest.rss_mb - alone.rss_mb) / more_calls) if more_calls else None,
        "frame_bare_us": rounded(frames.bare_us),
        "frame_reader_us": rounded(frames.reader_us),
        "frame_with_ears_us": rounded(frames.ours_us),
        "frame_bare_live_us": rounded(frames.bare_live_us),
        "frame_with_ears_live_us": rounded(frames.ours_live_us),
        "frame_share_of_bare_pct": rounded(100 * frames.bare_us / frames.reader_us),
        "frame_share_with_ears_pct": rounded(100 * frames.bare_us / frames.ours_us),
    }


def row(step: Step) -> list[Figure]:
    """A step as a row of the table."""
    return [rounded(getattr(step, name)) for name in Step.__slots__]
