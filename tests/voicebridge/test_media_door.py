"""Every way in which a media stream is refused."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from callregistry.call_events import Kind
from callregistry.calls import CallStatus
from tests.voicebridge.conftest import Scene
from tests.voicebridge.fakes import Exchange, Telephone, call_sid_of


async def upgrade_status(port: int, **headers: str) -> int:
    try:
        async with connect(f"ws://127.0.0.1:{port}/media", additional_headers=headers, proxy=None):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


@pytest.mark.parametrize(
    "url",
    ["https://calls.example.org/media", "wss://calls.example.org/feed", "wss://other.example.org/media", ""],
)
async def test_a_signature_over_another_url_is_refused_before_the_upgrade(scene: Scene, url: str) -> None:
    exchange = await scene.open()
    assert await upgrade_status(exchange.port, **{"X-Twilio-Signature": exchange.signature(url or "x")}) == 403


async def test_a_missing_empty_or_foreign_signature_is_refused_before_the_upgrade(scene: Scene) -> None:
    exchange = await scene.open()
    assert await upgrade_status(exchange.port) == 403
    assert await upgrade_status(exchange.port, **{"X-Twilio-Signature": ""}) == 403
    foreign = exchange.signature(auth_token="someone else's")
    assert await upgrade_status(exchange.port, **{"X-Twilio-Signature": foreign}) == 403


@pytest.mark.parametrize("url", ["wss://calls.example.org/media", "wss://calls.example.org/media/"])
async def test_twilio_s_signature_opens_with_or_without_a_slash(scene: Scene, url: str) -> None:
    exchange = await scene.open()
    assert await upgrade_status(exchange.port, **{"X-Twilio-Signature": exchange.signature(url)}) == 101


async def refusal(
    exchange: Exchange, parameters: dict[str, str], *, call_sid: str, account_sid: str | None = None
) -> Any:
    """The close code of a stream that begins like this."""
    async with exchange.open_stream() as socket:
        telephone = Telephone(socket, call_sid, exchange.settings.twilio_account_sid)
        await telephone.begin(parameters, account_sid)
        with pytest.raises(ConnectionClosed) as closed:
            async with asyncio.timeout(5):
                await socket.recv()
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code


async def test_every_wrong_start_is_closed_and_claims_nothing(scene: Scene) -> None:
    exchange = await scene.open()
    call, other = exchange.new_call(), exchange.new_call("+12025550101")
    right, sid = exchange.parameters(call), call_sid_of(call)
    old = exchange.parameters(call, now=time.time() - 61)
    feed_token = right["token"][:-4] + "AAAA"
    wrong: list[tuple[dict[str, str], str, str | None]] = [
        ({}, sid, None),
        ({**right, "token": ""}, sid, None),
        ({**right, "token": "nonsense"}, sid, None),
        ({**right, "token": "ä.ö"}, sid, None),
        ({**right, "token": feed_token}, sid, None),
        ({**right, "attempt": "2"}, sid, None),
        ({**right, "attempt": "one"}, sid, None),
        ({**right, "call": other.id}, sid, None),
        ({**right, "call": "call_unknown"}, sid, None),
        (old, sid, None),
        (right, call_sid_of(other), None),
        (right, sid, "AC" + "1" * 32),
    ]
    for parameters, call_sid, account_sid in wrong:
        assert await refusal(exchange, parameters, call_sid=call_sid, account_sid=account_sid) == 1008
    untouched = scene.registry.call(call.id)
    assert untouched is not None
    assert (untouched.attempt, untouched.status) == (0, CallStatus.QUEUED)
    assert scene.voice.spoken == [text for text in scene.voice.spoken if "Ada" in text], "greetings at most"
    assert scene.mind.asked == []


async def test_a_token_opens_one_stream_only(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    parameters = exchange.parameters(call)
    async with exchange.answered(call, token=parameters["token"]) as telephone:
        await telephone.until_audio()
        assert await refusal(exchange, parameters, call_sid=call_sid_of(call)) == 1008
        await telephone.press("5")
        await scene.until(lambda: len(scene.events(call, Kind.DTMF)) == 1)


async def test_an_attempt_is_claimed_once_whatever_the_token(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        await telephone.until_audio()
        assert await refusal(exchange, exchange.parameters(call), call_sid=call_sid_of(call)) == 1008
        assert await refusal(exchange, exchange.parameters(call, 3), call_sid=call_sid_of(call)) == 1008


@pytest.mark.parametrize("over", ["finished", "ended"])
async def test_a_call_that_is_over_cannot_be_opened(scene: Scene, over: str) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    if over == "finished":
        scene.registry.finish_call(call.id, "said_goodbye", now=time.time())
    else:
        scene.registry.advance_status(call.id, CallStatus.CANCELED, now=time.time())
    assert await refusal(exchange, exchange.parameters(call), call_sid=call_sid_of(call)) == 1008


@pytest.mark.parametrize(
    "message", ["{", b"\x00\x01", '{"event":"stop"}', '{"event":"mark","mark":{"name":"1.1"}}', "null"]
)
async def test_what_is_no_start_ends_the_stream(scene: Scene, message: str | bytes) -> None:
    exchange = await scene.open()
    async with exchange.open_stream() as socket:
        await socket.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            async with asyncio.timeout(2):
                await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


async def test_a_stream_that_never_starts_is_closed_within_the_deadline(scene: Scene) -> None:
    exchange = await scene.open()
    async with exchange.open_stream() as socket:
        await socket.send('{"event":"connected","protocol":"Call","version":"1.0.0"}')
        with pytest.raises(ConnectionClosed) as closed:
            async with asyncio.timeout(7):
                await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


async def test_a_message_above_64_kib_closes_the_stream(scene: Scene) -> None:
    exchange = await scene.open()
    async with exchange.open_stream() as socket:
        await socket.send("x" * (64 * 1024 + 1))
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009
