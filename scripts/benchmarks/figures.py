"""Statistics and tables of the benchmarks. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

Figure = float | int | bool | str | None


def percentile(values: Sequence[float], percent: float) -> float | None:
    """The smallest value that at least `percent` of all do not exceed (nearest rank); None of none."""
    if not values:
        return None
    rank = math.ceil(percent / 100 * len(values))
    return sorted(values)[max(0, rank - 1)]


def median(values: Sequence[float]) -> float | None:
    """The middle value, or the mean of the two in the middle; None of none."""
    return statistics.median(values) if values else None


def medians(runs: Sequence[Mapping[str, Figure]]) -> dict[str, Figure]:
    """One figure for each name from those of several runs: the median of numbers; true if it was true in any run."""
    names = dict.fromkeys(name for run in runs for name in run)
    return {name: _middle([run[name] for run in runs if run.get(name) is not None]) for name in names}


def _middle(values: Sequence[Figure]) -> Figure:
    if not values:
        return None
    if any(isinstance(value, bool) for value in values):
        return any(values)
    numbers = [value for value in values if isinstance(value, int | float)]
    return rounded(statistics.median(numbers)) if numbers else values[0]


def rounded(value: float | None) -> float | None:
    """Whole from 10 on, else with three digits behind the point: for people and for JSON."""
    if value is None:
        return None
    return round(value) if abs(value) >= 10 else round(value, 3)


def table(rows: Sequence[Sequence[Figure]], header: Sequence[str]) -> str:
    """Lines of aligned columns: the first to the left, the others to the right."""
    texts = [list(header), *([_shown(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(header))]
    texts.insert(1, ["-" * width for width in widths])
    lines = (
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in texts
    )
    return "\n".join(line.rstrip() for line in lines)


def _shown(cell: Figure) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return cell if isinstance(cell, str) else f"{cell:g}"


def exposed(text: str) -> dict[str, float]:
    """Prometheus' text format: the value of every series that has no labels, and the sum over those that have."""
    values: dict[str, float] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            series, _, value = line.rpartition(" ")
            name = series.partition("{")[0]
            values[name] = values.get(name, 0.0) + float(value)
    return values
