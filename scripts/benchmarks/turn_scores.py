"""How well a detector of turns did on recorded turns: who was cut off, who was kept waiting. Pure.

A turn is *cut* when an end was told more than 60 ms before the true one (and after the person had begun), and *missed*
when none was told within 3 s after it; the delay runs from the true end, and a missed turn counts 3.6 s. *Bad* is cut
or missed: the number that cannot be improved by trading one for the other. On noise alone every start is a false one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

EARLY_IS_FINE_MS = 60
MISSED_AFTER_MS = 3000
MISSED_COUNTS_MS = 3600
_NOTICED_LATE_MS = 150
"""An end told so soon after an inner pause belongs to it."""

Label = Mapping[str, Any]
"""A line of `labels.jsonl`: what is in a recording, and when."""
Told = Sequence[tuple[int, str]]
"""What a detector told of one recording: moment in ms, and "speech_start" or "end_of_turn"."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One turn."""

    condition: str
    cut_in: frozenset[int]
    """The inner pauses (by number) it was cut in; -1 is in the middle of speech."""
    delay_ms: int | None
    onset_ms: int | None
    """From the first sound to its being noticed."""

    @property
    def is_missed(self) -> bool:
        return self.delay_ms is None or self.delay_ms > MISSED_AFTER_MS

    @property
    def is_bad(self) -> bool:
        return self.is_missed or bool(self.cut_in)

    @property
    def counted_delay_ms(self) -> int:
        return MISSED_COUNTS_MS if self.delay_ms is None else min(self.delay_ms, MISSED_COUNTS_MS)


def outcome(label: Label, told: Told) -> Outcome:
    """What the detector made of one turn."""
    begins, ends = label["phrases"][0]["start_ms"], label["final_end_ms"]
    told_ends = [at for at, what in told if what == "end_of_turn" and at >= begins]
    too_early = [at for at in told_ends if at < ends - EARLY_IS_FINE_MS]
    in_time = [at for at in told_ends if at >= ends - EARLY_IS_FINE_MS]
    onsets = [
        at - begins for at, what in told if what == "speech_start" and begins - EARLY_IS_FINE_MS <= at <= ends + 500
    ]
    return Outcome(
        label["condition"],
        frozenset(_pause_at(label, at) for at in too_early),
        in_time[0] - ends if in_time else None,
        onsets[0] if onsets else None,
    )


def _pause_at(label: Label, at: int) -> int:
    """The last inner pause that `at` is in or right after."""
    inside = [
        number
        for number, pause in enumerate(label["pauses"])
        if pause["start_ms"] <= at <= pause["end_ms"] + _NOTICED_LATE_MS
    ]
    return inside[-1] if inside else -1


def summary(labels: Sequence[Label], told: Sequence[Told]) -> dict[str, Any]:
    """The figures over all recordings."""
    turns = [(label, outcome(label, each)) for label, each in zip(labels, told, strict=True) if label["kind"] == "turn"]
    outcomes = [each for _, each in turns]
    return {
        "turns": len(outcomes),
        **_rates(outcomes),
        "onset_p50_ms": _percentile([each.onset_ms for each in outcomes if each.onset_ms is not None], 50),
        "mid_cut_pct": _cut_by_pause(turns),
        "by_condition": {
            condition: _rates([each for each in outcomes if each.condition == condition])
            for condition in sorted({each.condition for each in outcomes})
        },
        "false_starts_per_min": _false_starts(labels, told),
    }


def _rates(outcomes: Sequence[Outcome]) -> dict[str, float | None]:
    delays = [each.counted_delay_ms for each in outcomes]
    return {
        "cut_or_missed_pct": _percent([each.is_bad for each in outcomes]),
        "cut_pct": _percent([bool(each.cut_in) for each in outcomes]),
        "missed_pct": _percent([each.is_missed for each in outcomes]),
        "delay_p50_ms": _percentile(delays, 50),
        "delay_p90_ms": _percentile(delays, 90),
    }


def _cut_by_pause(turns: Sequence[tuple[Label, Outcome]]) -> dict[str, float | None]:
    """In pauses in the middle of a sentence, by their length in ms."""
    cut: dict[int, list[bool]] = defaultdict(list)
    for label, each in turns:
        for number, pause in enumerate(label["pauses"]):
            if pause["at"] == "mid_sentence":
                cut[pause["len_ms"]].append(number in each.cut_in)
    return {str(length): _percent(cut[length]) for length in sorted(cut)}


def _false_starts(labels: Sequence[Label], told: Sequence[Told]) -> float | None:
    noise = [(label, each) for label, each in zip(labels, told, strict=True) if label["kind"] == "noise"]
    minutes = sum(label["total_ms"] for label, _ in noise) / 60_000
    starts = sum(what == "speech_start" for _, each in noise for _, what in each)
    return round(starts / minutes, 2) if minutes else None


def _percent(answers: Sequence[bool]) -> float | None:
    return round(100 * sum(answers) / len(answers), 1) if answers else None


def _percentile(values: Sequence[int], percent: float) -> float | None:
    return float(np.percentile(values, percent, method="higher")) if values else None
