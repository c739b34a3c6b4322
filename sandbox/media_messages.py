"""The wire format of Media Streams as Twilio's side sees it: what is sent, and a strict reader of what comes back.

Pure. Strict on purpose: Twilio drops a bad message silently (a warning in its console, once per stream), so here
every deviation has its reason. 31950: not a text frame. 31951: bad JSON, unknown event, missing or extra field,
wrong streamSid, payload that is not base64.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

SHAPES: dict[str, dict[str, tuple[str, ...]]] = {
    "media": {"media": ("payload",)},
    "mark": {"mark": ("name",)},
    "clear": {},
}


class InvalidMessage(Exception):  # noqa: N818 - named as Twilio's dictionary names 31951
    """A message of the server that Twilio would discard; `code` is the warning it would log."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Media:
    payload: bytes


@dataclass(frozen=True)
class Mark:
    name: str


@dataclass(frozen=True)
class Clear:
    pass


def read(message: str | bytes, stream_sid: str) -> Media | Mark | Clear:
    """One message of the server. Raises InvalidMessage."""
    if isinstance(message, bytes):
        raise InvalidMessage(31950, "a binary frame; Media Streams are text frames")
    try:
        fields = json.loads(message)
    except ValueError as problem:
        raise InvalidMessage(31951, f"not JSON: {problem}") from problem
    if not isinstance(fields, dict):
        raise InvalidMessage(31951, "not a JSON object")
    event = fields.get("event")
    if not isinstance(event, str) or event not in SHAPES:
        raise InvalidMessage(31951, f"unknown event {event!r}")
    _check_fields(fields, {"event", "streamSid", *SHAPES[event]}, event)
    if fields["streamSid"] != stream_sid:
        raise InvalidMessage(31951, f"{event}: wrong streamSid {fields['streamSid']!r}")
    for part, names in SHAPES[event].items():
        if not isinstance(fields[part], dict):
            raise InvalidMessage(31951, f"{event}: {part} is not an object")
        _check_fields(fields[part], set(names), f"{event}.{part}")
    return _typed(event, fields)


def connected() -> dict[str, Any]:
    """The first message; it has no sequence number."""
    return {"event": "connected", "protocol": "Call", "version": "1.0.0"}


def start(account_sid: str, call_sid: str, stream_sid: str, parameters: dict[str, str]) -> dict[str, Any]:
    """The `start` message, sequence number 1 (added by the sender)."""
    return {
        "event": "start",
        "start": {
            "accountSid": account_sid,
            "streamSid": stream_sid,
            "callSid": call_sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": parameters,
        },
        "streamSid": stream_sid,
    }


def media(stream_sid: str, chunk: int, timestamp_ms: int, payload: bytes) -> dict[str, Any]:
    """The person's audio; all counters are decimal strings."""
    encoded = base64.b64encode(payload).decode()
    return {
        "event": "media",
        "media": {"track": "inbound", "chunk": str(chunk), "timestamp": str(timestamp_ms), "payload": encoded},
        "streamSid": stream_sid,
    }


def dtmf(stream_sid: str, digit: str) -> dict[str, Any]:
    """A key the person pressed. Its track is `inbound_track`, unlike media's `inbound`."""
    return {"event": "dtmf", "streamSid": stream_sid, "dtmf": {"track": "inbound_track", "digit": digit}}


def mark(stream_sid: str, name: str) -> dict[str, Any]:
    """The echo of a mark: played, or discarded by a clear."""
    return {"event": "mark", "streamSid": stream_sid, "mark": {"name": name}}


def stop(account_sid: str, call_sid: str, stream_sid: str) -> dict[str, Any]:
    """The last message when the call ends or its TwiML is replaced."""
    return {"event": "stop", "streamSid": stream_sid, "stop": {"accountSid": account_sid, "callSid": call_sid}}


def _typed(event: str, fields: dict[str, Any]) -> Media | Mark | Clear:
    if event == "clear":
        return Clear()
    if event == "mark":
        if not isinstance(fields["mark"]["name"], str):
            raise InvalidMessage(31951, "mark: name is not a string")
        return Mark(fields["mark"]["name"])
    payload = fields["media"]["payload"]
    if not isinstance(payload, str):
        raise InvalidMessage(31951, "media: payload is not a string")
    try:
        return Media(base64.b64decode(payload, validate=True))
    except (binascii.Error, ValueError) as problem:
        raise InvalidMessage(31951, f"media: payload is not base64: {problem}") from problem


def _check_fields(fields: dict[str, Any], expected: set[str], where: str) -> None:
    if missing := expected - fields.keys():
        raise InvalidMessage(31951, f"{where}: missing {', '.join(sorted(missing))}")
    if extra := fields.keys() - expected:
        raise InvalidMessage(31951, f"{where}: extra {', '.join(sorted(extra))}")
