"""The browser as a telephone: the page rings, somebody presses Answer and talks through microphone and loudspeaker.

One page at a time is the telephone (the newest). The page and this server speak over one WebSocket:
server -> page: {"type": "ring", "from"}, {"type": "connected"}, {"type": "ended"}, binary = mu-law for the ear;
page -> server: {"type": "answer" | "decline" | "hang_up"}, {"type": "digit", "digit"}, binary = its microphone.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.echo import Echo
from sandbox.line_audio import FRAME_BYTES, SILENT_FRAME
from sandbox.line_ear import Ears, LineEar
from sandbox.telephone_network import Busy
from sandbox.twilio_calls import Call
from sandbox.voice_activity import SpeechBegan, SpeechEnded, SpeechSegments

PAGES = Path(__file__).parent / "pages"
PAGE_FILES = {"telephone.css": "text/css", "telephone.js": "text/javascript", "telephone_audio.js": "text/javascript"}
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws:; media-src 'self' blob:; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
KEYS = "0123456789*#"
_START_BUFFER = 3 * FRAME_BYTES
_MOST_BUFFERED = 12 * FRAME_BYTES
_MICROPHONE_THRESHOLD_DBFS = -42.0


class MicrophoneBuffer:
    """Evens out the microphone's arrival: starts at 60 ms, drops the oldest above 240 ms. Pure."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._playing = False

    def arrived(self, ulaw: bytes) -> None:
        self._bytes += ulaw
        if len(self._bytes) > _MOST_BUFFERED:
            del self._bytes[: len(self._bytes) - _START_BUFFER]

    def frame(self) -> bytes:
        """The next 20 ms; silence while there is too little."""
        if not self._playing and len(self._bytes) >= _START_BUFFER:
            self._playing = True
        if not self._playing or len(self._bytes) < FRAME_BYTES:
            self._playing = False
            return SILENT_FRAME
        frame = bytes(self._bytes[:FRAME_BYTES])
        del self._bytes[:FRAME_BYTES]
        return frame


class BrowserHandset:
    """The lifted receiver in the browser (a `telephone_network.ListeningHandset`)."""

    def __init__(self, page: web.WebSocketResponse, ear: LineEar, on_end: Callable[[], None]) -> None:
        self._page = page
        self._microphone = MicrophoneBuffer()
        self._speech = SpeechSegments(_MICROPHONE_THRESHOLD_DBFS)
        self._ear = ear
        self._on_end = on_end
        self._keys = ""
        self._hung_up = False
        # A page that does not read loses sound (two seconds are kept), never the line's time.
        self._to_page: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=100)
        self._sender = asyncio.create_task(self._send())

    @property
    def hung_up(self) -> bool:
        return self._hung_up or self._page.closed

    def speak(self, now: float) -> bytes:
        frame = self._microphone.frame()
        if (speech := self._speech.feed(frame, now)) is not None:
            self._ear.speech(speech)
        return frame

    def hear(self, frame: bytes, now: float) -> None:
        if not self._to_page.full():
            self._to_page.put_nowait(frame)

    def pressed(self) -> str:
        keys, self._keys = self._keys, ""
        return keys

    def line_ended(self, now: float) -> None:
        if (speech := self._speech.finish()) is not None:
            self._ear.speech(speech)
        while not self._to_page.empty():
            self._to_page.get_nowait()
        self._to_page.put_nowait(None)
        self._on_end()

    def agent_speech(self, speech: SpeechBegan | SpeechEnded, now: float) -> None:
        """Somebody real listens."""

    def heard(self, text: str, ended: float, now: float) -> None:
        """Somebody real listens."""

    async def finish(self) -> None:
        await self._ear.finish()
        await asyncio.wait([self._sender], timeout=1.0)

    def from_page(self, message: dict[str, Any]) -> None:
        """hang_up, or a digit."""
        digit = message.get("digit")
        if message.get("type") == "hang_up":
            self._hung_up = True
        elif message.get("type") == "digit" and isinstance(digit, str) and len(digit) == 1 and digit in KEYS:
            self._keys += digit

    def microphone(self, ulaw: bytes) -> None:
        """Sound from the page, any length."""
        self._microphone.arrived(ulaw)

    async def _send(self) -> None:
        try:
            while (sound := await self._to_page.get()) is not None:
                await self._page.send_bytes(sound)
            await self._page.send_json({"type": "ended"})
        except ConnectionError:
            self._hung_up = True


