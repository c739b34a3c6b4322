"""Failures of Twilio's side on demand: POST /sandbox/faults {"stage": "twilio", ...}, DELETE takes them back.

Each key is one switch; several may be on at once. Callbacks: `callbacks` = "shuffle" | "duplicate" | "delay" | "drop"
(`delay_ms` for delay and shuffle, `drop` names the statuses for drop, all of them when empty). REST: `rest_status`,
`rest_code`, `rest_times` (how many requests), `rest_latency_ms`. Signatures: `signature` = "missing" | "wrong".
Stream: `start` = false (never sent), `abort_after_s` (the TCP connection dies without stop), `jitter_ms`,
`odd_frames`, `comfort_noise`. Lines of calls answered from now on: `echo_delay_ms` (0: no echo), `echo_down_db`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

from sandbox.echo import LONGEST_MS, MOST_DOWN_DB, SHORTEST_MS, Echo

CallbackFault = Literal["none", "shuffle", "duplicate", "delay", "drop"]


class FaultError(ValueError):
    """The request names a switch or a value that does not exist."""


@dataclass
class TwilioFaults:
    """The switches; every default is the well-behaved Twilio."""

    callbacks: str = "none"
    delay_ms: int = 1500
    drop: list[str] = field(default_factory=list)
    rest_status: int = 0
    rest_code: int = 20500
    rest_times: int = 1
    rest_latency_ms: int = 0
    signature: str = ""
    start: bool = True
    abort_after_s: float = 0.0
    jitter_ms: float = 2.0
    odd_frames: bool = False
    comfort_noise: bool = False
    echo_delay_ms: int = 0
    echo_down_db: float = 18.0

    @property
    def echo(self) -> Echo | None:
        """The echo on every line that has none of its own."""
        return Echo(self.echo_delay_ms, self.echo_down_db) if self.echo_delay_ms else None

    def set(self, wanted: Mapping[str, Any]) -> None:
        """Turn switches; all are checked before the first is turned. Raises FaultError."""
        kinds = {one.name: type(getattr(TwilioFaults(), one.name)) for one in fields(self)}
        checked: dict[str, Any] = {}
        for name, value in wanted.items():
            if name == "stage":
                continue
            if name not in kinds:
                raise FaultError(f"{name}: unknown; known are {', '.join(kinds)}")
            kind = kinds[name]
            if kind is float and type(value) is int:
                value = float(value)
            if type(value) is not kind:
                raise FaultError(f"{name}: must be {kind.__name__}, not {value!r}")
            checked[name] = value
        if checked.get("callbacks", "none") not in get_args(CallbackFault):
            raise FaultError(f"callbacks: must be one of {', '.join(get_args(CallbackFault))}")
        if checked.get("signature", "") not in ("", "missing", "wrong"):
            raise FaultError('signature: must be "missing", "wrong" or ""')
        delay_ms, down_db = checked.get("echo_delay_ms", 0), checked.get("echo_down_db", 0.0)
        if delay_ms and not SHORTEST_MS <= delay_ms <= LONGEST_MS:
            raise FaultError(f"echo_delay_ms: must be 0 or {SHORTEST_MS} to {LONGEST_MS}, not {delay_ms!r}")
        if not 0 <= down_db <= MOST_DOWN_DB:
            raise FaultError(f"echo_down_db: must be 0 to {MOST_DOWN_DB}, not {down_db!r}")
        for name, value in checked.items():
            setattr(self, name, value)

    def clear(self) -> None:
        """Back to the well-behaved Twilio."""
        self.set({one.name: getattr(TwilioFaults(), one.name) for one in fields(self)})

    def take_rest_failure(self) -> tuple[int, int] | None:
        """(HTTP status, code) for this REST request, or None; counts down `rest_times`."""
        if not self.rest_status or self.rest_times <= 0:
            return None
        self.rest_times -= 1
        return self.rest_status, self.rest_code
