"""Requests to the web app, which has the Twilio account: hang up, and the news that a call is over.

An outbox in memory: each request is sent again, signed anew (`callregistry/link.py`), until it is acknowledged or has
become pointless. If the bridge dies with one in it, Twilio comes back for the rest of its TwiML, and is told the same.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import msgspec

from callregistry import link
from callregistry.logs import get_logger

log = get_logger(__name__)

GIVE_UP_AFTER_S = 60.0
FIRST_PAUSE_S = 0.25
MAX_PAUSE_S = 5.0
HANG_UP = "/callbacks/hangup"
CALL_OVER = "/callbacks/call-over"


class WebCallbacks:
    """Open it with `open_web_callbacks`."""

    def __init__(self, base_url: str, secret: str, client: httpx2.AsyncClient, tasks: asyncio.TaskGroup) -> None:
        self._base_url, self._secret, self._client, self._tasks = base_url, secret, client, tasks
        self._under_way: set[asyncio.Task[bool]] = set()

    def post(self, path: str, body: dict[str, Any]) -> asyncio.Task[bool]:
        """Sends `body` to the web app, again and again. The task ends with True once it is acknowledged."""
        task = self._tasks.create_task(self._deliver(path, msgspec.json.encode(body)))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def settle(self, within_s: float) -> None:
        """Waits for what is under way; what is not acknowledged `within_s` is dropped."""
        under_way = set(self._under_way)
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=within_s)
            for task in late:
                task.cancel()

    async def _deliver(self, path: str, body: bytes) -> bool:
        loop = asyncio.get_running_loop()
        give_up_at, pause_s = loop.time() + GIVE_UP_AFTER_S, FIRST_PAUSE_S
        while True:
            problem, final = await self._attempt(path, body)
            if problem is None:
                return True
            if final or loop.time() + pause_s > give_up_at:
                log.error("callback not delivered", path=path, problem=problem)
                return False
            log.warning("callback failed, will be sent again", path=path, problem=problem)
            await asyncio.sleep(pause_s * (0.5 + random.random()))  # noqa: S311 - jitter, not a secret
            pause_s = min(pause_s * 2, MAX_PAUSE_S)

    async def _attempt(self, path: str, body: bytes) -> tuple[str | None, bool]:
        """(what went wrong or None, whether trying again is pointless)."""
        headers = link.sign(self._secret, "POST", path, body, now=time.time())
        try:
            response = await self._client.post(
                self._base_url + path, content=body, headers=headers | {"Content-Type": "application/json"}
            )
        except httpx2.HTTPError as error:
            return type(error).__name__, False
        if response.is_success:
            return None, True
        return f"status {response.status_code}", response.status_code in {400, 403, 404, 405, 413}


@asynccontextmanager
async def open_web_callbacks(base_url: str, secret: str, *, settle_s: float = 5.0) -> AsyncIterator[WebCallbacks]:
    """The outbox of this process; at the end it has `settle_s` to become empty."""
    # No proxy from the environment: the other process is ours.
    async with (
        httpx2.AsyncClient(timeout=httpx2.Timeout(10.0, connect=2.0), trust_env=False) as client,
        asyncio.TaskGroup() as tasks,
    ):
        callbacks = WebCallbacks(base_url, secret, client, tasks)
        try:
            yield callbacks
        finally:
            await callbacks.settle(settle_s)
