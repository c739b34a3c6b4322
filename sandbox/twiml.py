"""TwiML to verbs: what a webhook's XML asks for. Pure; carrying it out is `call_flow`'s work.

Known: Say, Pause, Play, Hangup, Redirect, Connect with Stream and Parameter. Everything else is a warning 12200 and
skipped, as Twilio does with verbs and attributes it does not know. Names are case-sensitive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from xml.etree import ElementTree

MAX_BYTES = 64 * 1024
MAX_PARAMETER_LENGTH = 500


class TwimlError(Exception):
    """The document cannot be run. `code` is Twilio's error code: 12100 parse failure, 11750 too large."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Say:
    text: str
    voice: str = ""
    language: str = "en-US"
    loop: int = 1


@dataclass(frozen=True)
class Pause:
    length_s: float = 1.0


@dataclass(frozen=True)
class Play:
    url: str
    loop: int = 1


@dataclass(frozen=True)
class Hangup:
    pass


@dataclass(frozen=True)
class Redirect:
    url: str
    method: str = "POST"


@dataclass(frozen=True)
class Stream:
    url: str
    name: str = ""
    track: str = "inbound_track"
    status_callback: str = ""
    status_callback_method: str = "POST"
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Connect:
    stream: Stream
    action: str = ""
    method: str = "POST"


Verb = Say | Pause | Play | Hangup | Redirect | Connect


@dataclass(frozen=True)
class Document:
    """The verbs in order, and what was skipped: (code, message) for the call's log."""

    verbs: tuple[Verb, ...]
    warnings: tuple[tuple[int, str], ...] = ()


def parse(xml: bytes) -> Document:
    """Read a TwiML document. Raises TwimlError when it cannot be run at all."""
    if len(xml) > MAX_BYTES:
        raise TwimlError(11750, f"TwiML response body of {len(xml)} bytes is too large (64 KB)")
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise TwimlError(12100, "Document parse failure: a document type declaration is not allowed")
    try:
        root = ElementTree.fromstring(xml.strip())  # noqa: S314 - own application's answer, 64 KB, no entities
    except ElementTree.ParseError as problem:
        raise TwimlError(12100, f"Document parse failure: {problem}") from problem
    if root.tag != "Response":
        raise TwimlError(12100, f"Document parse failure: the root element is <{root.tag}>, not <Response>")
    warnings: list[tuple[int, str]] = []
    verbs = [verb for element in root if (verb := _verb(element, warnings)) is not None]
    return Document(tuple(verbs), tuple(warnings))


def stream_problem(stream: Stream) -> tuple[int, str] | None:
    """Why Twilio would not open this stream, as (code, message); None when it would."""
    try:
        parts = urlsplit(stream.url)
        _ = parts.port
    except ValueError:
        return 31923, f"Stream - URL is malformed: {stream.url}"
    if parts.scheme and parts.scheme != "wss":
        return 31922, f"Stream - Unsupported URL scheme {parts.scheme}: only wss is allowed"
    if not parts.scheme or not parts.hostname or any(letter.isspace() for letter in stream.url):
        return 31923, f"Stream - URL is malformed: {stream.url}"
    if parts.query:
        return 31920, "Stream - WebSocket handshake error: the url may not carry a query string"
    if stream.track != "inbound_track":
        return 31941, f"Stream - Invalid track configuration {stream.track} inside <Connect>"
    return None


def _verb(element: ElementTree.Element, warnings: list[tuple[int, str]]) -> Verb | None:
    build = _VERBS.get(element.tag)
    if build is None:
        warnings.append((12200, f"Schema validation warning: <{element.tag}> is not known here and was skipped"))
        return None
    _check_attributes(element, _ATTRIBUTES[element.tag], warnings)
    return build(element, warnings)


def _say(element: ElementTree.Element, warnings: list[tuple[int, str]]) -> Verb:
    return Say(
        " ".join("".join(element.itertext()).split()),
        element.get("voice", ""),
        element.get("language", "en-US"),
        _loop(element, warnings),
    )


def _pause(element: ElementTree.Element, warnings: list[tuple[int, str]]) -> Verb:
    length = _whole_number(element, "length", 1, warnings)
    return Pause(float(length) if length > 0 else 1.0)


def _play(element: ElementTree.Element, warnings: list[tuple[int, str]]) -> Verb:
    return Play((element.text or "").strip(), _loop(element, warnings))


def _hangup(_element: ElementTree.Element, _warnings: list[tuple[int, str]]) -> Verb:
    return Hangup()


def _redirect(element: ElementTree.Element, _warnings: list[tuple[int, str]]) -> Verb:
    return Redirect((element.text or "").strip(), element.get("method", "POST").upper())


def _connect(element: ElementTree.Element, warnings: list[tuple[int, str]]) -> Verb | None:
    streams = element.findall("Stream")
    for child in element:
        if child.tag != "Stream":
            warnings.append((12200, f"Schema validation warning: <{child.tag}> in <Connect> was skipped"))
    if not streams:
        warnings.append((12200, "Schema validation warning: <Connect> without <Stream> was skipped"))
        return None
    return Connect(_stream(streams[0], warnings), element.get("action", ""), element.get("method", "POST").upper())


def _stream(element: ElementTree.Element, warnings: list[tuple[int, str]]) -> Stream:
    _check_attributes(element, {"url", "name", "track", "statusCallback", "statusCallbackMethod"}, warnings)
    parameters: dict[str, str] = {}
    for child in element:
        name, value = child.get("name", ""), child.get("value", "")
        if child.tag != "Parameter" or not name:
            warnings.append((12200, f"Schema validation warning: <{child.tag}> in <Stream> was skipped"))
        elif len(name) + len(value) >= MAX_PARAMETER_LENGTH:
            warnings.append((12200, f"Parameter {name!r} has 500 characters or more and was skipped"))
        else:
            parameters[name] = value
    return Stream(
        element.get("url", ""),
        element.get("name", ""),
        element.get("track", "inbound_track"),
        element.get("statusCallback", ""),
        element.get("statusCallbackMethod", "POST").upper(),
        parameters,
    )


def _check_attributes(element: ElementTree.Element, known: set[str], warnings: list[tuple[int, str]]) -> None:
    for name in element.attrib:
        if name not in known:
            warnings.append((12200, f"Schema validation warning: attribute {name!r} of <{element.tag}> was ignored"))


def _loop(element: ElementTree.Element, warnings: list[tuple[int, str]]) -> int:
    """How often to say or play it; loop="0" means until hang-up, which Twilio caps at 1000."""
    loop = _whole_number(element, "loop", 1, warnings)
    return 1000 if loop == 0 else max(1, min(loop, 1000))


def _whole_number(element: ElementTree.Element, name: str, default: int, warnings: list[tuple[int, str]]) -> int:
    raw = element.get(name, str(default))
    if not raw.isdecimal():
        warnings.append((12200, f"Schema validation warning: {name}={raw!r} of <{element.tag}> is not a whole number"))
        return default
    return int(raw)


_VERBS: dict[str, Callable[[ElementTree.Element, list[tuple[int, str]]], Verb | None]] = {
    "Say": _say,
    "Pause": _pause,
    "Play": _play,
    "Hangup": _hangup,
    "Redirect": _redirect,
    "Connect": _connect,
}
_ATTRIBUTES: dict[str, set[str]] = {
    "Say": {"voice", "language", "loop"},
    "Pause": {"length"},
    "Play": {"loop", "digits"},
    "Hangup": set(),
    "Redirect": {"method"},
    "Connect": {"action", "method"},
}
