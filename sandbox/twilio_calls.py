"""What Twilio knows about calls: one call as its REST resource and callbacks show it, and the list of all of them.

Values and bookkeeping only; a call's life is `call_life`, the REST side `twilio_api`.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from enum import StrEnum
from typing import Any

from sandbox.line_recorder import LineRecorder

API_VERSION = "2010-04-01"
KEPT_CALLS = 50
SUBRESOURCES = (
    "notifications",
    "recordings",
    "payments",
    "events",
    "siprec",
    "streams",
    "transcriptions",
    "user_defined_message_subscriptions",
    "user_defined_messages",
)


class Status(StrEnum):
    QUEUED = "queued"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def over(self) -> bool:
        return self not in (Status.QUEUED, Status.RINGING, Status.IN_PROGRESS)


@dataclass(frozen=True)
class Source:
    """Where TwiML comes from: a URL to request, or the text itself."""

    url: str = ""
    method: str = "POST"
    twiml: str = ""


@dataclass
class CallOptions:
    """The parameters of Create Call that the sandbox obeys (times in seconds)."""

    source: Source
    fallback: Source | None = None
    status_callback: Source | None = None
    status_events: frozenset[str] = frozenset({"completed"})
    ring_timeout_s: int = 60
    time_limit_s: int = 14_400
    send_digits: str = ""
    machine_detection: str = ""
    machine_detection_timeout_s: float = 30.0
    async_amd: bool = False
    async_amd_callback: Source | None = None


@dataclass
class Call:
    """One call. `requests` carries what REST updates ask of a live call to whoever runs it."""

    account_sid: str
    to: str
    from_number: str
    options: CallOptions
    sid: str = field(default_factory=lambda: "CA" + secrets.token_hex(16))
    status: Status = Status.QUEUED
    created_at: float = field(default_factory=time.time)
    queue_time_ms: int = 0
    answered_at: float | None = None
    ended_at: float | None = None
    answered_by: str | None = None
    ended_by: str | None = None
    person: str = ""
    sip_response_code: int = 200
    next_sequence: int = 0
    warnings: list[dict[str, Any]] = field(default_factory=list)
    recorder: LineRecorder = field(default_factory=LineRecorder)
    done: bool = False
    new_source: asyncio.Queue[Source] = field(default_factory=lambda: asyncio.Queue(maxsize=8))
    hang_up: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def duration_s(self) -> int:
        """Whole seconds between answer and end, as Twilio bills them (rounded up)."""
        if self.answered_at is None or self.ended_at is None:
            return 0
        return max(0, -int(-(self.ended_at - self.answered_at) // 1))

    def warn(self, code: int, message: str) -> None:
        """An entry in the call's log, as Twilio's console would show it."""
        self.warnings.append({"code": code, "message": message, "at": time.time()})

    def resource(self) -> dict[str, Any]:
        """The REST resource (Twilio, "Call resource"); durations and prices are strings."""
        uri = f"/{API_VERSION}/Accounts/{self.account_sid}/Calls/{self.sid}"
        return {
            "sid": self.sid,
            "status": str(self.status),
            "account_sid": self.account_sid,
            "api_version": API_VERSION,
            "to": self.to,
            "to_formatted": _formatted(self.to),
            "from": self.from_number,
            "from_formatted": _formatted(self.from_number),
            "phone_number_sid": "PN" + "0" * 32,
            "direction": "outbound-api",
            "date_created": _date(self.created_at),
            "date_updated": _date(self.ended_at or self.answered_at or self.created_at),
            "start_time": _date(self.answered_at or self.ended_at),
            "end_time": _date(self.ended_at),
            "duration": str(self.duration_s) if self.status.over else None,
            "price": None,
            "price_unit": "USD",
            "answered_by": self.answered_by,
            "parent_call_sid": None,
            "forwarded_from": None,
            "group_sid": None,
            "caller_name": None,
            "trunk_sid": None,
            "queue_time": str(self.queue_time_ms),
            "annotation": None,
            "uri": f"{uri}.json",
            "subresource_uris": {name: f"{uri}/{_camel(name)}.json" for name in SUBRESOURCES},
        }

    def report(self) -> dict[str, Any]:
        """What really happened on the line (GET /sandbox/calls/<sid>)."""
        return {
            "sid": self.sid,
            "to": self.to,
            "person": self.person,
            "status": str(self.status),
            "ended_by": self.ended_by,
            "answered_by": self.answered_by,
            "answered_at": self.answered_at,
            "ended_at": self.ended_at,
            **self.recorder.report(),
            "warnings": self.warnings,
            "done": self.done,
        }


class CallBook:
    """All calls of this run; the last 50 that are over keep their recording."""

    def __init__(self) -> None:
        self._calls: dict[str, Call] = {}

    def add(self, call: Call) -> None:
        self._calls[call.sid] = call
        for old in [old for old in self._calls.values() if old.done][:-KEPT_CALLS]:
            del self._calls[old.sid]

    def get(self, sid: str) -> Call | None:
        return self._calls.get(sid)

    def remove(self, sid: str) -> None:
        del self._calls[sid]

    def newest_first(self) -> list[Call]:
        return list(reversed(self._calls.values()))

    def live(self) -> int:
        return sum(not call.status.over for call in self._calls.values())


def _date(at: float | None) -> str | None:
    return None if at is None else formatdate(at).replace("-0000", "+0000")


def _formatted(number: str) -> str:
    if len(number) == 12 and number.startswith("+1"):
        return f"({number[2:5]}) {number[5:8]}-{number[8:]}"
    return number


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
