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
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from callregistry import tokens
from callregistry.registry import Registry

POLL_S = 0.02


class FeedServer:
    """Runs in a thread of its own, on one port of 127.0.0.1 for its whole life."""

    def __init__(self, registry: Registry, link_secret: str, port: int = 0) -> None:
        self.registry = registry
        self.link_secret = link_secret
        self.port = port
        self.subscriptions: list[dict[str, Any]] = []
        """The first message of every connection whose ticket was good, oldest first."""
        self.tickets_to_refuse = 0
        self.send_twice = False
        self._connections: set[ServerConnection] = set()
        self._server: Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="feed", daemon=True)
        self._thread.start()
        self.listen()

    def listen(self) -> None:
        """Accepts connections (again)."""
        self._wait_for(self._listen())

    def die(self) -> None:
        """Drops every connection without a goodbye, and refuses new ones until `listen`."""
        self._wait_for(self._die())

    def close(self) -> None:
        """Ends the server and its thread."""
        self._wait_for(self._die())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _wait_for(self, coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await serve(self._serve_one, "127.0.0.1", self.port)
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def _die(self) -> None:
        if self._server is None:
            return
        server, self._server = self._server, None
        for connection in self._connections:
            connection.transport.abort()
        server.close(close_connections=False)
        await server.wait_closed()

    async def _serve_one(self, connection: ServerConnection) -> None:
        self._connections.add(connection)
        with contextlib.suppress(ConnectionClosed):
            await self._follow(connection)
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
        while connection.state is State.OPEN:
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
            message = json.dumps({"type": "event", **event.as_dict()})
            await connection.send(message)
            if self.send_twice:
                await connection.send(message)
            last = event.seq
        return last
