"""The web app as the tests hold it: real app and registry, a telephone network that only notes, a clock that stands."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask
from twilio.request_validator import RequestValidator

from callregistry import link
from callregistry.call_events import Kind
from callregistry.calls import Call, CallStatus
from callregistry.registry import NewCall, Registry
from callregistry.settings import load_settings
from webapp import create_app
from webapp.settings import WebSettings
from webapp.telephony import OutgoingCall, TelephonyError

BASE_URL = "http://127.0.0.1:5000"
ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "the-account-s-auth-token"
LINK_SECRET = "link-secret-" * 4
API_TOKEN = "panel-api-token-" * 3
FROM_NUMBER = "+12025550199"
PERSON_NUMBER = "+12025550101"
NOW = 1_800_000_000.0
SETTINGS: dict[str, Any] = {
    "public_base_url": BASE_URL,
    "public_stream_url": "wss://127.0.0.1:8765/media",
    "feed_url": "ws://127.0.0.1:8765/feed",
    "twilio_account_sid": ACCOUNT_SID,
    "twilio_auth_token": AUTH_TOKEN,
    "twilio_from_number": FROM_NUMBER,
    "twilio_api_base_url": "http://127.0.0.1:9",
    "caller_name": "the Riverside Day Centre",
    "link_secret": LINK_SECRET,
    "secret_key": "secret-key--" * 4,
    "panel_api_token": API_TOKEN,
}


def settings_of(**changes: Any) -> WebSettings:
    """The tests' settings with `changes`; None takes a setting away. No environment, no `.env`."""
    values = {name: value for name, value in (SETTINGS | changes).items() if value is not None}
    return load_settings(WebSettings, _env_file=None, **values)


class NotedTelephony:
    """A telephone network that does nothing but note what was asked; `failure` is raised instead, once or always."""

    def __init__(self) -> None:
        self.placed: list[OutgoingCall] = []
        self.ended: list[str] = []
        self.ended_answered: list[bool] = []
        self.replaced: list[tuple[str, str]] = []
        self.looked_up: list[str] = []
        self.asked_after: list[str] = []
        self.statuses: dict[str, CallStatus | None] = {}
        """What Twilio says of a call when asked; of all others, that they ring."""
        self.place_failure: TelephonyError | None = None
        self.find_failure: TelephonyError | None = None
        self.end_failure: TelephonyError | None = None
        self.replace_failure: TelephonyError | None = None
        self.fetch_failure: TelephonyError | None = None
        self.found_sid: str | None = None
        self.before_answer: Any = lambda call: None
        """Called with the call before its CallSid is given: what Twilio does faster than it answers."""
        self._sids = count(1)

    def place_call(self, call: OutgoingCall) -> str:
        self.placed.append(call)
        self.before_answer(call)
        if self.place_failure is not None:
            raise self.place_failure
        return sid(next(self._sids))

    def find_call(self, to_number: str, *, since: float) -> str | None:
        self.looked_up.append(to_number)
        if self.find_failure is not None:
            raise self.find_failure
        return self.found_sid

    def fetch_status(self, twilio_sid: str) -> CallStatus | None:
        self.asked_after.append(twilio_sid)
        if self.fetch_failure is not None:
            raise self.fetch_failure
        return self.statuses.get(twilio_sid, CallStatus.RINGING)

    def end_call(self, twilio_sid: str, *, answered: bool) -> None:
        self.ended.append(twilio_sid)
        self.ended_answered.append(answered)
        if self.end_failure is not None:
            raise self.end_failure

    def replace_twiml(self, twilio_sid: str, twiml: str) -> None:
        self.replaced.append((twilio_sid, twiml))
        if self.replace_failure is not None:
            raise self.replace_failure


def sid(number: int) -> str:
    """A CallSid."""
    return f"CA{number:032x}"


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


@dataclass
class WebHouse:
    """One app with its parts, and the ways people and machines speak to it."""

    settings: WebSettings
    registry: Registry
    telephony: NotedTelephony
    clock: Clock
    app: Flask
    client: Any = field(init=False)
    """Flask's test client; its answers' JSON may be anything."""

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    @classmethod
    def built(cls, folder: Path, **changes: Any) -> WebHouse:
        settings, clock, telephony = settings_of(**changes), Clock(), NotedTelephony()
        registry = Registry.open(f"sqlite:///{folder}/calls.db")
        app = create_app(settings, registry, telephony, clock=clock)
        return cls(settings, registry, telephony, clock, app)

    # --- a script

    def api(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """A request with the API's token; header names with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named.setdefault("Authorization", f"Bearer {API_TOKEN}")
        return self.client.open(path, method=method, json=body, headers=named, base_url=BASE_URL, buffered=True)

    def dial(self, to: str = PERSON_NUMBER, **more: Any) -> Call:
        """A call placed by the API."""
        answer = self.api("POST", "/api/calls", {"to": to} | more)
        assert answer.status_code == 201, answer.text
        call = self.registry.call(answer.json["call"]["id"])
        assert call is not None
        return call

    # --- an operator

    def csrf_token(self, path: str = "/") -> str:
        """The token in a page, as the panel's script reads it."""
        page = self.client.get(path, base_url=BASE_URL).text
        found = re.search(r'<meta name="csrf-token" content="([^"]+)">', page)
        assert found is not None, page
        return found.group(1)

    def sign_in(self, password: str, **form: str) -> Any:
        """What the sign-in page posts."""
        data = {"password": password, "csrf_token": self.csrf_token("/sign-in")} | form
        return self.client.post("/sign-in", data=data, base_url=BASE_URL)

    # --- Twilio

    def twilio(
        self, path: str, call_sid: str = sid(1), *, token: str = AUTH_TOKEN, base: str | None = None, **fields: str
    ) -> Any:
        """A signed webhook request, as Twilio makes it."""
        form = {"AccountSid": ACCOUNT_SID, "CallSid": call_sid, "ApiVersion": "2010-04-01", "ToCity": ""} | fields
        url = (base or self.settings.public_base_url) + path
        signature = RequestValidator(token).compute_signature(url, form)
        return self.client.post(
            path, data=form, headers={"X-Twilio-Signature": signature}, base_url="http://proxy.internal:81"
        )

    # --- the bridge

    def bridge(self, path: str, body: Any, *, headers: dict[str, str] | None = None) -> Any:
        """A signed callback of the voice bridge."""
        raw = json.dumps(body).encode()
        signed = link.sign(LINK_SECRET, "POST", path, raw, now=self.clock()) if headers is None else headers
        return self.client.post(path, data=raw, headers=signed, content_type="application/json", base_url=BASE_URL)

    # --- looking

    def row(self, call_id: str) -> Call:
        call = self.registry.call(call_id)
        assert call is not None
        return call

    def kinds(self, call_id: str) -> list[str]:
        return [event.kind for event in self.registry.events_after(call_id)]

    def facts(self, call_id: str, kind: Kind) -> list[dict[str, Any]]:
        return [event.data for event in self.registry.events_after(call_id) if event.kind == kind]

    def queued(self, to_number: str = PERSON_NUMBER) -> Call:
        """A row whose call Twilio has not answered for yet."""
        call, _ = self.registry.create_call(NewCall(to_number, FROM_NUMBER), max_calls=9, now=self.clock())
        return call
