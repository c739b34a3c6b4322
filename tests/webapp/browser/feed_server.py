"""A small `/feed` for the browser tests: real WebSockets, real tickets, events from the real registry.

It is not the bridge: it can be stopped in the middle of a call, and told to refuse tickets.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Coroutine
from http import HTTPStatus
from typing import Any, TypeVar

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State

from callregistry import tokens
from callregistry.call_events import Kind
from callregistry.registry import Registry

POLL_S = 0.02
Result = TypeVar("Result")


class FeedServer:
    """Runs in a thread of its own, on one port of 127.0.0.1 for its whole life."""

    def __init__(self, registry: Registry, link_secret: str) -> None:
        self.registry = registry
        self.link_secret = link_secret
        self.subscriptions: list[dict[str, Any]] = []
        """The first message of every connection whose ticket was good, oldest first."""
        self.tickets_to_refuse = 0
        self.send_twice = False
        self.lose_next = False
        self._alive = False
        self._connections: set[ServerConnection] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="feed", daemon=True)
        self._thread.start()
        self._server: Server = self._wait_for(self._open())
        self.port: int = next(iter(self._server.sockets)).getsockname()[1]
        self.listen()

    def listen(self) -> None:
        """Accepts connections (again)."""
        self._alive = True

    def die(self) -> None:
        """Drops every connection without a goodbye, and refuses new ones until `listen`.

        Its port stays taken, or another program might have it by then.
        """
        self._alive = False
        self._wait_for(self._drop_all())

    def close(self) -> None:
        """Ends the server and its thread."""
        self.die()
        self._server.close()
        self._wait_for(self._server.wait_closed())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _wait_for(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _open(self) -> Server:
        return await serve(self._serve_one, "127.0.0.1", 0, process_request=self._refuse)

    async def _refuse(self, connection: ServerConnection, _request: Request) -> Response | None:
        return None if self._alive else connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "stopped")

    async def _drop_all(self) -> None:
        for connection in self._connections:
            connection.transport.abort()

    async def _serve_one(self, connection: ServerConnection) -> None:
        self._connections.add(connection)
        with contextlib.suppress(ConnectionClosed):
            await self._follow(connection)
        if not self._alive:
            connection.transport.abort()
        self._connections.discard(connection)

    async def _follow(self, connection: ServerConnection) -> None:
        asked = json.loads(await asyncio.wait_for(connection.recv(), 5))
        if not self._accepts(asked["ticket"]):
            await connection.close(4401, "ticket refused")
            return
        if self.registry.call(asked["call"]) is None:
            await connection.close(4404, "no such call")
            return
        self.subscriptions.append(asked)
        last = await self._send_news(connection, asked["call"], asked["after"])
        await connection.send(json.dumps({"type": "caught_up", "seq": last}))
        while self._alive and connection.state is State.OPEN:
            await asyncio.sleep(POLL_S)
            last = await self._send_news(connection, asked["call"], last)

    def _accepts(self, ticket: str) -> bool:
        if self.tickets_to_refuse > 0:
            self.tickets_to_refuse -= 1
            return False
        try:
            claims = tokens.verify(self.link_secret, ticket, tokens.FEED, now=time.time())
        except tokens.TokenError:
            return False
        return self.registry.redeem_token("feed:" + claims.nonce, claims.expires_at, now=time.time())

    async def _send_news(self, connection: ServerConnection, call_id: str, last: int) -> int:
        for event in self.registry.events_after(call_id, last):
            if event.kind == Kind.TURN_STEP:
                continue
            message = json.dumps({"type": "event", "after": last, **event.as_dict()})
            last = event.seq
            if self.lose_next:
                self.lose_next = False
                continue
            for _ in range(2 if self.send_twice else 1):
                await connection.send(message)
        return last
