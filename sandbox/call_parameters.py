"""The form of Create Call to `CallOptions`: each parameter checked as Twilio checks it. Pure.

Unknown parameters are ignored (Twilio: warning 20001).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sandbox.dial_plan import Refusal
from sandbox.twilio_calls import CallOptions, Source
from sandbox.webhooks import is_url

EVENTS = ("initiated", "ringing", "answered", "completed")
MAX_TWIML = 4000

Form = dict[str, list[str]]


class ParameterError(Exception):
    """A parameter that Twilio refuses."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.refusal = Refusal(status, code, message)


def read_options(form: Form) -> CallOptions:
    """All options of a new call. Raises ParameterError."""
    source = read_source(form)
    if source is None:
        raise ParameterError(400, 21205, "Url parameter is required")
    detection = _one_of(form, "MachineDetection", ("", "Enable", "DetectMessageEnd"))
    _number(form, "MachineDetectionSpeechThreshold", 1000, 6000, 2400, 20001)
    _number(form, "MachineDetectionSpeechEndThreshold", 500, 5000, 1200, 20001)
    _number(form, "MachineDetectionSilenceTimeout", 2000, 10_000, 5000, 20001)
    return CallOptions(
        source=source,
        fallback=callback(form, "FallbackUrl", "FallbackMethod", 21205),
        status_callback=callback(form, "StatusCallback", "StatusCallbackMethod", 21609),
        status_events=_events(form),
        ring_timeout_s=_number(form, "Timeout", 1, 600, 60, 21208),
        time_limit_s=_number(form, "TimeLimit", 1, 86_400, 14_400, 20001),
        send_digits=_digits(form),
        machine_detection=detection,
        machine_detection_timeout_s=_number(form, "MachineDetectionTimeout", 3, 59, 30, 20001),
        async_amd=_one_of(form, "AsyncAmd", ("", "false", "true")) == "true",
        async_amd_callback=callback(form, "AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod", 21609),
    )


def read_source(form: Form) -> Source | None:
    """`Url` or `Twiml`; with both, `Twiml` is ignored (on create). Raises ParameterError."""
    if last(form, "ApplicationSid"):
        raise ParameterError(400, 21218, "ApplicationSid is not known in the sandbox")
    if url := last(form, "Url"):
        if not is_url(url):
            raise ParameterError(400, 21205, f"Url is not a valid URL: {url}")
        return Source(url, _method(form, "Method"))
    twiml = last(form, "Twiml")
    if len(twiml) > MAX_TWIML:
        raise ParameterError(400, 20001, f"Twiml is longer than {MAX_TWIML} characters")
    return Source(twiml=twiml) if twiml else None


def callback(form: Form, name: str, method: str, code: int) -> Source | None:
    """A callback URL with its method; None when it was not given. Raises ParameterError with `code`."""
    url = last(form, name)
    if not url:
        return None
    if not is_url(url) or "_" in url.split("/")[2]:
        raise ParameterError(400, code, f"{name} is not a valid URL: {url}")
    return Source(url, _method(form, method))


def last(form: Form, name: str) -> str:
    """A parameter's value; empty when it was not given."""
    return form[name][-1].strip() if form.get(name) else ""


def read_number(raw: str, low: int, high: int, default: int) -> int:
    """A whole number brought into its range, as Twilio does with page sizes."""
    return min(max(int(raw), low), high) if raw.isdecimal() else default


def _number(form: Form, name: str, low: int, high: int, default: int, code: int) -> int:
    raw = last(form, name)
    if not raw:
        return default
    if not raw.isdecimal() or not low <= int(raw) <= high:
        raise ParameterError(400, code, f"{name} must be a whole number from {low} to {high}: {raw}")
    return int(raw)


def _method(form: Form, name: str) -> str:
    method = last(form, name).upper() or "POST"
    if method not in ("GET", "POST"):
        raise ParameterError(400, 21209, f"{name} must be GET or POST: {method}")
    return method


def _events(form: Form) -> frozenset[str]:
    names = [name for value in form.get("StatusCallbackEvent", []) for name in value.split()]
    for name in names:
        if name not in EVENTS:
            raise ParameterError(400, 21626, f"StatusCallbackEvent {name} is not one of {', '.join(EVENTS)}")
    return frozenset(names or ["completed"])


def _digits(form: Form) -> str:
    digits = last(form, "SendDigits")
    if not re.fullmatch(r"[0-9A-D#*wW]{0,32}", digits):
        raise ParameterError(400, 21206, f"SendDigits is not valid: {digits}")
    return digits


def _one_of(form: Form, name: str, allowed: Sequence[str]) -> str:
    value = last(form, name)
    if value not in allowed:
        raise ParameterError(400, 20001, f"{name} must be one of {', '.join(filter(None, allowed))}: {value}")
    return value
