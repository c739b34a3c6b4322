"""The wire format of Twilio Media Streams: text <-> typed messages. Pure.

What Twilio sends is parsed leniently (unknown events and fields are ignored, key order means nothing); what we send has
exactly the documented fields, because Twilio drops anything else in silence (warning 31951). Source: Twilio docs,
"Media Streams - WebSocket Messages".
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TypeVar

import msgspec


class MalformedMessage(Exception):  # noqa: N818 - it is a fact about a message, not an error of ours
    """Not a message of this protocol. The text says what is wrong, and never quotes the message."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The first message of every stream; it identifies nothing."""


@dataclass(frozen=True, slots=True)
class Start:
    """The stream begins. Nothing may be sent before it: there is no stream SID."""

    stream_sid: str
    call_sid: str
    account_sid: str
    parameters: dict[str, str]
    """The `<Parameter>`s of the TwiML."""


class Media(msgspec.Struct, frozen=True, gc=False):
    """A piece of the person's audio: mu-law, 8 kHz, mono, of any length."""

    payload: bytes
    timestamp_ms: int
    """Since the start of the stream; the first one is not 0."""


@dataclass(frozen=True, slots=True)
class Dtmf:
    """A key on the person's telephone."""

    digit: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Everything sent before the mark of this name has been played, or was discarded by `clear`."""

    name: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The stream is over: hung up, or other TwiML runs now."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """An event we do not know. Twilio may add some."""


Message = Connected | Start | Media | Dtmf | Mark | Stop | Ignored


class _StartBody(msgspec.Struct, rename="camel"):
    stream_sid: str
    call_sid: str
    account_sid: str
    custom_parameters: dict[str, str] = {}


class _MediaBody(msgspec.Struct, gc=False):
    payload: bytes
    """Base64 on the wire, checked and decoded with the rest: nothing comes as often as this."""
    timestamp: str
    track: str = "inbound"


class _DtmfBody(msgspec.Struct):
    digit: str


class _MarkBody(msgspec.Struct):
    name: str


class _Wire(msgspec.Struct):
    event: str
    start: _StartBody | None = None
    media: _MediaBody | None = None
    dtmf: _DtmfBody | None = None
    mark: _MarkBody | None = None


_Body = TypeVar("_Body")
_DECODER = msgspec.json.Decoder(_Wire)


def parse(message: str | bytes) -> Message:
    """One message from Twilio. Raises `MalformedMessage`, and nothing else whatever is sent."""
    if isinstance(message, bytes):
        raise MalformedMessage("a binary message; Media Streams speaks text")
    try:
        wire = _DECODER.decode(message)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        # ValidationError (a field of the wrong type or missing) is a DecodeError. The reason is withheld: it may quote.
        raise MalformedMessage("not JSON of the documented shape") from None
    match wire.event:
        case "media":
            return _media(wire.media)
        case "mark":
            return Mark(_body(wire.mark, "mark").name)
        case "start":
            body = _body(wire.start, "start")
            return Start(body.stream_sid, body.call_sid, body.account_sid, body.custom_parameters)
        case "dtmf":
            return Dtmf(_body(wire.dtmf, "dtmf").digit)
        case "stop":
            return Stop()
        case "connected":
            return Connected()
        case _:
            return Ignored()


def media(stream_sid: str, payload: bytes) -> str:
    """A `media` message: mu-law, 8 kHz, mono, without any header, of any length."""
    return _encode(
        {"event": "media", "streamSid": stream_sid, "media": {"payload": base64.b64encode(payload).decode()}}
    )


def mark(stream_sid: str, name: str) -> str:
    """A `mark` message; it comes back when all media sent before it has been played or cleared."""
    return _encode({"event": "mark", "streamSid": stream_sid, "mark": {"name": name}})


def clear(stream_sid: str) -> str:
    """A `clear` message: what is buffered is thrown away, and every pending mark comes back at once."""
    return _encode({"event": "clear", "streamSid": stream_sid})


def _media(body: _MediaBody | None) -> Message:
    body = _body(body, "media")
    if body.track != "inbound":
        return Ignored()  # we only asked for the person's track
    try:
        return Media(body.payload, int(body.timestamp))
    except ValueError:
        raise MalformedMessage("media without a numeric timestamp") from None


def _body(body: _Body | None, event: str) -> _Body:
    if body is None:
        raise MalformedMessage(f"{event} without its body")
    return body


def _encode(message: dict[str, object]) -> str:
    return msgspec.json.encode(message).decode()
