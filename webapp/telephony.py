"""Twilio over HTTP: place a call, ask after it, end it, replace what it hears.

Every request has a time-out, none is repeated. The views know only the `Telephony` protocol and its two errors.
`TwilioTelephony` is the official SDK behind it.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from twilio.rest.api.v2010.account.call import CallInstance
from urllib3.exceptions import NewConnectionError

from callregistry.calls import CallStatus
from callregistry.logs import get_logger
from callregistry.settings import is_loopback
from webapp.settings import WebSettings

TIMEOUT_S = 10.0
"""The SDK's own default is to wait for ever."""
_NOT_FOUND = 20404
CALL_IS_GONE = frozenset({_NOT_FOUND, 21220})
"""Twilio no longer knows the call, or it is over: what we wanted is so already."""
_CLOCK_TOLERANCE_S = 5.0
_TELEPHONE_NUMBER = re.compile(r"\+?\d[\d ().-]{5,}\d")
_PROGRESS_EVENTS = ["initiated", "ringing", "answered", "completed"]

log = get_logger(__name__)


class TelephonyError(Exception):
    """Twilio did not do what was asked."""


class TwilioRefused(TelephonyError):  # noqa: N818 - reads as what happened
    """Twilio said no: nothing was done. `code` is Twilio's error code (0 on some trial accounts).

    Its text goes into logs, and Twilio writes telephone numbers into `message` in any notation: they are taken out.
    """

    def __init__(self, code: int, status: int, message: str) -> None:
        super().__init__(f"Twilio refused: {code} (HTTP {status}): {_TELEPHONE_NUMBER.sub('•••', message)}")
        self.code = code
        self.status = status


class TwilioUnreachable(TelephonyError):  # noqa: N818
    """No answer, or a broken one. `nothing_sent` is True if the request cannot have arrived."""

    def __init__(self, message: str, *, nothing_sent: bool) -> None:
        super().__init__(message)
        self.nothing_sent = nothing_sent


@dataclass(frozen=True, slots=True)
class OutgoingCall:
    """All that Twilio is told of a call about to be placed. Numbers in E.164, addresses absolute, times in seconds."""

    to_number: str
    from_number: str
    voice_url: str
    fallback_url: str
    status_url: str
    machine_detection_url: str | None
    ring_timeout_s: int
    time_limit_s: int


class Telephony(Protocol):
    """What the web app asks of a telephone network. All methods raise `TwilioRefused` or `TwilioUnreachable`."""

    def place_call(self, call: OutgoingCall) -> str:
        """Rings a number: the CallSid."""

    def find_call(self, to_number: str, *, since: float) -> str | None:
        """The CallSid of the newest call to `to_number` made after `since` (epoch seconds), if there is one."""

    def fetch_status(self, twilio_sid: str) -> CallStatus | None:
        """Where the call stands now; None if Twilio does not know it."""

    def end_call(self, twilio_sid: str, *, answered: bool) -> None:
        """Hangs up; a call that is over already is a success. `answered` is what we know: it may have been just now."""

    def replace_twiml(self, twilio_sid: str, twiml: str) -> None:
        """Stops what the call is doing and runs `twiml` instead; ends its media stream."""


