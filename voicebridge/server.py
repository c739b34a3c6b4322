"""The bridge's one port: `/media` for Twilio, `/feed` for browsers, and health for whoever watches.

Plain HTTP is answered before the upgrade. What is not let in leaves nothing behind: no task, no row, no log line of its
own. On SIGTERM the bridge is `draining`: nobody new, and calls go on to their end.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus

from sqlalchemy.exc import SQLAlchemyError
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from callregistry.logs import get_logger
from callregistry.registry import StreamRefused
from voicebridge import metrics
from voicebridge.browser_feed import BrowserFeed
from voicebridge.call_session import CallSession, House
from voicebridge.media_door import MediaDoor

log = get_logger(__name__)

MAX_MESSAGE_BYTES = 64 * 1024
MAX_FEED_CLIENTS = 50
MAX_BROWSERS = 300
"""Feed connections in all: those with a ticket, and those that have five seconds to show one."""
HANDSHAKE_WITHIN_S = 5.0
REGISTRY_ANSWERS_WITHIN_S = 2.0


class BridgeServer:
    """Routes, limits and drain. Open it with `open_server`."""

    def __init__(self, house: House, bridge: str) -> None:
        self._house = house
        self._door = MediaDoor(house.settings, house.call_log, bridge)
        self._calls: set[asyncio.Task[None]] = set()
        self._browsers = 0
        self._feeds = 0
        self._draining = False

    @property
    def calls_active(self) -> int:
        """How many calls have their audio flowing here."""
        return len(self._calls)

    @property
    def feeds_active(self) -> int:
        """How many browsers are on the feed, with a ticket."""
        return self._feeds

    async def answer_http(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answers plain HTTP, and upgrades that may not be; None lets the upgrade happen."""
        path = _path(request)
        match path:
            case "/healthz":
                return connection.respond(HTTPStatus.OK, "ok\n")
            case "/readyz":
                return await self._readiness(connection)
            case "/metrics":
                return self._metrics(connection, request)
            case "/media" | "/media/":
                return self._may_stream(connection, request)
            case "/feed":
                return self._may_follow(connection, request)
            case _:
                return connection.respond(HTTPStatus.NOT_FOUND, "not found\n")

    async def handle(self, socket: ServerConnection) -> None:
        """One WebSocket, from its upgrade to its close."""
        assert socket.request is not None
        if _path(socket.request) == "/feed":
            await self._serve_feed(socket)
        else:
            await self._serve_stream(socket)

    async def drain(self, within_s: float) -> None:
        """Lets nobody new in and waits for the calls to end; those that last longer are ended."""
        self._draining = True
        if not self._calls:
            return
        log.info("draining", calls=len(self._calls), within_s=within_s)
        _, late = await asyncio.wait(set(self._calls), timeout=within_s)
        for call in late:
            call.cancel()
        if late:
            log.warning("calls cut off by the drain limit", calls=len(late))
            await asyncio.wait(late, timeout=5.0)

    async def _serve_stream(self, socket: ServerConnection) -> None:
        try:
            admission = await self._door.admit(socket)
        except StreamRefused as refusal:
            metrics.STREAM_REJECTED.labels(str(refusal)).inc()
            log.warning("stream refused", reason=str(refusal))
            await socket.close(1008, "refused")
            return
        call = asyncio.current_task()
        assert call is not None
        self._calls.add(call)
        close_code = 1001  # cancelled: the bridge stops
        try:
            await CallSession(socket, admission, self._house).run()
            close_code = 1000
        except* Exception:  # noqa: BLE001 - the edge of a call: one that fails must not take others with it
            log.exception("call failed", call=admission.call.id)
            close_code = 1011
        finally:
            self._calls.discard(call)
            await socket.close(close_code)

    async def _serve_feed(self, socket: ServerConnection) -> None:
        secret = self._house.settings.link_secret.get_secret_value()
        self._browsers += 1
        try:
            await BrowserFeed(socket, self._house.call_log, secret, self._take_seat).run()
        except* Exception:  # noqa: BLE001 - the edge of a feed connection
            log.exception("feed failed")
            await socket.close(1011)
        finally:
            self._browsers -= 1

    @contextmanager
    def _take_seat(self) -> Iterator[bool]:
        """Whether there was a place on the feed; it is held until the end."""
        if self._feeds >= MAX_FEED_CLIENTS:
            yield False
            return
        self._feeds += 1
        metrics.FEED_CLIENTS.inc()
        try:
            yield True
        finally:
            self._feeds -= 1
            metrics.FEED_CLIENTS.dec()

    def _may_stream(self, connection: ServerConnection, request: Request) -> Response | None:
        if self._draining:
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "draining\n")
        if not self._door.is_signed_by_twilio(_header(request, "X-Twilio-Signature")):
            metrics.STREAM_REJECTED.labels("signature").inc()
            return connection.respond(HTTPStatus.FORBIDDEN, "forbidden\n")
        return None

    def _may_follow(self, connection: ServerConnection, request: Request) -> Response | None:
        if _header(request, "Origin") not in self._house.settings.allowed_origins:
            return connection.respond(HTTPStatus.FORBIDDEN, "origin not allowed\n")
        if self._browsers >= MAX_BROWSERS:
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "too many browsers\n")
        return None

    async def _readiness(self, connection: ServerConnection) -> Response:
        if self._draining:
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "draining\n")
        try:
            async with asyncio.timeout(REGISTRY_ANSWERS_WITHIN_S):
                await self._house.call_log.ask(self._house.call_log.registry.is_ready)
        except (SQLAlchemyError, TimeoutError):
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "the registry does not answer\n")
        return connection.respond(HTTPStatus.OK, "ready\n")

    def _metrics(self, connection: ServerConnection, request: Request) -> Response:
        token = self._house.settings.metrics_token
        if token is None:
            return connection.respond(HTTPStatus.NOT_FOUND, "not found\n")
        shown = (_header(request, "Authorization") or "").removeprefix("Bearer ")
        if not hmac.compare_digest(shown.encode(), token.get_secret_value().encode()):
            return connection.respond(HTTPStatus.UNAUTHORIZED, "unauthorized\n")
        return connection.respond(HTTPStatus.OK, metrics.exposition().decode())


