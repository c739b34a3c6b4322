"""The body of `scripts/replay`: reads a call from the registry, prints its timeline, and decides all of it again.

The registry is only read: a call that still goes on may be looked at, and no schema is brought up to date.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from callregistry.calls import Call, CallEvent
from callregistry.database import PROJECT_ROOT, open_engine
from callregistry.registry import Registry
from callregistry.settings import ENV_FILE
from scripts.call_timeline import Entry, heading, timeline
from scripts.deciding_again import Verdict, decide_again
from scripts.environment import CALLED_FROM

SAME, DIFFERENT, CANNOT_SAY = 0, 1, 2
USUAL_REGISTRY = "sqlite:///var/calls.db"


class ReplayError(Exception):
    """The call cannot be read; the message says why, and what to do."""


def main(arguments: list[str]) -> int:
    """Prints the call; the exit status is one of the three above."""
    parser = argparse.ArgumentParser(prog="scripts/replay")
    parser.add_argument("call_id", metavar="CALL_ID")
    parser.add_argument("--registry", metavar="URL-or-FILE")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    try:
        call, events = read_call(options.registry or usual_registry(), options.call_id)
    except ReplayError as error:
        print(error, file=sys.stderr)
        return CANNOT_SAY
    entries, verdicts = timeline(events), decide_again(events)
    if options.json:
        print(json.dumps(as_dict(call, entries, verdicts), ensure_ascii=False, indent=2))
    else:
        print_all(call, entries, verdicts)
    return status_of(verdicts)


def read_call(registry_url: str, call_id: str) -> tuple[Call, list[CallEvent]]:
    """The call and all of its events. Raises `ReplayError`."""
    with reading_registry(registry_url) as registry:
        call = registry.call(call_id)
        if call is None:
            raise ReplayError(
                f"There is no call {call_id} in {_shown(registry_url)}.\n"
                "Another registry is named by --registry; the demo's is var/demo/calls.db."
            )
        events: list[CallEvent] = []
        while page := registry.events_after(call.id, events[-1].seq if events else 0):
            events += page
        return call, events


@contextmanager
def reading_registry(url: str) -> Iterator[Registry]:
    """The registry as it is: nothing is created or brought up to date. Raises `ReplayError`."""
    if "://" not in url:
        url = f"sqlite:///{Path(os.environ.get(CALLED_FROM, '.')).resolve() / url}"
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and not (PROJECT_ROOT / (parsed.database or "")).is_file():
            raise ReplayError(f"There is no registry at {PROJECT_ROOT / (parsed.database or '')}.")
        registry = Registry(open_engine(url))
    except (SQLAlchemyError, ImportError, ValueError) as error:
        raise ReplayError(f"{_shown(url)} cannot be opened ({type(error).__name__}).") from None
    try:
        yield registry
    except SQLAlchemyError as error:
        raise ReplayError(
            f"{_shown(url)} cannot be read ({type(error).__name__}): it does not answer, or it is not a registry "
            "of this version of Kindline."
        ) from None
    finally:
        registry.close()


def usual_registry() -> str:
    """REGISTRY_URL as the product would have it: the environment, `.env`, the default."""
    in_file = dotenv_values(ENV_FILE).get("REGISTRY_URL") if ENV_FILE else None
    return os.environ.get("REGISTRY_URL") or in_file or USUAL_REGISTRY


def status_of(verdicts: list[Verdict]) -> int:
    """What the verdicts on all streams come to."""
    if any(verdict.difference for verdict in verdicts):
        return DIFFERENT
    return SAME if verdicts and all(verdict.problem is None for verdict in verdicts) else CANNOT_SAY


def print_all(call: Call, entries: list[Entry], verdicts: list[Verdict]) -> None:
    """For people."""
    print(heading(call), end="\n\n")
    for entry in entries:
        print(f"{entry.at:9.2f}  {entry.who:<9} {entry.what}")
    print()
    if not verdicts:
        print("No steps of the turn machine were recorded in this call: its decisions cannot be made again.")
    for verdict in verdicts:
        print(verdict)


def as_dict(call: Call, entries: list[Entry], verdicts: list[Verdict]) -> dict[str, Any]:
    """For programs."""
    return {
        "call": call.as_dict(),
        "timeline": [{"at": entry.at, "who": entry.who, "what": entry.what} for entry in entries],
        "streams": [verdict.as_dict() for verdict in verdicts],
        "same_decisions": {SAME: True, DIFFERENT: False, CANNOT_SAY: None}[status_of(verdicts)],
    }


def _shown(url: str) -> str:
    """Without a password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return "This address of a registry"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
