"""Twilio's side of one Media Stream: a WebSocket client that talks to the customer's media server.

Faithful to "Media Streams - WebSocket Messages": signed upgrade over the wss URL (the connection itself is plain ws,
to loopback only), connected and start at once, first media after 100 to 170 ms, then 20 ms each by absolute
deadlines; marks, clear, dtmf, stop; strict with what the server sends. No reconnect, ever.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import secrets
from collections import deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidHandshake, InvalidStatus

from sandbox import line_audio, media_messages
from sandbox.line_audio import FRAME_S, RATE_HZ
from sandbox.media_messages import Clear, InvalidMessage, Mark, Media
from sandbox.playout_buffer import PlayoutBuffer
from sandbox.telephone import Line
from sandbox.twilio_calls import Call
from sandbox.twilio_faults import TwilioFaults
from sandbox.twiml import Stream
from sandbox.webhooks import is_loopback

log = logging.getLogger(__name__)

_MOST_WAITING_MEDIA = 250
_LARGEST_MESSAGE = 16 * 2**20
_GOODBYE_S = 2.0


class StreamRefused(Exception):  # noqa: N818 - the server's decision, not an error of ours
    """The stream could not be opened; `code` is Twilio's (319xx)."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class StreamEnd:
    """The server closed the stream: `clean` with a closing handshake and code 1000 or 1001."""

    clean: bool
    why: str


