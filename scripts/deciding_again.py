"""The recorded steps of a call, given to a fresh turn machine: does it decide as it did then?

Pure. Each stream of a call had a machine of its own, and has a verdict of its own. After the first difference the two
machines are in different calls, so that nothing more can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from callregistry.call_events import Kind
from callregistry.calls import CallEvent
from voicebridge.dialogue.steps import UnknownStepError, beginning_from, command_from, comparable, event_from
from voicebridge.dialogue.turn_taking import TurnTaking

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """The first step that came out otherwise."""

    step: int
    """Counted from 1, in its stream."""
    at: float
    """Seconds since the stream began."""
    event: Plain | None
    """What happened; None is the clock."""
    expected: list[Plain]
    """The commands that were recorded."""
    got: list[Plain]
    """Those of today's machine."""

    def __str__(self) -> str:
        happened = "the clock" if self.event is None else in_short(self.event)
        return "\n".join(
            [
                f"step {self.step} ({self.at:.2f} s after its beginning), {happened}:",
                *_commands("expected", self.expected, self.got),
                *_commands("got", self.got, self.expected),
            ]
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """One stream, decided again."""

    stream: int
    """The attempt."""
    steps: int
    difference: Difference | None = None
    problem: str | None = None
    """Why it could not be decided again."""

    def __str__(self) -> str:
        told = f"Stream {self.stream}: {self.steps} step{'' if self.steps == 1 else 's'}"
        if self.problem is not None:
            return f"{told}, which cannot be decided again: {self.problem}."
        if self.difference is None:
            return f"{told}, same decisions."
        return f"{told}. Today's decisions are others, from {self.difference}"

    def as_dict(self) -> Plain:
        """JSON-ready."""
        return asdict(self) | {"same_decisions": self.difference is None if self.problem is None else None}


def decide_again(events: Sequence[CallEvent]) -> list[Verdict]:
    """A verdict on each stream of a call whose steps were recorded, in the order in which they began."""
    return [_verdict(stream, steps) for stream, steps in streams_of(events)]


def streams_of(events: Sequence[CallEvent]) -> list[tuple[int, list[Plain]]]:
    """The recorded steps of each stream, under its number. Streams may overlap for a moment."""
    streams: list[tuple[int, list[Plain]]] = []
    newest: dict[int, list[Plain]] = {}
    for event in events:
        if event.kind != Kind.TURN_STEP:
            continue
        stream = event.data.get("attempt", 1)
        if stream not in newest or "timing" in event.data:
            newest[stream] = []
            streams.append((stream, newest[stream]))
        newest[stream].append(event.data)
    return streams


def _verdict(stream: int, steps: list[Plain]) -> Verdict:
    if "timing" not in steps[0]:
        return Verdict(stream, len(steps), problem="its beginning was not recorded")
    try:
        return Verdict(stream, len(steps), _first_difference(steps))
    except UnknownStepError as error:
        return Verdict(stream, len(steps), problem=f"it was recorded by another version of Kindline ({error})")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return Verdict(stream, len(steps), problem=f"a step is not as this version tells them ({error})")


def _first_difference(steps: list[Plain]) -> Difference | None:
    begun = beginning_from(steps[0])
    machine = TurnTaking(begun.timing, first_reply=begun.first_reply, first_turn=begun.first_turn, manner=begun.manner)
    for number, step in enumerate(steps, 1):
        now, happened = float(step["now"]), step["event"]
        event = None if happened is None else event_from(happened)
        expected = comparable([command_from(command) for command in step["commands"]])
        try:
            got = comparable(machine.handle_timer(now) if event is None else machine.handle(event, now))
        except Exception as error:  # noqa: BLE001 - whatever breaks in today's machine, it did not break then
            got = [{"name": type(error).__name__, "message": str(error)}]
        if got != expected:
            return Difference(number, now - float(steps[0]["now"]), happened, expected, got)
    return None


def in_short(named: Plain) -> str:
    """An event or a command on one line: SayLine(reply=2, line='still_there', role='line')"""
    arguments = ", ".join(f"{name}={value!r}" for name, value in named.items() if name != "name")
    return f"{named.get('name')}({arguments})"


def _commands(title: str, commands: list[Plain], others: list[Plain]) -> list[str]:
    """A line for each command; those that the other side does not have are marked."""
    lines = [f"{' ' if command in others else '*'} {in_short(command)}" for command in commands] or ["  nothing"]
    return [f"  {title if place == 0 else '':<9}{line}" for place, line in enumerate(lines)]