class _Calm(logging.Filter):
    """At most one line a second, without stack traces: anybody on the internet can make a handshake fail."""

    def __init__(self) -> None:
        super().__init__()
        self._next_at = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        if now < self._next_at:
            return False
        self._next_at = now + 1.0
        record.exc_info = None
        record.exc_text = None
        return True


def _path(request: Request) -> str:
    """Without the query. Not parsed any further: anybody can ask for anything."""
    return request.path.partition("?")[0]


def _header(request: Request, name: str) -> str | None:
    """A header that must not come twice; None if it is absent or does."""
    values = request.headers.get_all(name)
    return values[0] if len(values) == 1 else None


@asynccontextmanager
async def open_server(house: House, bridge: str, host: str, port: int) -> AsyncIterator[tuple[BridgeServer, Server]]:
    """Listens on `host:port` (0: any free one); at the end, what is still open is closed (1001)."""
    logger = logging.getLogger("voicebridge.websockets")
    logger.filters[:] = [_Calm()]
    logger.setLevel(logging.WARNING)
    bridge_server = BridgeServer(house, bridge)
    async with serve(
        bridge_server.handle,
        host,
        port,
        process_request=bridge_server.answer_http,
        compression=None,  # Twilio offers none, and a compression bomb costs memory
        max_size=MAX_MESSAGE_BYTES,
        max_queue=256,  # frames: 5 s of audio, should the loop be late
        open_timeout=HANDSHAKE_WITHIN_S,
        ping_interval=20,
        ping_timeout=20,
        close_timeout=3,
        server_header=None,
        logger=logger,
    ) as server:
        yield bridge_server, server
