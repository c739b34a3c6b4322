"""Statistics and tables of the benchmarks."""

from __future__ import annotations

import pytest

from scripts.benchmarks.figures import Figure, exposed, median, medians, percentile, rounded, table


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [([], 95, None), ([7.0], 5, 7.0), ([3.0, 1.0, 2.0], 50, 2.0), (list(range(1, 21)), 95, 19), ([1.0, 9.0], 100, 9.0)],
)
def test_a_percentile_is_a_value_that_was_measured(values: list[float], percent: float, expected: float | None) -> None:
    assert percentile(values, percent) == expected


def test_the_median_of_an_even_number_is_between_two() -> None:
    assert median([4.0, 1.0, 2.0, 100.0]) == 3.0
    assert median([]) is None


def test_runs_become_one_by_medians_and_a_fault_in_one_run_stays_a_fault() -> None:
    runs: list[dict[str, Figure]] = [
        {"p50_ms": 1400, "stops": False, "gone": None, "why": "late"},
        {"p50_ms": 2000, "stops": True, "gone": None},
        {"p50_ms": 1300, "stops": False, "gone": 4.0},
    ]
    assert medians(runs) == {"p50_ms": 1400, "stops": True, "gone": 4.0, "why": "late"}
    assert medians([{"gone": None}]) == {"gone": None}


def test_figures_have_the_digits_that_mean_something() -> None:
    assert [rounded(value) for value in (1234.56, 9.87654, 0.00049, -31.5, None)] == [1235, 9.877, 0.0, -32, None]


def test_a_table_is_aligned_and_says_what_is_missing() -> None:
    assert table([["turns", 12], ["p50_ms", None], ["stops", True]], ["", "here"]).splitlines() == [
        "        here",
        "------  ----",
        "turns     12",
        "p50_ms     -",
        "stops    yes",
    ]


def test_metrics_are_read_without_their_labels() -> None:
    text = '# HELP a A.\na 1.5\nb_total{end="lost"} 2\nb_total{end="stopped"} 3\nc 1e+06\n'
    assert exposed(text) == {"a": 1.5, "b_total": 5.0, "c": 1_000_000.0}
