"""What a call is, and the legal order of its status.

The status values are Twilio's own words (its Call resource), so that a row, a callback and Twilio's
console can be compared without a dictionary.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class CallStatus(StrEnum):
    """Where a call stands, as Twilio names it."""

    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def rank(self) -> int:
        """Position in a call's life. Callbacks come late, twice and out of order: only a higher rank moves it."""
        return _RANK[self]

    @property
    def is_over(self) -> bool:
        """True for the five final states, which never change again."""
        return self.rank == _OVER


_OVER = 4
_RANK = {
    CallStatus.QUEUED: 0,
    CallStatus.INITIATED: 1,
    CallStatus.RINGING: 2,
    CallStatus.IN_PROGRESS: 3,
    CallStatus.COMPLETED: _OVER,
    CallStatus.BUSY: _OVER,
    CallStatus.NO_ANSWER: _OVER,
    CallStatus.FAILED: _OVER,
    CallStatus.CANCELED: _OVER,
}


def statuses_before(status: CallStatus) -> tuple[CallStatus, ...]:
    """The statuses a call may be in just before `status`: all of a lower rank."""
    return tuple(earlier for earlier in CallStatus if earlier.rank < status.rank)


LIVE_STATUSES = statuses_before(CallStatus.COMPLETED)


class Direction(StrEnum):
    """Who rang whom."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"


@dataclass(frozen=True, slots=True)
class Call:
    """One row of the registry. Times are seconds since the epoch, `None` until they happen."""

    id: str
    """Ours, made before Twilio knows of the call: it is in every URL and log line."""
    direction: Direction
    to_number: str
    """E.164. Never logged whole: see `phone_numbers.mask`."""
    from_number: str
    status: CallStatus
    created_at: float
    twilio_sid: str | None = None
    person_name: str | None = None
    topic: str | None = None
    end_reason: str | None = None
    """Why it ended, as a sentence for the operator."""
    answered_by: str | None = None
    """Twilio's AnsweredBy, where answering machine detection ran."""
    answered_at: float | None = None
    ended_at: float | None = None
    attempt: int = 0
    """How many media streams have been claimed for it so far; the newest one owns the call."""
    claimed_by: str | None = None
    """The bridge that holds the newest attempt."""
    finished_at: float | None = None
    """When the conversation itself was over (a spoken goodbye, or the person hung up): nothing is to be resumed."""
    last_seq: int = 0
    """Sequence number of its newest event."""

    @property
    def person_number(self) -> str:
        """The number of the person, whoever rang whom."""
        return self.to_number if self.direction is Direction.OUTBOUND else self.from_number

    def as_dict(self) -> dict[str, Any]:
        """All fields as JSON-ready values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class CallEvent:
    """One thing that happened in a call. `seq` counts from 1 without gaps, per call."""

    call_id: str
    seq: int
    at: float
    kind: str
    data: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """All fields as JSON-ready values."""
        return asdict(self)


def new_call_id() -> str:
    """A fresh call id: 16 random bytes, so that it cannot be guessed from another one."""
    return "call_" + secrets.token_hex(16)
