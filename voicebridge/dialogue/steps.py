"""One step of the turn machine as JSON-ready values, and back: the data of `turn.step` events.

A step is what went into `TurnTaking` (a time, and an event or the clock) and the commands that came out. What went in
is kept exactly, to the last bit of a time, because a deadline is due or it is not; what came out is for comparing, so
its times are rounded to microseconds. A step recorded by another version of the machine may not be readable by this
one: `UnknownStepError` says why. Read by `scripts/replay`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar, get_args

import msgspec

from voicebridge.dialogue.events import Command, Event, Manner
from voicebridge.dialogue.states import Timing

Plain = dict[str, Any]
Value = TypeVar("Value")

_EVENTS: dict[str, type[Event]] = {kind.__name__: kind for kind in get_args(Event)}
_COMMANDS: dict[str, type[Command]] = {kind.__name__: kind for kind in get_args(Command)}


class UnknownStepError(ValueError):
    """What was recorded means nothing to this version; the message says what."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a stream's `TurnTaking` was made: its arguments, under their names."""

    timing: Timing
    first_reply: int = 1
    first_turn: int = 1
    manner: Manner = field(default_factory=Manner)


def step(now: float, event: Event | None, commands: Sequence[Command], *, attempt: int = 1) -> Plain:
    """`{attempt, now, event, commands}` of one call of `handle`, or of `handle_timer` (then `event` is None).

    `attempt` is the stream's number: a stream that was fenced may still tell steps while the next one does.
    """
    return {"attempt": attempt, "now": now, "event": event and _named(event), "commands": comparable(commands)}


def beginning(timing: Timing, *, first_reply: int = 1, first_turn: int = 1, manner: Manner | None = None) -> Plain:
    """What the first step of a stream says besides: `{timing, first_reply, first_turn, manner}`."""
    begun = Beginning(timing, first_reply, first_turn, manner or Manner())
    return {name: _json_ready(value) for name, value in msgspec.to_builtins(begun).items()}


def comparable(commands: Sequence[Command]) -> list[Plain]:
    """Commands as `step` tells them: equal lists are the same decisions."""
    return [_rounded(_named(command)) for command in commands]


def event_from(recorded: Mapping[str, Any]) -> Event:
    """The event that `step` told. Raises `UnknownStepError`."""
    return _from_name(_EVENTS, "event", recorded)


def command_from(recorded: Mapping[str, Any]) -> Command:
    """The command that `step` told, its times rounded. Raises `UnknownStepError`."""
    return _from_name(_COMMANDS, "command", recorded)


def beginning_from(first_step: Mapping[str, Any]) -> Beginning:
    """What `beginning` told, read from the whole first step of a stream. Raises `UnknownStepError`."""
    names = {part.name for part in fields(Beginning)}
    return _made(Beginning, {name: value for name, value in first_step.items() if name in names})


def _named(value: Event | Command) -> Plain:
    return {"name": type(value).__name__, **_json_ready(msgspec.to_builtins(value, str_keys=True))}


def _json_ready(value: Any) -> Any:
    """Lists for tuples, and words for the numbers that JSON does not have."""
    match value:
        case dict():
            return {name: _json_ready(part) for name, part in value.items()}
        case list() | tuple():
            return [_json_ready(part) for part in value]
        case float() if not math.isfinite(value):
            return str(value)
    return value


def _rounded(value: Any) -> Any:
    match value:
        case dict():
            return {name: _rounded(part) for name, part in value.items()}
        case list():
            return [_rounded(part) for part in value]
        case float():
            return round(value, 6)
    return value


def _from_name(kinds: Mapping[str, type[Value]], what: str, recorded: Mapping[str, Any]) -> Value:
    name = recorded.get("name")
    if not isinstance(name, str) or name not in kinds:
        raise UnknownStepError(f"there is no {what} {name!r}")
    return _made(kinds[name], {field: value for field, value in recorded.items() if field != "name"})


def _made(kind: type[Value], recorded: Mapping[str, Any]) -> Value:
    """A field that is younger than the record has its default; any other that is missing or unknown is an error."""
    try:
        made = msgspec.convert(dict(recorded), type=kind, strict=False)
    except msgspec.ValidationError as error:
        raise UnknownStepError(f"{kind.__name__}: {error}") from None
    if lost := sorted(_lost(recorded, msgspec.to_builtins(made))):
        raise UnknownStepError(f"{kind.__name__} has no {', '.join(lost)}")
    return made


def _lost(recorded: Mapping[str, Any], made: Mapping[str, Any]) -> Iterator[str]:
    """The fields that were recorded, and that what was made of them does not have."""
    for name, value in recorded.items():
        if name not in made:
            yield name
        elif isinstance(value, Mapping) and isinstance(made[name], Mapping):
            yield from (f"{name}.{part}" for part in _lost(value, made[name]))
