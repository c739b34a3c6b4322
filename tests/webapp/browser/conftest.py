"""The real web app in a thread, a registry of its own, a feed that can be stopped, and Debian's Chromium."""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from flask import Flask, jsonify
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from callregistry.calls import CallStatus
from callregistry.registry import Registry
from callregistry.settings import load_settings
from tests.conftest import leave_out
from tests.webapp.browser.feed_server import FeedServer
from tests.webapp.browser.staged_call import StagedCall
from webapp import create_app
from webapp.settings import WebSettings
from webapp.telephony import OutgoingCall, TwilioUnreachable

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PASSWORD = "correct horse battery staple"
CHROMIUM_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
PEOPLE = [
    {
        "name": "You (this browser's telephone)",
        "number": "+12025550100",
        "description": "Rings in the sandbox's telephone page.",
    },
    {"name": "Margaret", "number": "+12025550101", "description": "Speaks slowly, with long pauses."},
]
SETTINGS = {
    "_env_file": None,
    "public_stream_url": "wss://127.0.0.1:8765/media",
    "twilio_account_sid": "AC" + "0" * 32,
    "twilio_auth_token": "token",
    "twilio_from_number": "+12025550199",
    "caller_name": "the Lakeside Club",
    "secret_key": secrets.token_hex(32),
}
expect.set_options(timeout=15_000)  # of a machine that does other things as well
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


class LineInTheWall:
    """A telephone network that notes what is asked of it; `hold` keeps it from answering."""

    def __init__(self) -> None:
        self.placed: list[OutgoingCall] = []
        self.ended: list[str] = []
        self.answers = threading.Event()
        self.answers.set()
        self.unreachable = False

    def place_call(self, call: OutgoingCall) -> str:
        self.placed.append(call)
        self.answers.wait(10)
        return "CA" + secrets.token_hex(16)

    def find_call(self, to_number: str, *, since: float) -> str | None:
        return None

    def fetch_status(self, twilio_sid: str) -> CallStatus | None:
        return CallStatus.RINGING

    def end_call(self, twilio_sid: str, *, answered: bool) -> None:
        if self.unreachable:
            raise TwilioUnreachable("no answer", nothing_sent=False)
        self.ended.append(twilio_sid)

    def replace_twiml(self, twilio_sid: str, twiml: str) -> None:
        raise AssertionError("the panel never asks for this")


@dataclass
class Panel:
    """One running control panel and the world around it."""

    url: str
    registry: Registry
    telephony: LineInTheWall
    feed: FeedServer
    page: Page
    problems: list[str] = field(default_factory=list)
    """What the browser complained about: uncaught errors, refused content."""

    def open(self, path: str = "/") -> Page:
        """The page at `path`, loaded."""
        self.page.goto(self.url + path)
        return self.page

    def dial(self, number: str = "+1 202 555 0101", name: str = "", topic: str = "") -> None:
        """Fills in the form and presses Call."""
        self.page.fill("#to", number)
        self.page.fill("#person_name", name)
        self.page.fill("#topic", topic)
        self.page.click("#call-button")

    def newest_call(self) -> StagedCall:
        """The call dialled last, to be played; waits until it is placed."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            calls = self.registry.recent_calls(1)
            if calls and calls[0].twilio_sid:
                return StagedCall(self.registry, calls[0].id)
            time.sleep(0.01)
        raise AssertionError("no call was placed")


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        pass


@contextmanager
def serving(app: WSGIApplication) -> Iterator[int]:
    """Serves `app` from a thread; gives its port."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. One per module: while it is open, no asyncio test can run in this thread."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        leave_out("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        yield opened
        opened.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser profile of its own, desktop-sized."""
    fresh = browser.new_context(viewport=DESKTOP, locale="en-GB", reduced_motion="reduce")
    fresh.set_default_timeout(15_000)
    yield fresh
    fresh.close()


@pytest.fixture
def panel_settings() -> dict[str, Any]:
    """Settings that a test module wants to be different."""
    return {}


@pytest.fixture
def panel(context: BrowserContext, tmp_path: Path, panel_settings: dict[str, Any]) -> Iterator[Panel]:
    """The control panel against a sandbox, open without a password unless `panel_settings` sets one."""
    registry = Registry.open(f"sqlite:///{tmp_path}/calls.db")
    secret, telephony, apps = secrets.token_hex(32), LineInTheWall(), dict[str, Flask]()
    feed = FeedServer(registry, secret)
    # The app must know its own address before it exists, and no port may be given back in between.
    with serving(_sandbox()) as sandbox_port, serving(lambda environ, start: apps["panel"](environ, start)) as port:
        addresses = {
            "public_base_url": f"http://127.0.0.1:{port}",
            "feed_url": f"ws://127.0.0.1:{feed.port}/feed",
            "twilio_api_base_url": f"http://127.0.0.1:{sandbox_port}",
        }
        settings = load_settings(WebSettings, **SETTINGS, **addresses, link_secret=secret, **panel_settings)
        apps["panel"] = create_app(settings, registry, telephony)
        page = context.new_page()
        running = Panel(settings.public_base_url, registry, telephony, feed, page)
        page.on("pageerror", lambda error: running.problems.append(str(error)))
        page.on("console", lambda message: _note(message.type, message.text, running.problems))
        yield running
        context.close()
    feed.close()
    registry.close()
    assert running.problems == []


@pytest.fixture(scope="session")
def password_hash() -> str:
    """The hash of `PASSWORD`."""
    return PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)


def _note(kind: str, text: str, problems: list[str]) -> None:
    """Failed requests are the tests' own doing; anything else the console shows in red is a fault of the page."""
    if kind == "error" and "Failed to load resource" not in text and "WebSocket connection" not in text:
        problems.append(text)


def _sandbox() -> Flask:
    app = Flask("sandbox_people")
    app.add_url_rule("/sandbox/people", view_func=lambda: jsonify(people=PEOPLE))
    return app
