"""One browser on `/feed`: a ticket, the call's events from a sequence number on, and then whatever happens.

A browser that does not read is dropped and comes back by itself, with the last number it has: it loses nothing, and
nobody waits for it. Each event says which one was sent before it (`after`), because not every number is sent: the steps
of the turn machine are for `scripts/replay`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, aclosing, asynccontextmanager

import msgspec
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from callregistry import tokens
from callregistry.call_events import Kind
from callregistry.calls import Call
from callregistry.logs import get_logger
from voicebridge import metrics
from voicebridge.call_log import CallLog

log = get_logger(__name__)

FIRST_MESSAGE_WITHIN_S = 5.0
PING_EVERY_S = 10.0
SEND_TIMEOUT_S = 5.0
CLOSE_WITHIN_S = 2.0
STAYS_AFTER_CALL_S = 60.0
MAX_MESSAGES_PER_S = 10
MAX_MESSAGE_BYTES = 4096
NOT_FOR_BROWSERS = frozenset({Kind.TURN_STEP})

TICKET_REFUSED = 4401
NO_SUCH_CALL = 4404
TOO_SLOW = 4408
TOO_MANY = 1013


class _Hello(msgspec.Struct):
    ticket: str
    call: str
    after: int = 0


class _Refused(Exception):  # noqa: N818 - how this connection ends, not an error
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class BrowserFeed:
    """One connection, from its first message to its close."""

    def __init__(
        self,
        socket: ServerConnection,
        call_log: CallLog,
        link_secret: str,
        take_seat: Callable[[], AbstractContextManager[bool]],
    ) -> None:
        self._socket, self._log, self._secret = socket, call_log, link_secret
        self._take_seat = take_seat

    async def run(self) -> None:
        """Serves the browser until it leaves, is dropped, or the call has been over for a while."""
        try:
            call, after = await self._admit()
            async with self._seated(), asyncio.TaskGroup() as tasks:
                tasks.create_task(self._watch_reader())
                tasks.create_task(self._ping(call.id))
                tasks.create_task(self._tell(call.id, after))
        except* _Refused as refusals:
            refusal = refusals.exceptions[0]
            assert isinstance(refusal, _Refused)
            if refusal.code != 1000:
                metrics.FEED_DROPPED.labels(refusal.reason).inc()
                log.info("feed closed", code=refusal.code, reason=refusal.reason)
            await self._close(refusal)
        except* ConnectionClosed:
            pass  # the browser left

    @asynccontextmanager
    async def _seated(self) -> AsyncIterator[None]:
        """Seats are for those with a ticket: strangers at the door must not keep operators out."""
        with self._take_seat() as there_was_one:
            if not there_was_one:
                raise _Refused(TOO_MANY, "too many browsers")
            yield

    async def _close(self, refusal: _Refused) -> None:
        try:
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self._socket.close(refusal.code, refusal.reason)
        except TimeoutError:  # it does not even read that: what is queued for it must not stay in memory
            self._socket.transport.abort()

    async def _admit(self) -> tuple[Call, int]:
        try:
            async with asyncio.timeout(FIRST_MESSAGE_WITHIN_S):
                hello = msgspec.json.decode(await self._socket.recv(), type=_Hello)
        except (TimeoutError, msgspec.DecodeError, UnicodeDecodeError):
            raise _Refused(1008, "no ticket") from None
        try:
            claims = tokens.verify(self._secret, hello.ticket, tokens.FEED, now=time.time())
        except tokens.TokenError:
            raise _Refused(TICKET_REFUSED, "ticket refused") from None
        registry = self._log.registry
        fresh = await self._log.ask(registry.redeem_token, f"feed:{claims.nonce}", claims.expires_at, now=time.time())
        if not fresh:
            raise _Refused(TICKET_REFUSED, "ticket used before")
        call = await self._log.ask(registry.call, hello.call)
        if call is None:
            raise _Refused(NO_SUCH_CALL, "no such call")
        return call, max(0, hello.after)

    async def _tell(self, call_id: str, after: int) -> None:
        caught_up, told, newest = False, after, after
        async with aclosing(self._log.follow(call_id, after)) as batches:
            async for events in batches:
                for event in events:
                    newest = event.seq
                    if event.kind not in NOT_FOR_BROWSERS:
                        await self._send({"type": "event", "after": told} | event.as_dict())
                        told = newest
                if not events and not caught_up:
                    caught_up = True
                    await self._send({"type": "caught_up", "seq": newest})

    async def _ping(self, call_id: str) -> None:
        while True:
            await asyncio.sleep(PING_EVERY_S)
            await self._send({"type": "ping"})
            call = await self._log.ask(self._log.registry.call, call_id)
            if call is not None and call.ended_at is not None and call.ended_at < time.time() - STAYS_AFTER_CALL_S:
                raise _Refused(1000, "the call is over")

    async def _watch_reader(self) -> None:
        """Nothing is expected of the browser any more; a little is borne."""
        window, count = 0.0, 0
        async for message in self._socket:
            now = asyncio.get_running_loop().time()
            window, count = (now, 0) if now - window > 1.0 else (window, count)
            count += 1
            if count > MAX_MESSAGES_PER_S or len(message) > MAX_MESSAGE_BYTES:
                raise _Refused(1008, "too many messages")
        raise _Refused(1000, "the browser left")

    async def _send(self, message: dict[str, object]) -> None:
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._socket.send(msgspec.json.encode(message).decode())
        except TimeoutError:
            raise _Refused(TOO_SLOW, "too slow") from None
