"""The sandbox's own HTTP API under /sandbox: people, reports of calls, recordings.

No authentication: it listens on loopback only. So that a web page from elsewhere cannot reach it through the
visitor's browser, `loopback_only` refuses foreign Host and Origin headers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.dial_plan import MAGIC, YOU
from sandbox.people import People, PersonError, load
from sandbox.twilio_calls import CallBook
from sandbox.webhooks import is_loopback

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

YOU_ENTRY = {
    "name": "You (this browser's telephone)",
    "number": YOU,
    "description": "The sandbox's telephone page rings; answer it and talk through microphone and loudspeaker.",
    "voice": "your own",
}


@web.middleware
async def loopback_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """403 for requests that name another host, or come from a page of another host."""
    origin = request.headers.get("Origin")
    hosts = [urlsplit("//" + request.headers.get("Host", "")).hostname]
    if origin is not None:
        hosts.append(urlsplit(origin).hostname)
    if not all(is_loopback(host) for host in hosts):
        return web.json_response({"error": "the sandbox answers to this machine only"}, status=403)
    return await handler(request)


class ControlApi:
    """The handlers; `routes()` goes into the application. (/sandbox/faults is `openai_faults`'.)"""

    def __init__(self, people: People, calls: CallBook) -> None:
        self._people = people
        self._calls = calls

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sandbox/healthz", self._health),
            web.get("/sandbox/people", self._list_people),
            web.post("/sandbox/people", self._add_person),
            web.get("/sandbox/numbers", self._list_numbers),
            web.get("/sandbox/calls", self._list_calls),
            web.get("/sandbox/calls/{sid}", self._show_call),
            web.get("/sandbox/calls/{sid}/audio.wav", self._recording),
        ]

    async def _health(self, _request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _list_people(self, _request: web.Request) -> web.Response:
        people = [
            {"name": one.name, "number": one.number, "description": one.description, "voice": one.voice}
            for one in self._people
        ]
        return web.json_response({"people": [YOU_ENTRY, *people]})

    async def _list_numbers(self, _request: web.Request) -> web.Response:
        numbers = [{"number": number, "what": what} for number, (what, _) in sorted(MAGIC.items())]
        return web.json_response({"numbers": numbers})

    async def _add_person(self, request: web.Request) -> web.Response:
        fields = await _json(request)
        path = fields.get("path")
        if not isinstance(path, str) or not Path(path).is_absolute():
            return _error(400, "path must be the absolute path of a person's file")
        try:
            person = self._people.add(await asyncio.to_thread(load, Path(path)))
        except PersonError as problem:
            return _error(400, str(problem))
        return web.json_response({"name": person.name, "number": person.number})

    async def _list_calls(self, _request: web.Request) -> web.Response:
        kept = ("sid", "to", "person", "status", "ended_by", "answered_at", "ended_at", "done")
        reports = [call.report() for call in self._calls.newest_first()]
        return web.json_response({"calls": [{name: report[name] for name in kept} for report in reports]})

    async def _show_call(self, request: web.Request) -> web.Response:
        call = self._calls.get(request.match_info["sid"])
        return _error(404, "no such call") if call is None else web.json_response(call.report())

    async def _recording(self, request: web.Request) -> web.Response:
        call = self._calls.get(request.match_info["sid"])
        if call is None:
            return _error(404, "no such call")
        if not call.done:
            return _error(409, "the call is not over yet")
        wav = await asyncio.to_thread(call.recorder.wav)
        return web.Response(body=wav, content_type="audio/wav")


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        fields = await request.json()
    except ValueError:
        fields = None
    return fields if isinstance(fields, dict) else {}


def _error(status: int, message: str) -> web.Response:
    return web.json_response({"error": message}, status=status)
