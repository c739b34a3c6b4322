"""Telephones that measure: Twilio's side of a Media Stream, to the sample, for what little time it takes.

A person's frames go out by the clock, every 20 ms; what comes back is played as Twilio plays it (`Playout`), and the
moment at which each sound of ours becomes audible is computed from its arrival and what was still to be played. Nothing
is ticked: many telephones fit into one process beside the product.
"""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from sandbox import line_audio, media_messages
from sandbox.line_audio import FRAME_BYTES, FRAME_S, RATE_HZ
from scripts.benchmarks.fixed_providers import ANSWER_HZ
from scripts.benchmarks.sentences import LINE_NOISE_DBFS

_AUDIBLE = round(32768 * 10 ** (-45 / 20))
_TOLD_FROM_S = 0.02
_PURE = 0.7
_NOISE_FRAMES = 100
LAPSE_S = (0.005, 1.0)
"""A gap of such a length in what we hear is an underrun: silence between two turns is longer."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Audio of ours that began to be audible at `at` (loop time) and lasts until `until`, unless it is cleared."""

    at: float
    until: float
    is_answer: bool
    """A model's words, by their pitch; False for a fixed line."""


@dataclass
class Playout:
    """What Twilio plays of what it was sent, in loop time. Pure."""

    sounds: list[Sound] = field(default_factory=list)
    ends_at: float = 0.0
    lapses: int = 0
    """How often the next piece of something came after the last one had been played."""
    _marks: deque[tuple[float, str]] = field(default_factory=deque)

    def media(self, mulaw: bytes, now: float) -> None:
        """Audio came: it is played after what is there already."""
        begins_at = max(now, self.ends_at)
        if LAPSE_S[0] < begins_at - self.ends_at < LAPSE_S[1]:
            self.lapses += 1
        self.ends_at = begins_at + len(mulaw) / RATE_HZ
        samples = np.frombuffer(line_audio.to_pcm(mulaw), "<i2")
        audible = np.flatnonzero(np.abs(samples.astype(np.int32)) >= _AUDIBLE)
        if audible.size:
            first = begins_at + float(audible[0]) / RATE_HZ
            self.sounds.append(Sound(first, self.ends_at, _is_answer(samples[audible[0] :])))

    def mark(self, name: str, now: float) -> None:
        """A mark came: due when what is there has been played."""
        self._marks.append((max(now, self.ends_at), name))

    def clear(self, now: float) -> None:
        """What is unplayed is forgotten, and all marks are due."""
        self.ends_at = min(self.ends_at, now)
        self.sounds = [
            Sound(s.at, min(s.until, now), s.is_answer) if s.until > now else s for s in self.sounds if s.at < now
        ]
        self._marks = deque((now, name) for _, name in self._marks)

    def due_marks(self, now: float) -> list[str]:
        """Marks that have been reached by `now`."""
        due: list[str] = []
        while self._marks and self._marks[0][0] <= now:
            due.append(self._marks.popleft()[1])
        return due

    def answer_since(self, at: float) -> float | None:
        """When the first sound of an answer that begins at or after `at` is heard."""
        return next((sound.at for sound in self.sounds if sound.is_answer and sound.at >= at), None)


def _is_answer(samples: npt.NDArray[np.int16]) -> bool:
    """Whether a sound is the pure tone that the fixed providers answer in."""
    piece = samples[: round(_TOLD_FROM_S * RATE_HZ)].astype(np.float64)
    t = np.arange(piece.size) / RATE_HZ
    share = 2 * abs(np.exp(-2j * np.pi * ANSWER_HZ * t) @ piece) ** 2 / (piece.size * (piece @ piece))
    return bool(share > _PURE)


@dataclass(frozen=True, slots=True)
class Spoken:
    """When the person's sound began and ended, in loop time."""

    began: float
    ended: float