class _ConnectOnce(connect):
    """Anything but 101 is a failed handshake for Twilio: redirects are not followed."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class MediaStream:
    """One stream of one call; a `telephone.CallerSide` while it is open."""

    def __init__(self, call: Call, stream: Stream, line: Line, headers: dict[str, str], faults: TwilioFaults) -> None:
        self.sid = "MZ" + secrets.token_hex(16)
        self._call = call
        self._stream = stream
        self._line = line
        self._headers = headers
        self._faults = faults
        self._buffer = PlayoutBuffer()
        self._outgoing: deque[tuple[float, dict[str, Any]]] = deque()
        self._wake = asyncio.Event()
        self._sequence = 0
        self._chunk = 0
        self._media_waiting = 0
        self._unsent = b""
        self._media_from = 0.0
        self._next_timestamp_ms = 0.0
        self._warned: set[int] = set()
        self._socket: ClientConnection | None = None

    async def open(self) -> None:
        """Connect, and say connected and start. Raises StreamRefused."""
        self._socket = await self._connect()
        try:
            await self._socket.send(json.dumps(media_messages.connected()))
            if self._faults.start:
                await self._send(
                    media_messages.start(self._call.account_sid, self._call.sid, self.sid, self._stream.parameters)
                )
        except ConnectionClosed as problem:
            raise StreamRefused(31921, f"Stream - Close Error: {problem}") from problem

    async def run(self) -> StreamEnd:
        """Exchange media until the server closes. Cancelled (hang-up, new TwiML), it says stop and closes itself."""
        assert self._socket is not None, "open() comes first"
        first_delay_s = random.uniform(0.100, 0.165)
        self._media_from = self._line.now + first_delay_s
        self._next_timestamp_ms = first_delay_s * 1000
        self._call.recorder.stream_start(self._line.now)
        self._line.connect(self)
        sender = asyncio.create_task(self._send_all(self._socket))
        try:
            async with asyncio.timeout(self._faults.abort_after_s or None):
                return await self._receive(self._socket)
        except TimeoutError:
            self._socket.transport.abort()
            return StreamEnd(False, "the sandbox cut the connection, as asked")
        except asyncio.CancelledError:
            await self._say_stop(self._socket, sender)
            raise
        finally:
            self._line.disconnect(self)
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    def play(self, now: float) -> bytes:
        sound, marks = self._buffer.play()
        self._echo(marks, self._line.loop_time(now + FRAME_S))
        return sound

    def person_frame(self, frame: bytes, now: float) -> None:
        if now < self._media_from or not self._faults.start:
            return
        if self._faults.comfort_noise and frame == line_audio.SILENT_FRAME:
            frame = _COMFORT_NOISE
        self._unsent += frame
        while self._unsent:
            size = random.randint(60, 400) if self._faults.odd_frames else len(frame)
            if len(self._unsent) < size:
                return
            payload, self._unsent = self._unsent[:size], self._unsent[size:]
            self._queue_media(payload, self._line.loop_time(now + FRAME_S))

    def digits(self, pressed: str) -> None:
        for digit in pressed:
            self._put(media_messages.dtmf(self.sid, digit), asyncio.get_running_loop().time())

    async def _connect(self) -> ClientConnection:
        parts = urlsplit(self._stream.url)
        if not is_loopback(parts.hostname):
            raise StreamRefused(31904, f"Stream - the sandbox reaches this machine only, not {parts.hostname}")
        local_url = urlunsplit(("ws", parts.netloc, parts.path or "/", "", ""))
        try:
            return await _ConnectOnce(
                local_url,
                additional_headers=self._headers,
                user_agent_header="Twilio.TmeWs/1.0",
                compression=None,
                proxy=None,
                open_timeout=10,
                ping_interval=None,
                close_timeout=_GOODBYE_S,
                max_size=_LARGEST_MESSAGE,
            )
        except InvalidStatus as problem:
            status = problem.response.status_code
            raise StreamRefused(31920, f"Stream - WebSocket - Handshake Error: answered {status}, not 101") from problem
        except InvalidHandshake as problem:
            raise StreamRefused(31920, f"Stream - WebSocket - Handshake Error: {problem}") from problem
        except TimeoutError as problem:
            raise StreamRefused(31901, "Stream - WebSocket - Connection Timeout") from problem
        except ConnectionRefusedError as problem:
            raise StreamRefused(31902, "Stream - WebSocket - Connection Refused") from problem
        except OSError as problem:
            raise StreamRefused(31904, f"Stream - WebSocket - Host unreachable: {problem}") from problem

    async def _receive(self, socket: ClientConnection) -> StreamEnd:
        try:
            async for message in socket:
                try:
                    self._obey(media_messages.read(message, self.sid))
                except InvalidMessage as problem:
                    self._warn(problem.code, str(problem))
        except ConnectionClosedError as problem:
            return StreamEnd(False, str(problem))
        return StreamEnd(True, f"closed by the server, code {socket.close_code}")

    def _obey(self, message: Media | Mark | Clear) -> None:
        now = asyncio.get_running_loop().time()
        match message:
            case Media(payload):
                if self._buffer.media(payload):
                    self._warn(31931, "Stream - Media Discarded: more than ten minutes are buffered")
            case Mark(name):
                self._echo(self._buffer.mark(name), now)
            case Clear():
                self._call.recorder.cleared(self._line.media_time(now), self._buffer.buffered / RATE_HZ)
                self._echo(self._buffer.clear(), now)

    def _echo(self, marks: list[str], at: float) -> None:
        for name in marks:
            self._put(media_messages.mark(self.sid, name), at)

    def _queue_media(self, payload: bytes, due: float) -> None:
        self._chunk += 1
        timestamp_ms = round(self._next_timestamp_ms)
        self._next_timestamp_ms += len(payload) / RATE_HZ * 1000
        if self._media_waiting >= _MOST_WAITING_MEDIA:
            self._warn(31930, "Stream - the server reads too slowly: inbound audio was discarded")
            return
        self._media_waiting += 1
        jitter_s = random.uniform(-1, 1) * self._faults.jitter_ms / 1000
        self._put(media_messages.media(self.sid, self._chunk, timestamp_ms, payload), due + jitter_s)

    def _put(self, message: dict[str, Any], due: float) -> None:
        self._outgoing.append((due, message))
        self._wake.set()

    async def _send_all(self, socket: ClientConnection) -> None:
        """In order of production, none before it is due. Ends with the connection."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                while not self._outgoing:
                    self._wake.clear()
                    await self._wake.wait()
                due, message = self._outgoing[0]
                if (delay := due - loop.time()) > 0:
                    await asyncio.sleep(delay)
                self._outgoing.popleft()
                if message["event"] == "media":
                    self._media_waiting -= 1
                await self._send(message)
                if message["event"] == "stop":
                    return
        except ConnectionClosed:
            return

    async def _send(self, message: dict[str, Any]) -> None:
        assert self._socket is not None
        self._sequence += 1
        event = {"event": message["event"], "sequenceNumber": str(self._sequence)}
        await self._socket.send(json.dumps(event | message))

    async def _say_stop(self, socket: ClientConnection, sender: asyncio.Task[None]) -> None:
        self._line.disconnect(self)
        self._put(media_messages.stop(self._call.account_sid, self._call.sid, self.sid), 0.0)
        await asyncio.wait([sender], timeout=_GOODBYE_S)
        await socket.close(1000)

    def _warn(self, code: int, message: str) -> None:
        """Twilio logs each kind once per stream; the sandbox's own log has every one."""
        log.warning("sandbox: call %s: warning %s: %s", self._call.sid, code, message)
        if code not in self._warned:
            self._warned.add(code)
            self._call.warn(code, message)


_COMFORT_NOISE = line_audio.to_ulaw(line_audio.noise("hiss", -65.0, seconds=FRAME_S))
