"""Processes that run together, and of which none is left behind however the program ends.

Each has a session of its own, so that Ctrl-C in the terminal reaches this program alone and the processes are stopped
in order. No restarts: that is a supervisor's work.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from scripts.environment import ROOT

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOOK_EVERY_S = 0.05

Running = Mapping[str, "subprocess.Popen[bytes]"]


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, and how long it may take to end after SIGTERM (then it is killed, with its children)."""

    command: list[str]
    stop_within_s: float
    log: Path | None = None
    """Where its output goes; None: where ours goes."""


def procfile() -> dict[str, list[str]]:
    """The Procfile's commands by name, for the shell: they are what a server runs."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    named = (line.partition(":") for line in lines if line.strip() and not line.startswith("#"))
    return {name.strip(): ["sh", "-c", command.strip()] for name, _, command in named}


def path_with_ours(path: str) -> str:
    """A PATH on which `python` and `gunicorn` are those of the environment we run in."""
    return f"{Path(sys.executable).parent}{os.pathsep}{path}" if path else str(Path(sys.executable).parent)


@contextlib.contextmanager
def running(programs: Mapping[str, Program], environment: Mapping[str, str]) -> Iterator[Running]:
    """Starts `programs`; at the end stops them one after the other, in their order.

    A signal during the stop (a second Ctrl-C) kills whatever is left.
    """
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        with signals_held() as held:
            for name, program in programs.items():
                processes[name] = _start(program, environment)
        if held:
            signal.raise_signal(held[0])
        yield processes
    finally:
        with signals_held() as held:
            stop(processes, {name: program.stop_within_s for name, program in programs.items()}, lambda: bool(held))


def stop(processes: Running, limits_s: Mapping[str, float], is_impatient: Callable[[], bool]) -> None:
    """Asks one process after the other to end; kills what does not within its limit, and all once `is_impatient`."""
    try:
        for name, process in processes.items():
            if process.poll() is None:
                process.terminate()
            deadline = time.monotonic() + limits_s[name]
            while process.poll() is None and time.monotonic() < deadline and not is_impatient():
                time.sleep(_LOOK_EVERY_S)
            _kill(process)
    finally:
        for process in processes.values():
            if process.poll() is None:
                _kill(process)


def exit_on_signals() -> None:
    """From now on SIGTERM and SIGHUP (a closed terminal) end this program in an orderly way, as Ctrl-C does."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup: the closed terminal is to be ignored
            signal.signal(number, _exit)


@contextlib.contextmanager
def signals_held() -> Iterator[list[int]]:
    """Ending signals interrupt nothing in this block; the list tells which have come."""
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield came  # signals go to the main thread
        return

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    before: dict[signal.Signals, Any] = {
        number: signal.signal(number, note)
        for number in ENDING_SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _start(program: Program, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    with contextlib.ExitStack() as opened:
        output = opened.enter_context(program.log.open("wb")) if program.log is not None else None
        return subprocess.Popen(
            program.command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Ends what is left of a process: itself, and children that it has left behind."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left (macOS: only dead ones)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _exit(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)