class Telephone:
    """One stream of one call. `connect` it; then it talks until `hang_up`, or until we close."""

    def __init__(self) -> None:
        self.playout = Playout()
        self.stream_sid = "MZ" + secrets.token_hex(16)
        self.start_sent_at: float | None = None
        self.clears: list[float] = []
        self.late_s: list[float] = []
        """By how much each frame of ours was late: above some ms, the machine was too busy to measure anything."""
        self.over = asyncio.Event()
        self._begun = asyncio.Event()
        self._hung_up = asyncio.Event()
        self._to_say: deque[bytes] = deque()
        self._first_frame_at = 0.0
        self._frames = 0
        self._sequence = 1
        hiss = line_audio.to_ulaw(line_audio.noise("hiss", LINE_NOISE_DBFS, seconds=_NOISE_FRAMES * FRAME_S))
        self._silence = [hiss[i * FRAME_BYTES : (i + 1) * FRAME_BYTES] for i in range(_NOISE_FRAMES)]

    # what the person does

    def say(self, mulaw: bytes) -> Spoken:
        """Speaks from the next frame on; `mulaw` is audible from its first to its last sample. Returns at once."""
        began = self._first_frame_at + (self._frames + len(self._to_say)) * FRAME_S
        self._to_say.extend(mulaw[i : i + FRAME_BYTES] for i in range(0, len(mulaw), FRAME_BYTES))
        return Spoken(began, began + len(mulaw) / RATE_HZ)

    def hang_up(self) -> None:
        """Puts the receiver down."""
        self._hung_up.set()

    # what can be waited for

    async def begun(self, within_s: float = 30.0) -> None:
        """The stream is up."""
        async with asyncio.timeout(within_s):
            await self._begun.wait()

    async def until(self, condition: Callable[[], bool], within_s: float) -> bool:
        """Whether `condition` came true within that time, and before the call was over."""
        give_up_at = asyncio.get_running_loop().time() + within_s
        while not condition():
            if self.over.is_set() or asyncio.get_running_loop().time() > give_up_at:
                return False
            await asyncio.sleep(0.01)
        return True

    async def answer_after(self, at: float, within_s: float = 15.0) -> float | None:
        """When the first answer after `at` began to be audible; returns once it is. None: there was none."""
        now = asyncio.get_running_loop().time

        def audible() -> bool:
            sound = self.playout.answer_since(at)
            return sound is not None and sound <= now()

        return self.playout.answer_since(at) if await self.until(audible, within_s) else None

    async def quiet(self, for_s: float, within_s: float = 60.0) -> bool:
        """Waits until nothing of ours has been played for so long."""
        now = asyncio.get_running_loop().time
        return await self.until(lambda: now() - self.playout.ends_at > for_s, within_s)

    # the wire

    async def connect(
        self, url: str, headers: Mapping[str, str], account_sid: str, call_sid: str, **parameters: str
    ) -> None:
        """Opens the stream as Twilio does, and returns when it is over."""
        parts = urlsplit(url)
        async with connect(
            f"ws://{parts.netloc}{parts.path}",
            additional_headers=dict(headers),
            user_agent_header="Twilio.TmeWs/1.0",
            compression=None,
            proxy=None,
            ping_interval=None,
            close_timeout=2,
        ) as socket:
            await socket.send(json.dumps(media_messages.connected()))
            start = media_messages.start(account_sid, call_sid, self.stream_sid, parameters)
            start_sent_at = asyncio.get_running_loop().time()
            await socket.send(json.dumps(start | {"sequenceNumber": "1"}))
            self.start_sent_at = self._first_frame_at = start_sent_at
            self._begun.set()
            try:
                await self._talk(socket)
                await socket.send(json.dumps(media_messages.stop(account_sid, call_sid, self.stream_sid)))
            except ConnectionClosed:
                pass
            finally:
                self.over.set()

    async def _talk(self, socket: ClientConnection) -> None:
        """Returns when the person hangs up; raises `ConnectionClosed` when we do."""
        works = (self._listen(socket), self._speak(socket), self._hung_up.wait())
        tasks = [asyncio.ensure_future(work) for work in works]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self, socket: ClientConnection) -> None:
        loop = asyncio.get_running_loop()
        while True:
            message = media_messages.read(await socket.recv(), self.stream_sid)
            now = loop.time()
            match message:
                case media_messages.Media(payload):
                    self.playout.media(payload, now)
                case media_messages.Mark(name):
                    self.playout.mark(name, now)
                    await self._return_marks(socket, now)
                case media_messages.Clear():
                    self.clears.append(now)
                    self.playout.clear(now)
                    await self._return_marks(socket, now)

    async def _speak(self, socket: ClientConnection) -> None:
        """A frame is sent when its last sample has been said; marks that are due go with it."""
        loop = asyncio.get_running_loop()
        while True:
            due = self._first_frame_at + (self._frames + 1) * FRAME_S
            await asyncio.sleep(max(0.0, due - loop.time()))
            self.late_s.append(loop.time() - due)
            self._frames += 1
            payload = self._to_say.popleft() if self._to_say else self._silence[self._frames % _NOISE_FRAMES]
            await socket.send(self._media(payload))
            await self._return_marks(socket, loop.time())

    async def _return_marks(self, socket: ClientConnection, now: float) -> None:
        for name in self.playout.due_marks(now):
            self._sequence += 1
            mark = media_messages.mark(self.stream_sid, name) | {"sequenceNumber": str(self._sequence)}
            await socket.send(json.dumps(mark))

    def _media(self, payload: bytes) -> str:
        """As `media_messages.media`, without the time that building and dumping a dictionary takes."""
        self._sequence += 1
        return (
            f'{{"event":"media","sequenceNumber":"{self._sequence}","media":{{"track":"inbound",'
            f'"chunk":"{self._frames}","timestamp":"{20 * self._frames + 100}",'
            f'"payload":"{base64.b64encode(payload).decode()}"}},"streamSid":"{self.stream_sid}"}}'
        )
