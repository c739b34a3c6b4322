"""The body of `scripts/bench`, and the name under which the benchmarks can be imported: `scripts.bench.turn_detector`.

The modules are in `scripts/benchmarks`: a folder called `bench` could not stand beside the command of that name.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

__path__ = [str(Path(__file__).with_name("benchmarks"))]

BENCHMARKS = ("latency", "turns", "capacity")


def main(arguments: list[str]) -> int:
    """Runs the benchmark named first with the other arguments; its exit status, or 2 if there is no such one."""
    name, others = arguments[0] if arguments else "", arguments[1:]
    if name not in BENCHMARKS:
        print(f"scripts/bench measures {', '.join(BENCHMARKS)}; not {name!r}. See scripts/bench --help.")
        return 2
    status: int = importlib.import_module(f"scripts.benchmarks.{name}").main(others)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
