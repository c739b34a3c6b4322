"""Twilio as the benchmarks need it: the sandbox's REST API and signed webhooks, and telephones that measure.

A call that is placed rings for as long as its telephone wants, asks the web app for TwiML, and opens its media stream,
all over the same wires as with the real one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from aiohttp import web

from sandbox import twiml
from sandbox.status_callbacks import StatusCallbacks, call_fields
from sandbox.telephone_network import TelephoneNetwork
from sandbox.twilio_api import Account, TwilioApi
from sandbox.twilio_calls import Call, CallBook, Status
from sandbox.twilio_faults import TwilioFaults
from sandbox.webhooks import Webhooks
from scripts.benchmarks.telephones import Telephone
from scripts.stack import Stack

NUMBERS = [f"+1{area}55501{line:02}" for area in (202, 212, 312, 415, 617) for line in range(1, 90)]
"""Fictional ones, as many as a run may call."""
RINGING_AFTER_S = 0.05
RINGS_S = 4.5
"""Long enough for a greeting of ten seconds to be made at three times real time."""


class Exchange:
    """Places calls of a running stack to telephones of ours. Open it with `open_exchange`."""

    def __init__(self, stack: Stack, account: Account, port: int) -> None:
        faults = TwilioFaults()
        self._stack, self._account, self._port = stack, account, port
        self._webhooks = Webhooks(account.auth_token, faults)
        self._callbacks = StatusCallbacks(self._webhooks, faults)
        self._api = TwilioApi(account, CallBook(), cast(TelephoneNetwork, self), faults)
        self._telephones: dict[str, tuple[Telephone, float]] = {}
        self._calls: set[asyncio.Task[None]] = set()
        self._numbers = iter(NUMBERS)

    async def ring(self, *, rings_s: float = RINGS_S) -> tuple[Telephone, str]:
        """Has a call placed through the panel's API, to its own number: the telephone that rings, the call's id."""
        number, telephone = next(self._numbers), Telephone()
        self._telephones[number] = (telephone, rings_s)
        placed = await self.panel("POST", "/api/calls", {"to": number, "person_name": "Ada"})
        call_id: str = placed["call"]["id"]
        return telephone, call_id

    async def panel(self, method: str, path: str, body: Any = None) -> Any:
        """A request to the panel's JSON API."""
        return await asyncio.to_thread(self._stack.api, method, path, body)

    async def events(self, call_id: str) -> list[dict[str, Any]]:
        """All events of a call so far."""
        events: list[dict[str, Any]] = []
        while True:
            after = events[-1]["seq"] if events else 0
            more = (await self.panel("GET", f"/api/calls/{call_id}/events?after={after}"))["events"]
            if not more:
                return events
            events += more

    def place(self, call: Call) -> None:
        """The REST API has taken a call."""
        task = asyncio.create_task(self._live(call))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def open(self) -> web.AppRunner:
        """Answers Twilio's REST API from now on."""
        app = web.Application()
        app.add_routes(self._api.routes())
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self._port).start()
        return runner

    async def close(self) -> None:
        """Ends all calls, and tells the web app so."""
        for telephone, _ in self._telephones.values():
            telephone.hang_up()
        if self._calls:
            await asyncio.wait(self._calls, timeout=10.0)
        await self._callbacks.close()
        await self._webhooks.close()

    async def _live(self, call: Call) -> None:
        telephone, rings_s = self._telephones[call.to]
        await asyncio.sleep(RINGING_AFTER_S)
        call.status = Status.RINGING
        self._callbacks.status(call, "ringing")
        await asyncio.sleep(rings_s)
        call.status, call.answered_at = Status.IN_PROGRESS, time.time()
        self._callbacks.status(call, "in-progress")
        try:
            await self._connect(call, telephone)
        finally:
            telephone.over.set()
            call.status, call.ended_at, call.done = Status.COMPLETED, time.time(), True
            self._callbacks.status(call, "completed", {"CallDuration": str(call.duration_s)})

    async def _connect(self, call: Call, telephone: Telephone) -> None:
        source = call.options.source
        reply = await self._webhooks.send(source.url, source.method, call_fields(call, "in-progress"))
        connect = next(verb for verb in twiml.parse(reply.body).verbs if isinstance(verb, twiml.Connect))
        headers = self._webhooks.stream_headers(connect.stream.url)
        hang_up = asyncio.create_task(call.hang_up.wait())
        hang_up.add_done_callback(lambda _: telephone.hang_up())
        try:
            await telephone.connect(
                connect.stream.url, headers, self._account.sid, call.sid, **connect.stream.parameters
            )
        finally:
            hang_up.cancel()


@asynccontextmanager
async def open_exchange(stack: Stack, port: int) -> AsyncIterator[Exchange]:
    """The exchange behind `TWILIO_API_BASE_URL` at `port`; at the end all of its calls are hung up."""
    settings = stack.settings
    account = Account(
        settings["TWILIO_ACCOUNT_SID"],
        settings["TWILIO_AUTH_TOKEN"],
        from_numbers=frozenset({settings["TWILIO_FROM_NUMBER"]}),
    )
    exchange = Exchange(stack, account, port)
    runner = await exchange.open()
    try:
        yield exchange
    finally:
        await exchange.close()
        await runner.cleanup()
