"""Processes that are started together: stopped in order, none left, whatever interrupts."""

from __future__ import annotations

import itertools
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.processes import Program, procfile, running, signals_held
from scripts.serving import programs
from scripts.stack import demo_settings, stack_programs
from tests.test_documentation import ROOT

NUMBERS = itertools.count()
ENVIRONMENT = {"PATH": os.environ["PATH"]}


@pytest.fixture(autouse=True)
def signals_of_a_terminal() -> Iterator[None]:
    """Whoever started the tests (nohup, a script's "&") may have had them ignore what they are about."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGHUP, signal.SIGTERM)}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def writer(file: Path, word: str, *, stubborn: bool = False) -> list[str]:
    """A program that writes `word` when it is asked to end, and does so unless it is stubborn; "up" when it is up."""
    ending = "" if stubborn else "; exit 0"
    return ["sh", "-c", f"trap 'echo {word} >> {file}{ending}' TERM; echo up >> {file}; while :; do sleep 0.05; done"]


def wait_for(file: Path, text: str) -> None:
    deadline = time.monotonic() + 10
    while not file.exists() or file.read_text() != text:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_alive(group: int) -> bool:
    """True while a process of the group runs; one that waits to be collected by its parent does not."""
    told = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
    pairs = (line.split() for line in told.splitlines())
    return any(int(pgid) == group and not state.startswith("Z") for pgid, state in pairs)


def sleeper() -> list[str]:
    """A program that can be told from all others by its arguments."""
    return ["sleep", f"{3600 + next(NUMBERS)}.{os.getpid()}"]


def runs(command: list[str]) -> bool:
    told = subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True, check=True).stdout
    return shlex.join(command) in told


def test_programs_stop_one_after_the_other_in_their_order(tmp_path: Path) -> None:
    file = tmp_path / "said"
    three = {word: Program(writer(file, word), 10) for word in ("bridge", "web", "sandbox")}
    with running(three, ENVIRONMENT):
        wait_for(file, "up\nup\nup\n")
    assert file.read_text() == "up\nup\nup\nbridge\nweb\nsandbox\n"


def test_one_that_does_not_end_within_its_limit_is_killed_with_its_children(tmp_path: Path) -> None:
    file = tmp_path / "said"
    with running({"stubborn": Program(writer(file, "no", stubborn=True), 0.3)}, ENVIRONMENT) as processes:
        wait_for(file, "up\n")
    assert file.read_text() == "up\nno\n"
    assert not is_alive(processes["stubborn"].pid)


def test_children_that_an_ended_program_has_left_are_ended_too() -> None:
    endless = sleeper()
    with running({"gone": Program(["sh", "-c", f"{shlex.join(endless)} & exit 0"], 5)}, ENVIRONMENT) as processes:
        processes["gone"].wait(10)
        assert runs(endless)
    assert not runs(endless)


def test_a_second_signal_during_the_stop_kills_all_that_is_left(tmp_path: Path) -> None:
    file = tmp_path / "said"
    two = {name: Program(writer(file, "no", stubborn=True), 60) for name in ("bridge", "web")}
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), running(two, ENVIRONMENT) as processes:  # noqa: PT012
        wait_for(file, "up\nup\n")
        impatience = f"while ! grep -q no {file}; do sleep 0.02; done; kill -INT {os.getpid()}"
        os.posix_spawnp("sh", ["sh", "-c", impatience], ENVIRONMENT)
        raise KeyboardInterrupt
    os.wait()
    assert time.monotonic() - began < 30
    assert not any(is_alive(process.pid) for process in processes.values())


def test_a_signal_while_programs_start_stops_those_that_have_started() -> None:
    endless = sleeper()
    slow_to_start = ["sh", "-c", f"kill -INT {os.getpid()}; exec {shlex.join(endless)}"]
    with pytest.raises(KeyboardInterrupt), running({"one": Program(slow_to_start, 5)}, ENVIRONMENT):
        time.sleep(10)  # the signal comes here if it was slower than the start
    assert not runs(endless)


def test_a_program_that_cannot_be_started_stops_the_others() -> None:
    endless = sleeper()
    two = {"good": Program(endless, 5), "bad": Program(["/nowhere/at-all"], 5)}
    with pytest.raises(FileNotFoundError), running(two, ENVIRONMENT):
        pass
    assert not runs(endless)


def test_held_signals_are_noted_and_the_handlers_put_back() -> None:
    before = signal.getsignal(signal.SIGHUP)
    with signals_held() as held:
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGINT)
    assert held == [signal.SIGHUP, signal.SIGINT]
    assert signal.getsignal(signal.SIGHUP) is before


def test_output_goes_into_the_program_s_log(tmp_path: Path) -> None:
    log = tmp_path / "one.log"
    with running({"one": Program(["sh", "-c", "echo out; echo err >&2"], 5, log)}, ENVIRONMENT) as processes:
        assert processes["one"].wait(10) == 0
    assert log.read_text() == "out\nerr\n"


def test_demo_and_server_run_the_procfile_s_own_lines_and_stop_the_bridge_first(tmp_path: Path) -> None:
    settings = demo_settings(tmp_path, 5000, 8765, 9100)
    demo, server = stack_programs(tmp_path, settings, 9100, ["sandbox", "--trial"]), programs(900)
    assert (list(demo), list(server)) == (["bridge", "web", "sandbox"], ["bridge", "web"])
    for name in ("bridge", "web"):
        assert demo[name].command == server[name].command == procfile()[name]
    assert demo["sandbox"].command[:3] == [sys.executable, "-m", "sandbox"]
    assert demo["sandbox"].command[-1] == "--trial"
    assert server["bridge"].stop_within_s > 900
    assert demo["bridge"].stop_within_s > float(settings["DRAIN_S"])


def test_the_systemd_example_serves_the_web_app_as_the_procfile_does() -> None:
    [line] = [text for text in (ROOT / "docs" / "deploy.md").read_text().splitlines() if 'gunicorn "' in text]
    documented = shlex.split(line.partition("=")[2])[1:]
    ours = shlex.split(procfile()["web"][-1].replace(":-5000", ""))[2:]
    assert documented == ours
