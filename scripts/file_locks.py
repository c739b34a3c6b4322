"""Locks between runs of this checkout, kept by the system: each ends with the process that holds it.

Standard library only.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from itertools import count
from pathlib import Path


@contextlib.contextmanager
def one_at_a_time(file: Path) -> Iterator[None]:
    """Waits until no other process is in such a block for the same `file`."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def own_directory(first_choice: Path) -> Iterator[Path]:
    """`first_choice`, or `<first_choice>-2`, `-3` ...: the first that no other run is using. What is in it stays."""
    for number in count(1):
        directory = first_choice if number == 1 else first_choice.with_name(f"{first_choice.name}-{number}")
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (directory / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield directory
            return
