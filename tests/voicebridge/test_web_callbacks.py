"""The outbox to the web app, over real HTTP."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from callregistry import link
from voicebridge.web_callbacks import CALL_OVER, HANG_UP, open_web_callbacks

SECRET = "s" * 32


class WebApp:
    """Stands in for the web app: answers with `statuses` one after the other, then 200."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.taken: list[tuple[str, dict[str, object]]] = []
        self.nonces: list[str] = []
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        signed = link.verify(SECRET, request.method, request.path, body, request.headers, now=time.time())
        self.nonces.append(signed.nonce)
        self.taken.append((request.path, json.loads(body)))
        return web.json_response({"ok": True}, status=self.statuses.pop(0) if self.statuses else 200)


@pytest.fixture
async def web_app() -> AsyncIterator[WebApp]:
    app, standing_in = web.Application(), WebApp()
    app.router.add_post("/callbacks/{what}", standing_in.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    standing_in.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield standing_in
    await runner.cleanup()


async def test_a_request_is_signed_and_acknowledged(web_app: WebApp) -> None:
    async with open_web_callbacks(web_app.url, SECRET) as callbacks:
        assert await callbacks.post(HANG_UP, {"call_id": "call_1", "attempt": 1, "reason": "said_goodbye"})
    assert web_app.taken == [(HANG_UP, {"call_id": "call_1", "attempt": 1, "reason": "said_goodbye"})]


async def test_a_request_is_sent_again_signed_anew_until_it_is_acknowledged(web_app: WebApp) -> None:
    web_app.statuses = [500, 503]
    async with open_web_callbacks(web_app.url, SECRET) as callbacks:
        assert await callbacks.post(HANG_UP, {"call_id": "call_1"})
    assert len(web_app.taken) == 3
    assert len(set(web_app.nonces)) == 3


@pytest.mark.parametrize("status", [403, 404])
async def test_a_refusal_is_final(web_app: WebApp, status: int) -> None:
    web_app.statuses = [status]
    async with open_web_callbacks(web_app.url, SECRET) as callbacks:
        assert not await callbacks.post(CALL_OVER, {"call_id": "call_1"})
    assert len(web_app.taken) == 1


async def test_a_web_app_that_is_down_does_not_hold_up_the_end(web_app: WebApp) -> None:
    began = asyncio.get_running_loop().time()
    async with open_web_callbacks("http://127.0.0.1:9", SECRET, settle_s=0.1) as callbacks:
        callbacks.post(CALL_OVER, {"call_id": "call_1"})
    assert asyncio.get_running_loop().time() - began < 1.0


async def test_what_is_under_way_is_delivered_before_the_end(web_app: WebApp) -> None:
    web_app.statuses = [500]
    async with open_web_callbacks(web_app.url, SECRET, settle_s=3.0) as callbacks:
        callbacks.post(CALL_OVER, {"call_id": "call_1"})
    assert len(web_app.taken) == 2
