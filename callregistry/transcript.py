"""A call's conversation, read back from its events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from callregistry.call_events import Kind
from callregistry.calls import CallEvent


@dataclass(frozen=True, slots=True)
class Line:
    """One utterance. What we said is given as it was heard; `text` is empty if none of it was."""

    speaker: Literal["person", "agent"]
    at: float
    text: str
    turn: int | None
    role: str | None = None
    """Ours only: greeting, answer, line or goodbye."""
    interrupted: bool = False
    latency_ms: int | None = None
    """Ours only: from the end of the person's speech to the first audio of the answer."""

    def as_dict(self) -> dict[str, Any]:
        """All fields as JSON-ready values."""
        return asdict(self)


def transcript(events: Iterable[CallEvent]) -> list[Line]:
    """The lines of the conversation, in the order they began to be told.

    A turn that is told again (the person went on) replaces what was told of it before.
    """
    lines: list[Line] = []
    place_of_turn: dict[int, int] = {}
    latencies: dict[int, int | None] = {}
    for event in events:
        data = event.data
        if event.kind == Kind.PERSON_SAID:
            said = Line("person", event.at, data["text"], data["turn"])
            place = place_of_turn.setdefault(data["turn"], len(lines))
            lines[place : place + 1] = [said]
        elif event.kind == Kind.REPLY_STARTED:
            latencies[data["reply"]] = data["latency_ms"]
        elif event.kind == Kind.AGENT_SAID:
            lines.append(
                Line(
                    "agent",
                    event.at,
                    data["heard"],
                    data["turn"],
                    data["role"],
                    data["interrupted"],
                    latencies.get(data["reply"]),
                )
            )
    return lines