class TwilioTelephony:
    """Twilio's REST API through the official SDK."""

    def __init__(self, settings: WebSettings, *, timeout_s: float = TIMEOUT_S) -> None:
        http_client = TwilioHttpClient(timeout=timeout_s)
        if settings.twilio_api_base_url is not None and is_loopback(settings.twilio_api_base_url):
            http_client.session.trust_env = False  # a proxy of the environment cannot reach this machine's sandbox
        account, secret = settings.twilio_account_sid, settings.twilio_auth_token
        if settings.twilio_api_key_sid is not None and settings.twilio_api_key_secret is not None:
            user, secret = settings.twilio_api_key_sid, settings.twilio_api_key_secret
        else:
            user = account
        self._client = Client(user, secret.get_secret_value(), account, http_client=http_client)
        if settings.twilio_api_base_url is not None:
            self._client.api.base_url = settings.twilio_api_base_url

    def place_call(self, call: OutgoingCall) -> str:
        """Creates the call resource. Twilio has no idempotency key for it: never repeated."""
        with _translated_errors():
            created = self._client.calls.create(
                to=call.to_number,
                from_=call.from_number,
                url=call.voice_url,
                method="POST",
                fallback_url=call.fallback_url,
                fallback_method="POST",
                status_callback=call.status_url,
                status_callback_method="POST",
                status_callback_event=_PROGRESS_EVENTS,
                timeout=call.ring_timeout_s,
                time_limit=call.time_limit_s,
                **_machine_detection(call.machine_detection_url),
            )
        return _sid(created)

    def find_call(self, to_number: str, *, since: float) -> str | None:
        """Looks through the newest calls to the number. Not filtered by Twilio: a queued call has no start time yet."""
        earliest = datetime.fromtimestamp(since - _CLOCK_TOLERANCE_S, UTC)
        with _translated_errors():
            for call in self._client.calls.list(to=to_number, limit=20):
                made_at = call.date_created or call.start_time
                if made_at is None or made_at >= earliest:
                    return _sid(call)
        return None

    def fetch_status(self, twilio_sid: str) -> CallStatus | None:
        """Fetches the call resource. Twilio deletes old ones, and an account's calls are not another's."""
        try:
            with _translated_errors():
                return CallStatus(str(self._client.calls(twilio_sid).fetch().status))
        except TwilioRefused as refusal:
            if refusal.code != _NOT_FOUND and refusal.status != 404:
                raise
            return None

    def end_call(self, twilio_sid: str, *, answered: bool) -> None:
        """Cancels a call that is queued or rings; ends one that is in progress, or was answered at that moment."""
        if not answered and self._set_status(twilio_sid, "canceled") == "canceled":
            return
        self._set_status(twilio_sid, "completed")

    def _set_status(self, twilio_sid: str, status: str) -> str | None:
        """The call's status then; None if Twilio says that the call is not in a state to be given this one."""
        try:
            with _translated_errors():
                return str(self._client.calls(twilio_sid).update(status=status).status)
        except TwilioRefused as refusal:
            if refusal.code not in CALL_IS_GONE and refusal.status != 404:
                raise
            return None

    def replace_twiml(self, twilio_sid: str, twiml: str) -> None:
        """Updates the running call with new TwiML (at most 4000 characters)."""
        with _translated_errors():
            self._client.calls(twilio_sid).update(twiml=twiml)


def _machine_detection(callback_url: str | None) -> dict[str, str]:
    if callback_url is None:
        return {}
    return {
        "machine_detection": "Enable",
        "async_amd": "true",  # a string, and never synchronous: the person would hear silence until the verdict
        "async_amd_status_callback": callback_url,
        "async_amd_status_callback_method": "POST",
    }


def _sid(call: CallInstance) -> str:
    if not call.sid:
        raise TwilioUnreachable("Twilio's answer names no call", nothing_sent=False)
    return str(call.sid)


@contextlib.contextmanager
def _translated_errors() -> Iterator[None]:
    """The SDK's and `requests`' errors as one of ours."""
    started = time.monotonic()
    try:
        yield
    except (TwilioRestException, TwilioServiceException) as error:
        message = error.msg if isinstance(error, TwilioRestException) else error.title
        log.warning("twilio error", status=error.status, code=error.code, duration_ms=_ms_since(started))
        if error.status >= 500:
            raise TwilioUnreachable(f"HTTP {error.status} from Twilio", nothing_sent=False) from None
        code = error.status if error.code is None else error.code
        raise TwilioRefused(code, error.status, message) from None
    except requests.RequestException as error:
        log.warning("twilio unreachable", error=type(error).__name__, duration_ms=_ms_since(started))
        message = f"no answer from Twilio ({type(error).__name__})"
        raise TwilioUnreachable(message, nothing_sent=_never_left(error)) from None
    except (TwilioException, ValueError, TypeError, AttributeError) as error:
        log.warning("twilio answered nonsense", error=type(error).__name__, duration_ms=_ms_since(started))
        raise TwilioUnreachable("Twilio's answer makes no sense", nothing_sent=False) from None


def _never_left(error: requests.RequestException) -> bool:
    """True if no connection was made, so that the request cannot have arrived."""
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", None), NewConnectionError)


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
