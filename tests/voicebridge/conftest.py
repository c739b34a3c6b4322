"""A whole bridge for a test: real sockets, a real registry, providers that do as told."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from callregistry.call_events import Kind
from callregistry.calls import Call, CallEvent
from callregistry.registry import Registry
from callregistry.settings import load_settings
from tests.voicebridge.fakes import Exchange, ScriptedEars, ScriptedMind, ScriptedVoice, hum
from voicebridge.audio import codec
from voicebridge.bridge import RunningBridge, open_bridge
from voicebridge.dialogue.endpointing import Patience
from voicebridge.dialogue.events import LineName
from voicebridge.dialogue.turn_taking import Timing
from voicebridge.lines import WORDS, Lines
from voicebridge.providers.selection import Providers
from voicebridge.settings import BridgeSettings

QUICK = Timing(
    patience=Patience(complete_s=0.3, doubtful_s=0.3, open_s=0.3, unknown_s=0.3),
    in_code_s=0.3,
    barge_in_s=0.2,
    idle_s=30.0,
    idle_again_s=30.0,
)


def synthetic_lines() -> Lines:
    """Every line as a hum of its own length: 0.4 s, and a little more for each."""
    audio = {name: codec.encode(hum(0.4 + 0.02 * place, 8000)) for place, name in enumerate(LineName)}
    return Lines(WORDS["en"], audio)


def bridge_settings(tmp_path: Path, **more: Any) -> BridgeSettings:
    """Complete settings that read no file."""
    values: dict[str, Any] = {
        "public_base_url": "http://127.0.0.1:5000",
        "public_stream_url": "wss://calls.example.org/media",
        "panel_origins": "http://localhost:5000",
        "twilio_account_sid": "AC" + "0" * 32,
        "twilio_auth_token": "twilio-token",
        "caller_name": "Sunrise House",
        "registry_url": f"sqlite:///{tmp_path}/calls.db",
        "link_secret": "l" * 32,
        "metrics_token": "metrics-token",
        "openai_api_key": "sk-none",
        "web_callback_url": "http://127.0.0.1:9",
    }
    return load_settings(BridgeSettings, _env_file=None, **(values | more))


@dataclass
class Scene:
    """What a test sets up before it opens the bridge, and what it looks at."""

    tmp_path: Path
    registry: Registry
    stack: AsyncExitStack
    ears: ScriptedEars = field(default_factory=ScriptedEars)
    mind: ScriptedMind = field(default_factory=ScriptedMind)
    voice: ScriptedVoice = field(default_factory=ScriptedVoice)
    lines: Lines = field(default_factory=synthetic_lines)
    callbacks: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    bridge: RunningBridge | None = None

    async def open(self, timing: Timing = QUICK, **settings: Any) -> Exchange:
        """Starts the bridge (and a web app that acknowledges every callback)."""
        url = await self.stack.enter_async_context(_web_app(self.callbacks))
        chosen = bridge_settings(self.tmp_path, web_callback_url=url, **settings)
        providers = Providers(self.ears, self.mind, self.voice, self.voice)
        self.bridge = await self.stack.enter_async_context(
            open_bridge(chosen, self.registry, providers, self.lines, port=0, take_voice=False, timing=timing)
        )
        return Exchange(chosen, self.registry, self.bridge.port)

    def events(self, call: Call, *kinds: Kind) -> list[CallEvent]:
        """The call's events (of these kinds), as the registry has them."""
        return [event for event in self.registry.events_after(call.id) if not kinds or event.kind in kinds]

    def said(self, call: Call) -> list[tuple[str, str, bool]]:
        """What we said: role, what was heard, whether we were interrupted."""
        events = self.events(call, Kind.AGENT_SAID)
        return [(event.data["role"], event.data["heard"], event.data["interrupted"]) for event in events]

    async def until(self, condition: Callable[[], bool], within_s: float = 5.0) -> None:
        """Waits for something to be in the registry."""
        async with asyncio.timeout(within_s):
            while not condition():  # noqa: ASYNC110 - another thread writes it
                await asyncio.sleep(0.02)

    async def until_listening(self, call: Call, after: int = 0) -> None:
        """Waits until we have finished speaking at least `after` + 1 times, and what came with it is written."""
        await self.until(lambda: len(self.events(call, Kind.AGENT_SAID)) > after)
        assert self.bridge is not None
        await self.bridge.house.call_log.flush()

    @contextmanager
    def locked_registry(self) -> Iterator[None]:
        """Somebody else holds the database, and nothing can be written."""
        somebody = sqlite3.connect(self.tmp_path / "calls.db", isolation_level=None)
        somebody.execute("BEGIN IMMEDIATE")
        yield
        somebody.rollback()
        somebody.close()

    async def until_no_call_is_active(self) -> None:
        """Waits until every call's task of the bridge is gone, and all they have recorded is written."""
        assert self.bridge is not None
        server = self.bridge.server
        await self.until(lambda: server.calls_active == 0)
        await self.bridge.house.call_log.flush()


@asynccontextmanager
async def _web_app(taken: list[tuple[str, dict[str, Any]]]) -> AsyncIterator[str]:
    async def take(request: web.Request) -> web.Response:
        taken.append((request.path, await request.json()))
        response = web.json_response({"ok": True})
        response.force_close()  # a kept connection would be a task of this stand-in, and tests count tasks
        return response

    app = web.Application()
    app.router.add_post("/callbacks/{what}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """Opens nothing by itself; closes whatever the test opened, and sees to it that no task is left."""
    before = asyncio.all_tasks()
    registry = Registry.open(f"sqlite:///{tmp_path}/calls.db")
    async with AsyncExitStack() as stack:
        yield Scene(tmp_path, registry, stack)
    registry.close()
    await no_task_is_left(before)


async def no_task_is_left(before: set[asyncio.Task[Any]]) -> None:
    """Waits a moment for tasks that are ending (the client's own), then insists."""
    for _ in range(100):
        left = asyncio.all_tasks() - before - {asyncio.current_task()}
        if not left:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"tasks left: {left}")
