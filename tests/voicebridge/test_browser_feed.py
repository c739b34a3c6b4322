"""The browser feed: who gets in, what it tells, and whom it drops."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.typing import Origin

from callregistry import tokens
from callregistry.call_events import Kind
from callregistry.registry import NewEvent
from tests.voicebridge.conftest import Scene
from tests.voicebridge.fakes import Exchange

ORIGIN = "http://127.0.0.1:5000"


def ticket(exchange: Exchange, *, purpose: str = tokens.FEED, now: float | None = None) -> str:
    secret = exchange.settings.link_secret.get_secret_value()
    return tokens.mint(secret, purpose, "session-1", ttl_s=30, now=now or time.time())


@asynccontextmanager
async def browser(
    exchange: Exchange, hello: Any = None, origin: str | None = ORIGIN
) -> AsyncIterator[ClientConnection]:
    async with connect(
        f"ws://127.0.0.1:{exchange.port}/feed",
        origin=None if origin is None else Origin(origin),
        proxy=None,
        close_timeout=1,
    ) as socket:
        if hello is not None:
            await socket.send(hello if isinstance(hello, str | bytes) else json.dumps(hello))
        yield socket


async def next_message(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(3):
        message: dict[str, Any] = json.loads(await socket.recv())
        return message


async def close_code(socket: ClientConnection, within_s: float = 3.0) -> int:
    async with asyncio.timeout(within_s):
        with contextlib.suppress(ConnectionClosedError):
            async for _ in socket:
                pass
        await socket.wait_closed()
    assert socket.close_code is not None
    return socket.close_code


@pytest.mark.parametrize("origin", [None, "https://evil.example", "http://127.0.0.1:5001", "null"])
async def test_a_page_from_elsewhere_is_refused_before_the_upgrade(scene: Scene, origin: str | None) -> None:
    exchange = await scene.open()
    with pytest.raises(InvalidStatus) as refused:
        async with browser(exchange, origin=origin):
            pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("origin", [ORIGIN, "http://localhost:5000"])
async def test_the_panel_s_own_pages_come_in(scene: Scene, origin: str) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    async with browser(exchange, {"ticket": ticket(exchange), "call": call.id, "after": 0}, origin) as socket:
        assert (await next_message(socket))["kind"] == Kind.CALL_CREATED


async def test_the_past_is_replayed_and_then_everything_that_happens_in_order(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    for digit in "12":
        scene.registry.append_events([NewEvent(call.id, Kind.DTMF, {"digit": digit}, 5.0)])
    async with browser(exchange, {"ticket": ticket(exchange), "call": call.id, "after": 1}) as socket:
        first, second = await next_message(socket), await next_message(socket)
        assert first == {
            "type": "event", "after": 1,
            "call_id": call.id, "seq": 2, "at": 5.0, "kind": "person.pressed", "data": {"digit": "1"},
        }  # fmt: skip
        assert second["seq"] == 3
        assert await next_message(socket) == {"type": "caught_up", "seq": 3}
        scene.registry.append_events([NewEvent(call.id, Kind.DTMF, {"digit": "3"}, 6.0)])
        assert scene.bridge is not None
        scene.bridge.house.call_log.record(call.id, Kind.DTMF, {"digit": "4"})
        assert [(await next_message(socket))["seq"] for _ in range(2)] == [4, 5]


async def test_a_reconnect_loses_and_doubles_nothing(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    seen: list[int] = []
    for digit in "123456":
        async with browser(
            exchange, {"ticket": ticket(exchange), "call": call.id, "after": max(seen, default=0)}
        ) as socket:
            while (message := await next_message(socket))["type"] == "event":
                seen.append(message["seq"])
            scene.registry.append_events([NewEvent(call.id, Kind.DTMF, {"digit": digit}, 5.0)])
    assert seen == list(range(1, 7))


async def test_steps_of_the_turn_machine_are_not_sent_and_leave_no_gap(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()

    def happens(*kinds: Kind) -> None:
        scene.registry.append_events([NewEvent(call.id, kind, {}, 5.0) for kind in kinds])

    happens(Kind.TURN_STEP, Kind.DTMF, Kind.TURN_STEP)
    async with browser(exchange, {"ticket": ticket(exchange), "call": call.id}) as socket:
        told = [await next_message(socket) for _ in range(2)]
        assert await next_message(socket) == {"type": "caught_up", "seq": 4}
        happens(*[Kind.TURN_STEP] * 600, Kind.AGENT_STATE)
        happens(Kind.TURN_STEP, Kind.DTMF)
        told += [await next_message(socket) for _ in range(2)]
    assert [(m["after"], m["seq"], m["kind"]) for m in told] == [
        (0, 1, Kind.CALL_CREATED),
        (1, 3, Kind.DTMF),
        (3, 605, Kind.AGENT_STATE),
        (605, 607, Kind.DTMF),
    ]
    async with browser(exchange, {"ticket": ticket(exchange), "call": call.id, "after": 605}) as socket:
        message = await next_message(socket)
        assert (message["after"], message["seq"]) == (605, 607)


async def test_a_ticket_that_is_wrong_old_for_something_else_or_used_is_refused(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    used = ticket(exchange)
    async with browser(exchange, {"ticket": used, "call": call.id}) as socket:
        await next_message(socket)
    refused = [used, "", "x.y", ticket(exchange, purpose=tokens.STREAM), ticket(exchange, now=time.time() - 31)]
    for wrong in refused:
        async with browser(exchange, {"ticket": wrong, "call": call.id}) as socket:
            assert await close_code(socket) == 4401


async def test_a_call_that_does_not_exist_is_told(scene: Scene) -> None:
    exchange = await scene.open()
    async with browser(exchange, {"ticket": ticket(exchange), "call": "call_unknown"}) as socket:
        assert await close_code(socket) == 4404


@pytest.mark.parametrize("hello", ["{", "[]", '{"ticket":7}', b"\xff\x00", '{"call":"x"}', "null"])
async def test_a_first_message_that_is_no_ticket_is_refused(scene: Scene, hello: str | bytes) -> None:
    exchange = await scene.open()
    async with browser(exchange, hello) as socket:
        assert await close_code(socket) == 1008


async def test_a_browser_that_says_nothing_is_closed(scene: Scene) -> None:
    exchange = await scene.open()
    async with browser(exchange) as socket:
        assert await close_code(socket, within_s=7) == 1008


@pytest.mark.parametrize("flood", [["x"] * 20, ["x" * 5000]])
async def test_a_browser_that_talks_too_much_is_closed(scene: Scene, flood: list[str]) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    async with browser(exchange, {"ticket": ticket(exchange), "call": call.id}) as socket:
        await next_message(socket)
        for message in flood:
            await socket.send(message)
        assert await close_code(socket) == 1008


async def test_a_browser_that_does_not_read_is_dropped_and_nobody_waits_for_it(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    reader, writer = await asyncio.open_connection("127.0.0.1", exchange.port, limit=1024)
    writer.write(
        f"GET /feed HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: {ORIGIN}\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    hello = json.dumps({"ticket": ticket(exchange), "call": call.id}).encode()
    writer.write(bytes([0x81, 0xFE]) + len(hello).to_bytes(2, "big") + bytes(4) + hello)  # masked with zeros
    await reader.readexactly(2)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    assert scene.bridge is not None
    server = scene.bridge.server
    assert server.feeds_active == 1
    for _ in range(40):
        scene.registry.append_events([NewEvent(call.id, Kind.DTMF, {"digit": "x" * 50_000}, 5.0) for _ in range(10)])
    async with browser(exchange, {"ticket": ticket(exchange), "call": call.id}) as other:
        while (message := await next_message(other))["type"] == "event":
            assert message["call_id"] == call.id
    await scene.until(lambda: server.feeds_active == 0, within_s=12)
    writer.transport.abort()


async def test_a_browser_that_leaves_leaves_nothing_behind(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    assert scene.bridge is not None
    server = scene.bridge.server
    for _ in range(5):
        async with browser(exchange, {"ticket": ticket(exchange), "call": call.id}) as socket:
            await next_message(socket)
            assert server.feeds_active == 1
        await scene.until(lambda: server.feeds_active == 0)
