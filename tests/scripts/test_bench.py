"""The command `scripts/bench`, and the name under which its modules can be imported."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from scripts import bench
from scripts.environment import ROOT


def test_the_benchmarks_can_be_imported_from_scripts_bench() -> None:
    package = importlib.import_module("scripts.bench")
    assert list(package.__path__) == [str(ROOT / "scripts" / "benchmarks")]


def test_an_unknown_benchmark_is_named_and_those_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["speed"]) == 2
    assert capsys.readouterr().out.startswith("scripts/bench measures latency, turns, capacity; not 'speed'.")


def test_the_command_explains_itself() -> None:
    told = subprocess.run([sys.executable, "scripts/bench", "--help"], cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0
    assert all(f"scripts/bench {name}" in told.stdout for name in bench.BENCHMARKS)
