"""Rows of the registry's tables, read and written inside a transaction that `registry.py` has begun."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from callregistry.call_events import Kind
from callregistry.calls import Call, CallStatus, Direction, statuses_before
from callregistry.schema import call_events, calls, greetings


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that has no sequence number yet."""

    call_id: str
    kind: Kind
    data: dict[str, Any]
    at: float


@dataclass(frozen=True, slots=True)
class Greeting:
    """A greeting made while the phone rang: its words, and mu-law audio at 8 kHz."""

    text: str
    audio: bytes


def call_from(row: Row[Any]) -> Call:
    """A row of `calls`."""
    values = {column.name: getattr(row, column.name) for column in calls.columns}
    return Call(**values | {"status": CallStatus(row.status), "direction": Direction(row.direction)})


def append_events(connection: Connection, new: Sequence[NewEvent]) -> None:
    """Numbers the events inside the transaction that inserts them: gapless per call, on both databases."""
    by_call: dict[str, list[NewEvent]] = {}
    for event in new:
        by_call.setdefault(event.call_id, []).append(event)
    for call_id in sorted(by_call):  # always in the same order, so that two writers cannot deadlock
        events = by_call[call_id]
        last_seq = connection.execute(
            calls.update()
            .where(calls.c.id == call_id)
            .values(last_seq=calls.c.last_seq + len(events))
            .returning(calls.c.last_seq)
        ).scalar_one()
        first_seq = last_seq - len(events) + 1
        rows = [
            {"call_id": call_id, "seq": first_seq + i, "at": e.at, "kind": e.kind, "data": json.dumps(e.data)}
            for i, e in enumerate(events)
        ]
        connection.execute(call_events.insert(), rows)


def advance_status(connection: Connection, call_id: str, status: CallStatus, now: float, reason: str | None) -> bool:
    """Moves the status forward and tells of it; False (and no change) for a late, repeated or unknown one."""
    values: dict[str, Any] = {"status": status}
    if status is CallStatus.IN_PROGRESS:
        values["answered_at"] = now
    if status.is_over:
        values |= {"ended_at": now, "end_reason": reason}
    moved = connection.execute(
        calls.update().where(calls.c.id == call_id, calls.c.status.in_(statuses_before(status))).values(values)
    )
    if moved.rowcount:
        append_events(connection, [NewEvent(call_id, Kind.CALL_STATUS, {"status": status, "reason": reason}, now)])
    return moved.rowcount == 1


def greeting_of(connection: Connection, call_id: str) -> Greeting | None:
    """The prepared greeting of a call, if it is ready."""
    row = connection.execute(select(greetings).where(greetings.c.call_id == call_id)).first()
    return Greeting(row.text, bytes(row.audio)) if row is not None and row.audio is not None else None
