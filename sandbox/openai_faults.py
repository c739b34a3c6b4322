"""Slowness and failures on demand: what goes wrong with a real provider, when a test or a person asks for it.

`POST /sandbox/faults` with `{"stage": "stt", "kind": "stall", "at": "middle", "times": 2}` arms a fault, `GET` shows
what is armed, `DELETE` (optionally `?stage=stt`) disarms. `POST /sandbox/latency` sets the latencies. No key: the
sandbox listens on loopback only. Faults of another stage, Twilio's, are handed on to the switches of that stage.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Protocol

from aiohttp import web

STAGES = ("stt", "llm", "tts")


class FaultKind(StrEnum):
    """What goes wrong."""

    REFUSE = "refuse"
    """The connection is closed without an answer."""
    RESET = "reset"
    """The connection is reset, at the start or in the middle of the body."""
    STALL = "stall"
    """Nothing more comes, at the start or in the middle of the body, until the client gives up."""
    ERROR = "error"
    """An error with `status`, `code`, `retry_after_s`."""
    INSUFFICIENT_QUOTA = "insufficient_quota"
    MODEL_NOT_FOUND = "model_not_found"
    EMPTY = "empty"
    """Status 200 with no words, no text or no audio in it."""
    HTML = "html"
    """Status 200 with a web page."""
    GARBAGE = "garbage"
    """Status 200 with broken JSON, a broken event or an odd number of bytes."""
    ERROR_EVENT = "error_event"
    """An error inside a chat's stream that began well."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An armed fault."""

    stage: str
    kind: FaultKind
    at: str = "start"
    """`start` or `middle` of the body (reset and stall)."""
    status: int = 500
    code: str | None = None
    retry_after_s: float | None = None
    times: int | None = None
    """How often it happens; None: until it is disarmed."""
    probability: float = 1.0
    seed: int = 0
    """The same seed gives the same sequence of failures and successes."""


@dataclass(frozen=True, slots=True)
class Latency:
    """How long answers take, at least: an engine that is slower than this is not made faster."""

    stt_base_ms: float = 0.0
    stt_percent_of_audio: float = 0.0
    llm_first_token_ms: float = 200.0
    llm_tokens_per_s: float = 60.0
    """0: all at once."""
    tts_first_byte_ms: float = 0.0
    tts_times_real_time: float = 0.0
    """2: a second of audio takes half a second to come. 0: as fast as the engine gives it."""


@dataclass(slots=True)
class _Armed:
    fault: Fault
    left: int | None
    dice: random.Random


@dataclass(slots=True)
class Faults:
    """The faults that are armed, and the latencies."""

    latency: Latency = field(default_factory=Latency)
    _armed: list[_Armed] = field(default_factory=list)

    def arm(self, fault: Fault) -> None:
        """From now on `fault` happens."""
        self._armed.append(_Armed(fault, fault.times, random.Random(fault.seed)))

    def disarm(self, stage: str | None = None) -> None:
        """No more faults (of that stage)."""
        self._armed = [armed for armed in self._armed if stage is not None and armed.fault.stage != stage]

    def armed(self) -> list[Fault]:
        """What is armed, with the times that are left."""
        return [replace(armed.fault, times=armed.left) for armed in self._armed]

    def draw(self, stage: str) -> Fault | None:
        """What goes wrong with this request of `stage`, if anything; counts it."""
        for armed in self._armed:
            if armed.fault.stage == stage and armed.dice.random() < armed.fault.probability:
                if armed.left is not None:
                    armed.left -= 1
                    if armed.left <= 0:
                        self._armed.remove(armed)
                return armed.fault
        return None


class StageSwitches(Protocol):
    """The faults of a stage that is not OpenAI's."""

    def set(self, wanted: Mapping[str, Any]) -> None:
        """Raises `ValueError` with what is wrong."""

    def clear(self) -> None:
        """No more faults."""


def control_routes(faults: Faults, other_stages: Mapping[str, StageSwitches]) -> list[web.RouteDef]:
    """`/sandbox/faults` (with the `other_stages` by their names) and `/sandbox/latency`."""

    async def arm(request: web.Request) -> web.Response:
        wanted = await _object(request)
        switches = other_stages.get(str(wanted.get("stage")))
        if switches is None:
            faults.arm(fault_from(wanted))
        else:
            try:
                switches.set(wanted)
            except ValueError as error:
                raise _bad(str(error)) from error
        return _state(faults)

    async def disarm(request: web.Request) -> web.Response:
        stage = request.query.get("stage")
        faults.disarm(stage)
        for name, switches in other_stages.items():
            if stage in (None, name):
                switches.clear()
        return _state(faults)

    async def set_latency(request: web.Request) -> web.Response:
        faults.latency = _latency_from(await _object(request), faults.latency)
        return _state(faults)

    async def show(_: web.Request) -> web.Response:
        return _state(faults)

    return [
        web.post("/sandbox/faults", arm),
        web.delete("/sandbox/faults", disarm),
        web.get("/sandbox/faults", show),
        web.post("/sandbox/latency", set_latency),
        web.get("/sandbox/latency", show),
    ]


def fault_from(wanted: Mapping[str, Any]) -> Fault:
    """A fault from JSON; raises HTTP 400 with what is wrong. A `status` without a `kind` is an error."""
    known = {f.name for f in fields(Fault)}
    unknown = set(wanted) - known
    if unknown:
        raise _bad(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}")
    kind = wanted.get("kind", "error" if "status" in wanted else None)
    if kind not in tuple(FaultKind):
        raise _bad(f"kind must be one of {', '.join(FaultKind)}")
    fault = Fault(**{**wanted, "kind": FaultKind(kind), "stage": wanted.get("stage", "")})
    if fault.stage not in STAGES:
        raise _bad(f"stage must be one of {', '.join(STAGES)}")
    if fault.at not in ("start", "middle"):
        raise _bad("at must be start or middle")
    if not (isinstance(fault.status, int) and 400 <= fault.status <= 599):
        raise _bad("status must be an error, 400 to 599")
    if fault.times is not None and not (isinstance(fault.times, int) and fault.times > 0):
        raise _bad("times must be a whole number above 0, or null")
    if not isinstance(fault.seed, int):
        raise _bad("seed must be a whole number")
    if fault.code is not None and not isinstance(fault.code, str):
        raise _bad("code must be text")
    _check_number("probability", fault.probability, most=1.0)
    if fault.retry_after_s is not None:
        _check_number("retry_after_s", fault.retry_after_s, most=3600.0)
    return fault


def _latency_from(wanted: Mapping[str, Any], before: Latency) -> Latency:
    known = {f.name for f in fields(Latency)}
    unknown = set(wanted) - known
    if unknown:
        raise _bad(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}")
    for name, value in wanted.items():
        _check_number(name, value, most=600_000.0)
    return replace(before, **wanted)


def _check_number(name: str, value: object, most: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise _bad(f"{name} must be a number from 0 to {most:g}")


async def _object(request: web.Request) -> dict[str, Any]:
    try:
        wanted = json.loads(await request.read())
    except ValueError:
        wanted = None
    if not isinstance(wanted, dict):
        raise _bad("the body must be a JSON object")
    return wanted


def _bad(problem: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=json.dumps({"error": problem}), content_type="application/json")


def _state(faults: Faults) -> web.Response:
    return web.json_response({"faults": [asdict(f) for f in faults.armed()], "latency": asdict(faults.latency)})