class BrowserTelephone:
    """The number of the browser: a `telephone_network.Telephone`, and the page's HTTP and WebSocket handlers."""

    name = "You"
    answered_by = "human"
    echo: Echo | None = None
    """Yours is the real one, of your loudspeaker and microphone."""

    def __init__(self, ears: Ears) -> None:
        self._ears = ears
        self._page: web.WebSocketResponse | None = None
        self._ringing: tuple[Call, asyncio.Future[bool]] | None = None
        self._handset: BrowserHandset | None = None

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sandbox/telephone", self._show),
            web.get("/sandbox/telephone/line", self._line),
            web.get("/sandbox/telephone/{file}", self._file),
        ]

    async def answer(self, call: Call) -> BrowserHandset:
        """Rings the page, also one that is opened while it rings. Raises Busy when engaged or declined."""
        if self._handset is not None or self._ringing is not None:
            raise Busy
        lifted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._ringing = (call, lifted)
        await self._tell({"type": "ring", "from": call.from_number})
        try:
            if not await lifted or self._page is None:
                raise Busy
            await self._tell({"type": "connected"})
        except BaseException:
            await self._tell({"type": "ended"})
            raise
        finally:
            self._ringing = None
        ear = LineEar("person", self._ears, call.recorder)
        self._handset = BrowserHandset(self._page, ear, self._receiver_down)
        return self._handset

    async def close(self) -> None:
        """The sandbox stops: end the page's connection, which would otherwise keep the server waiting."""
        if self._page is not None:
            await self._page.close(code=1001)

    def _receiver_down(self) -> None:
        self._handset = None

    async def _show(self, _request: web.Request) -> web.StreamResponse:
        return _page_file("telephone.html", "text/html")

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["file"]
        if name not in PAGE_FILES:
            raise web.HTTPNotFound
        return _page_file(name, PAGE_FILES[name])

    async def _line(self, request: web.Request) -> web.StreamResponse:
        """The page's WebSocket. A newer page takes the telephone over."""
        page = web.WebSocketResponse(heartbeat=15, max_msg_size=64 * 1024)
        await page.prepare(request)
        older, self._page = self._page, page
        if older is not None:
            await older.close(code=4000, message=b"the telephone is open in another window")
        if self._ringing is not None:
            await self._tell({"type": "ring", "from": self._ringing[0].from_number})
        try:
            async for message in page:
                if message.type is WSMsgType.BINARY and self._handset is not None:
                    self._handset.microphone(message.data)
                elif message.type is WSMsgType.TEXT:
                    self._from_page(message.data)
        finally:
            if self._page is page:
                self._page = None
        return page

    def _from_page(self, text: str) -> None:
        try:
            message = json.loads(text)
        except ValueError:
            return
        if not isinstance(message, dict):
            return
        if self._handset is not None:
            self._handset.from_page(message)
        elif self._ringing is not None and not self._ringing[1].done() and message.get("type") in ("answer", "decline"):
            self._ringing[1].set_result(message["type"] == "answer")

    async def _tell(self, message: dict[str, Any]) -> None:
        if self._page is not None and not self._page.closed:
            with contextlib.suppress(ConnectionError):
                await self._page.send_json(message)


def _page_file(name: str, content_type: str) -> web.Response:
    headers = {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return web.Response(body=(PAGES / name).read_bytes(), content_type=content_type, charset="utf-8", headers=headers)
