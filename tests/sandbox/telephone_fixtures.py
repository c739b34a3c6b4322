"""The sandbox's Twilio half on real sockets, a customer's application and a customer's media server to go with it.

The speech engines are the only stand-in: tones instead of voices, and ears that hear a fixed text.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from websockets.asyncio.server import Server, ServerConnection, serve

from sandbox import line_audio
from sandbox.app import SandboxOptions, build_app
from sandbox.dial_plan import DEFAULT_FROM_NUMBER
from sandbox.speech import Heard
from sandbox.telephone_network import Times
from sandbox.twilio_api import Account
from sandbox.twilio_faults import TwilioFaults

ACCOUNT_SID = "AC" + "a" * 32
AUTH_TOKEN = "12345"
PERSON = "+12025550101"
QUICK = Times(0.05, 0.01, 0.02, 0.02, amd_scale=0.01, ring_scale=0.05)
TEST_PERSON = """
name = "Tess"
number = "+12025550101"
description = "Lifts the receiver, says hello, and listens."
answers_after_s = 0.1
greeting = "Hello?"
lines = ["I am well, thank you.", "Goodbye."]
gives_up_after_s = 60
"""


class ToneEngines:
    """Says everything as a tone of 10 ms per letter; hears `heard` in everything."""

    def __init__(self) -> None:
        self.heard = "How are you?"
        self.said: list[tuple[str, str]] = []

    async def say(self, text: str, voice: str = "joe", pace: float = 1.0, sample_rate_hz: int = 24_000) -> bytes:
        self.said.append((text, voice))
        assert sample_rate_hz == line_audio.RATE_HZ
        return line_audio.tone(440, max(0.1, 0.01 * len(text)))

    async def hear(self, pcm16_8k: bytes, sample_rate_hz: int = 8000) -> Heard:
        return Heard(text=self.heard, no_speech_prob=0.01, avg_logprob=-0.1, seconds=len(pcm16_8k) / 16000, segments=())

    def voices(self) -> list[str]:
        return ["joe", "pico-en-US"]


@dataclass
class Received:
    """One webhook that reached the customer; `valid` is the official RequestValidator's verdict."""

    path: str
    fields: dict[str, str]
    headers: dict[str, str]
    valid: bool


@dataclass
class Customer:
    """The customer's web application: answers `twiml[path]`, remembers what came."""

    base_url: str = ""
    twiml: dict[str, str | Callable[[], web.Response]] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)

    def url(self, path: str) -> str:
        return self.base_url + path

    def at(self, path: str) -> list[Received]:
        return [one for one in self.received if one.path == path]

    def statuses(self, path: str = "/status") -> list[str]:
        return [one.fields["CallStatus"] for one in self.at(path)]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        form = await request.post() if request.method == "POST" else {}
        signature = request.headers.get("X-Twilio-Signature", "")
        valid = RequestValidator(AUTH_TOKEN).validate(self.url(request.path_qs), form, signature)
        fields = {name: str(value) for name, value in (form or request.query).items()}
        self.received.append(Received(request.path, fields, dict(request.headers), valid))
        answer = self.twiml.get(request.path)
        if answer is None:
            return web.Response(status=204)
        return web.Response(text=answer, content_type="text/xml") if isinstance(answer, str) else answer()


