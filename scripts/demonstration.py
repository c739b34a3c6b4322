"""The body of `scripts/demo`."""

from __future__ import annotations

import argparse
import os
import sys
import threading
import webbrowser
from pathlib import Path

from sandbox.people import load_folder
from scripts.demo_call import place_call, print_summary, save
from scripts.environment import CALLED_FROM, ROOT
from scripts.file_locks import own_directory
from scripts.processes import exit_on_signals
from scripts.stack import Stack, StackError

DIRECTORY = ROOT / "var" / "demo"


def main() -> int:
    """Runs the demo; the exit status is 0 if all went well."""
    options = parse_arguments(sys.argv[1:])
    exit_on_signals()
    try:
        if options.list:
            return list_people()
        with own_directory(DIRECTORY) as directory, Stack.running(directory) as stack:
            if options.call is not None:
                return call(stack, options)
            return interactive(stack, open_browser=not options.no_open)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0 if options.call is None else 130


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """What is asked for; `scripts/demo --help` explains it. What cannot be done exits before a call is placed."""
    parser = argparse.ArgumentParser(prog="scripts/demo")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true")
    what.add_argument("--call", metavar="PERSON")
    parser.add_argument("--report", metavar="FILE.json", type=file_name)
    parser.add_argument("--audio", metavar="FILE.wav", type=file_name)
    parser.add_argument("--no-open", action="store_true")
    options = parser.parse_args(arguments)
    if (options.report or options.audio) and options.call is None:
        parser.error("--report and --audio go with --call")
    if options.call is not None and options.call.endswith(".toml"):
        options.call = str(file_name(options.call))
    for file in filter(None, (options.report, options.audio)):
        if problem := why_not_writable(file):
            parser.error(problem)
    return options


def file_name(text: str) -> Path:
    """A file named on the command line, seen from where the command was given."""
    return Path(os.environ.get(CALLED_FROM, ".")) / text


def why_not_writable(file: Path) -> str | None:
    """Why `file` could not be written at the end of the call; None if it can be. Nothing is changed."""
    existed = file.exists()
    try:
        file.open("ab").close()
    except OSError as error:
        return f"{file} cannot be written: {error.strerror}"
    if not existed:
        file.unlink()
    return None


def list_people() -> int:
    """Names the people who can be called."""
    for person in load_folder():
        print(f"{person.name:<12} {person.description}")
    return 0


def call(stack: Stack, options: argparse.Namespace) -> int:
    """Places one call and tells how it went; 0 only if it was a success."""
    report, sid = place_call(stack, options.call)
    print_summary(report)
    save(stack, report, sid, options.report, options.audio)
    return 1 if report.failures else 0


def interactive(stack: Stack, *, open_browser: bool) -> int:
    """Prints where everything is, opens the panel, and waits for Ctrl-C or for a process to die."""
    print("Kindline is running in the sandbox: no real telephone rings, nothing leaves this machine.\n")
    print(f"  Control panel     {stack.panel_url}/")
    print(f'  Your telephone    {stack.sandbox_url}/sandbox/telephone   (call "You", press Answer, talk)')
    print(f"  Logs              {os.path.relpath(stack.directory)}/\n\nCtrl-C stops everything.", flush=True)
    if open_browser:
        webbrowser.open(f"{stack.panel_url}/")
    waiting = threading.Event()
    while not waiting.wait(0.5):
        for name, process in stack.processes.items():
            if process.poll() is not None:
                raise StackError(f"The {name} process has ended; see {os.path.relpath(stack.directory)}/{name}.log.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
