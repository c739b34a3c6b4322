"""Twilio's REST API, as far as calls and the account go, with real error bodies.

Twilio docs: "Call resource", "API responses", "Error dictionary". Handlers only; calls live in `telephone_network`.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlencode

from aiohttp import web

from sandbox import call_parameters
from sandbox.call_parameters import Form, ParameterError, last, read_number
from sandbox.dial_plan import DEFAULT_FROM_NUMBER, DEFAULT_REGIONS, Refusal, refusal_of
from sandbox.telephone_network import TelephoneNetwork
from sandbox.twilio_calls import API_VERSION, Call, CallBook, Status
from sandbox.twilio_faults import TwilioFaults

_ACCOUNT = f"/{API_VERSION}/Accounts/{{account}}"
_TRIAL_PARAMETERS = {"To", "From", "Url"}
_TRIAL_CALLS_AT_ONCE = 5

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Account:
    """The pretended account. `verified` numbers are those a trial account may call."""

    sid: str
    auth_token: str
    api_key_sid: str = ""
    api_key_secret: str = ""
    from_numbers: frozenset[str] = frozenset({DEFAULT_FROM_NUMBER})
    regions: tuple[str, ...] = DEFAULT_REGIONS
    trial: bool = False
    verified: frozenset[str] = frozenset()


class TwilioApi:
    """The REST handlers; `routes()` goes into the application."""

    def __init__(self, account: Account, calls: CallBook, network: TelephoneNetwork, faults: TwilioFaults) -> None:
        self._account = account
        self._calls = calls
        self._network = network
        self._faults = faults

    def routes(self) -> list[web.RouteDef]:
        one = f"{_ACCOUNT}/Calls/{{sid}}.json"
        return [
            web.get(f"{_ACCOUNT}.json", self._guarded(self._show_account)),
            web.post(f"{_ACCOUNT}/Calls.json", self._guarded(self._create)),
            web.get(f"{_ACCOUNT}/Calls.json", self._guarded(self._list)),
            web.get(one, self._guarded(self._show)),
            web.post(one, self._guarded(self._update)),
            web.delete(one, self._guarded(self._delete)),
            web.route("*", f"/{API_VERSION}/{{rest:.*}}", self._guarded(self._nothing_there)),
        ]

    def _guarded(self, handler: Handler) -> Handler:
        """Authentication, switched-on failures, and ParameterError as Twilio's error body."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            if self._faults.rest_latency_ms:
                await asyncio.sleep(self._faults.rest_latency_ms / 1000)
            if failure := self._faults.take_rest_failure():
                return _refuse(Refusal(failure[0], failure[1], "A failure, as asked of the sandbox"))
            if not self._is_authentic(request):
                return _refuse(Refusal(401, 20003, "Authenticate"))
            try:
                return await handler(request)
            except ParameterError as problem:
                return _refuse(problem.refusal)

        return guarded

    def _is_authentic(self, request: web.Request) -> bool:
        """Basic auth with the account's or an API key's pair; the path names the account either way."""
        kind, _, encoded = request.headers.get("Authorization", "").partition(" ")
        try:
            user, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            return False
        account = self._account
        pairs = {account.sid: account.auth_token, account.api_key_sid: account.api_key_secret}
        known = user != "" and pairs.get(user, "") != "" and hmac.compare_digest(pairs[user].encode(), secret.encode())
        path_account = request.match_info.get("account", account.sid)
        return kind == "Basic" and known and path_account == account.sid

    async def _show_account(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {
                "sid": self._account.sid,
                "friendly_name": "Kindline's sandbox (a pretended account)",
                "type": "Trial" if self._account.trial else "Full",
                "status": "active",
                "owner_account_sid": self._account.sid,
                "auth_token": "[hidden]",
                "date_created": "Sun, 01 Nov 2026 00:00:00 +0000",
                "date_updated": "Sun, 01 Nov 2026 00:00:00 +0000",
                "subresource_uris": {"calls": f"/{API_VERSION}/Accounts/{self._account.sid}/Calls.json"},
                "uri": f"/{API_VERSION}/Accounts/{self._account.sid}.json",
            }
        )

    async def _create(self, request: web.Request) -> web.Response:
        form = await _form(request)
        to, from_number = last(form, "To"), last(form, "From")
        refusal = refusal_of(to, from_number, self._account.from_numbers, self._account.regions)
        refusal = refusal or self._trial_refusal(form, to)
        if refusal is not None:
            return _refuse(refusal)
        call = Call(self._account.sid, to, from_number, call_parameters.read_options(form))
        self._calls.add(call)
        created = {**call.resource(), "date_created": None, "date_updated": None, "queue_time": "0"}
        self._network.place(call)
        return web.json_response({**created, "queue_time": str(call.queue_time_ms)}, status=201)

    def _trial_refusal(self, form: Form, to: str) -> Refusal | None:
        if not self._account.trial:
            return None
        if set(form) - _TRIAL_PARAMETERS:
            message = (
                "Invalid or disallowed parameters provided - trial accounts have limited parameter access, upgrade "
                "your account to unlock full functionality"
            )
            return Refusal(400, 0, message)
        if to not in self._account.verified:
            message = "No Twilio trial phone number is assigned for voice calls to this destination number."
            return Refusal(422, 573002, message)
        if self._calls.live() >= _TRIAL_CALLS_AT_ONCE:
            return Refusal(400, 10004, "Call concurrency limit exceeded")
        return None

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(self._call(request).resource())

    async def _list(self, request: web.Request) -> web.Response:
        query = request.query
        wanted = [
            call
            for call in self._calls.newest_first()
            if query.get("Status", str(call.status)) == str(call.status)
            and query.get("To", call.to) == call.to
            and query.get("From", call.from_number) == call.from_number
        ]
        size = read_number(query.get("PageSize", ""), 1, 1000, 50)
        page = read_number(query.get("Page", ""), 0, 10**6, 0)
        shown = wanted[page * size : (page + 1) * size]
        more = len(wanted) > (page + 1) * size

        def uri(number: int) -> str:
            kept = {name: value for name, value in query.items() if name not in ("Page", "PageToken", "PageSize")}
            return f"{request.path}?{urlencode({**kept, 'PageSize': size, 'Page': number})}"

        return web.json_response(
            {
                "calls": [call.resource() for call in shown],
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size + max(0, len(shown) - 1),
                "uri": uri(page),
                "first_page_uri": uri(0),
                "next_page_uri": uri(page + 1) if more else None,
                "previous_page_uri": uri(page - 1) if page else None,
            }
        )

    async def _update(self, request: web.Request) -> web.Response:
        call = self._call(request)
        form = await _form(request)
        status = last(form, "Status")
        if status not in ("", "completed", "canceled"):
            raise ParameterError(400, 20001, f"Status must be completed or canceled: {status}")
        if last(form, "Url") and last(form, "Twiml"):
            raise ParameterError(400, 20001, "Url and Twiml are mutually exclusive")
        source = call_parameters.read_source(form)
        if call.status.over or (status == "canceled" and call.status is Status.IN_PROGRESS):
            raise ParameterError(400, 21220, "Call is not in-progress. Cannot redirect.")
        self._change_options(call, form)
        if status:
            call.hang_up.set()
            await _settled(call)
        elif source is not None and call.status is Status.IN_PROGRESS:
            if call.new_source.full():
                raise ParameterError(429, 20429, "Too Many Requests")
            call.new_source.put_nowait(source)
        elif source is not None:
            call.options = replace(call.options, source=source)
        return web.json_response(call.resource())

    def _change_options(self, call: Call, form: Form) -> None:
        """The options that may change while a call is alive; a new StatusCallback needs Url in the same request."""
        changes: dict[str, Any] = {}
        if fallback := call_parameters.callback(form, "FallbackUrl", "FallbackMethod", 21205):
            changes["fallback"] = fallback
        callback = call_parameters.callback(form, "StatusCallback", "StatusCallbackMethod", 21609)
        if callback is not None and last(form, "Url"):
            changes["status_callback"] = callback
        call.options = replace(call.options, **changes)

    async def _delete(self, request: web.Request) -> web.Response:
        call = self._call(request)
        if not call.status.over:
            raise ParameterError(400, 21220, "Call is still in progress and cannot be deleted.")
        self._calls.remove(call.sid)
        return web.Response(status=204)

    async def _nothing_there(self, request: web.Request) -> web.Response:
        raise _not_found(request)

    def _call(self, request: web.Request) -> Call:
        call = self._calls.get(request.match_info["sid"])
        if call is None:
            raise _not_found(request)
        return call


async def _form(request: web.Request) -> Form:
    return parse_qs((await request.read()).decode(errors="replace"), keep_blank_values=True)


async def _settled(call: Call) -> None:
    """The real API answers a hang-up with the final status when that comes quickly enough."""
    for _ in range(20):
        if call.status.over:
            return
        await asyncio.sleep(0.01)


def _not_found(request: web.Request) -> ParameterError:
    return ParameterError(404, 20404, f"The requested resource {request.path} was not found")


def _refuse(refusal: Refusal) -> web.Response:
    body = {
        "code": refusal.code,
        "message": refusal.message,
        "more_info": f"https://www.twilio.com/docs/errors/{refusal.code}",
        "status": refusal.status,
    }
    headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if refusal.status == 401 else {}
    return web.json_response(body, status=refusal.status, headers=headers)
