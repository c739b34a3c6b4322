"""What has been decided since the machine was last asked: commands, in order; and how often there was nothing to do."""

from __future__ import annotations

from typing import Any

from callregistry.call_events import Kind
from voicebridge.dialogue.events import Command, Record


class Decisions:
    """Collects commands between one event and the next."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.ignored = 0
        """Events that meant nothing in their state."""

    def record(self, kind: Kind, **data: Any) -> None:
        """A call event for the log and the browser."""
        self.commands.append(Record(kind, data))

    def ignore(self) -> None:
        """On purpose: the event means nothing here."""
        self.ignored += 1

    def given(self) -> list[Command]:
        """The commands so far; the next ones begin anew."""
        given = self.commands.copy()
        self.commands.clear()
        return given