@dataclass
class MediaServer:
    """The customer's media server: `behave(socket, server)` runs for each stream after its `start`."""

    port: int = 0
    behave: Callable[[ServerConnection, MediaServer], Awaitable[None]] | None = None
    messages: list[dict[str, Any]] = field(default_factory=list)
    arrived: list[float] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    path: str = "/media"

    @property
    def url(self) -> str:
        return f"wss://127.0.0.1:{self.port}{self.path}"

    @property
    def stream_sid(self) -> str:
        return str(self.of("start")[0]["streamSid"])

    def of(self, event: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["event"] == event]

    def media(self, sound: bytes) -> str:
        payload = base64.b64encode(sound).decode()
        return json.dumps({"event": "media", "streamSid": self.stream_sid, "media": {"payload": payload}})

    def mark(self, name: str) -> str:
        return json.dumps({"event": "mark", "streamSid": self.stream_sid, "mark": {"name": name}})

    def clear(self) -> str:
        return json.dumps({"event": "clear", "streamSid": self.stream_sid})

    def marks(self) -> list[str]:
        return [message["mark"]["name"] for message in self.of("mark")]

    async def handle(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.headers.append({name.lower(): value for name, value in socket.request.headers.raw_items()})
        behaviour: asyncio.Task[None] | None = None
        async for text in socket:
            self.messages.append(json.loads(text))
            self.arrived.append(asyncio.get_running_loop().time())
            if self.messages[-1]["event"] == "start" and self.behave is not None:
                behaviour = asyncio.ensure_future(self.behave(socket, self))
        if behaviour is not None:
            await behaviour
        self.closed.set()


@dataclass
class Sandbox:
    """The sandbox under test, and the official SDK's client for it."""

    base_url: str
    client: Client
    engines: ToneEngines
    faults: TwilioFaults
    http: aiohttp.ClientSession

    async def call(self, to: str = PERSON, **options: Any) -> Any:
        return await asyncio.to_thread(lambda: self.client.calls.create(to=to, from_=DEFAULT_FROM_NUMBER, **options))

    async def fetch(self, sid: str) -> Any:
        return await asyncio.to_thread(lambda: self.client.calls(sid).fetch())

    async def update(self, sid: str, **options: Any) -> Any:
        return await asyncio.to_thread(lambda: self.client.calls(sid).update(**options))

    async def report(self, sid: str) -> dict[str, Any]:
        async with self.http.get(f"{self.base_url}/sandbox/calls/{sid}") as response:
            report: dict[str, Any] = await response.json()
            return report

    async def until(self, sid: str, *statuses: str, limit_s: float = 8.0) -> dict[str, Any]:
        """The report, once the call has one of the statuses (and is done, when that is a final one)."""
        async with asyncio.timeout(limit_s):
            while True:
                report = await self.report(sid)
                if report["status"] in statuses and (report["done"] or report["status"] == "in-progress"):
                    return report
                await asyncio.sleep(0.02)


async def until(condition: Callable[[], bool], limit_s: float = 8.0) -> None:
    """Wait for something that another task does over a real socket."""
    async with asyncio.timeout(limit_s):
        while not condition():  # noqa: ASYNC110 - what is waited for happens on a socket, not in an event
            await asyncio.sleep(0.01)


def tone_ulaw(seconds: float) -> bytes:
    return line_audio.to_ulaw(line_audio.tone(440, seconds))


def connect(media_server: MediaServer, tail: str = "", **attributes: str) -> str:
    """TwiML that connects the call to the media server, with a tail."""
    extra = "".join(f' {name}="{value}"' for name, value in attributes.items())
    stream = f'<Stream url="{media_server.url}"{extra}><Parameter name="token" value="abc"/></Stream>'
    return f"<Response><Connect>{stream}</Connect>{tail}</Response>"


async def start_app(app: web.Application) -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(app, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


@pytest.fixture
async def customer() -> AsyncIterator[Customer]:
    customer = Customer()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", customer.handle)
    runner, customer.base_url = await start_app(app)
    yield customer
    await runner.cleanup()


@pytest.fixture
async def media_server() -> AsyncIterator[MediaServer]:
    media_server = MediaServer()
    server: Server = await serve(media_server.handle, "127.0.0.1", 0, compression=None, close_timeout=1)
    media_server.port = next(iter(server.sockets)).getsockname()[1]
    yield media_server
    server.close()
    await server.wait_closed()


@pytest.fixture
def people_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "people"
    folder.mkdir()
    (folder / "tess.toml").write_text(TEST_PERSON)
    return folder


@pytest.fixture
def account() -> Account:
    return Account(ACCOUNT_SID, AUTH_TOKEN, "SKkey", "keysecret", verified=frozenset({PERSON}))


@pytest.fixture
async def sandbox(people_folder: Path, account: Account) -> AsyncIterator[Sandbox]:
    faults = TwilioFaults()
    engines = ToneEngines()
    runner, base_url = await start_app(build_app(SandboxOptions(account, people_folder, QUICK), engines, [], faults))
    client = Client(ACCOUNT_SID, AUTH_TOKEN, http_client=TwilioHttpClient(timeout=10, pool_connections=False))
    client.api.base_url = base_url
    async with aiohttp.ClientSession() as http:
        yield Sandbox(base_url, client, engines, faults, http)
    await runner.cleanup()
