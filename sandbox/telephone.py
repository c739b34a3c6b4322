"""One telephone line while a call is up: every 20 ms one frame goes each way, by absolute deadlines.

The line joins a handset (a scripted person, or somebody at the browser) with whatever speaks for the caller at the
moment: a Media Streams playout buffer, a <Say>, or nothing. It feeds the recorder. It knows no Twilio and no person.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from sandbox.echo import Echo, EchoPath
from sandbox.line_audio import FRAME_BYTES, FRAME_S, SILENT_FRAME
from sandbox.line_recorder import LineRecorder
from sandbox.voice_activity import SpeechBegan, SpeechEnded, SpeechSegments


class Handset(Protocol):
    """The called person's end. Times are media seconds since the call was answered."""

    def speak(self, now: float) -> bytes:
        """The next 20 ms of the person's side, mu-law."""

    def hear(self, frame: bytes, now: float) -> None:
        """20 ms of the caller's side."""

    def pressed(self) -> str:
        """Keys pressed since the last call of this method."""

    @property
    def hung_up(self) -> bool:
        """The person has put the receiver down."""

    def line_ended(self, now: float) -> None:
        """The call is over, whoever ended it."""


class CallerSide(Protocol):
    """What the person hears, and where the person's sound goes. Both are called once per 20 ms and must not wait."""

    def play(self, now: float) -> bytes:
        """The next 20 ms for the person's ear, mu-law."""

    def person_frame(self, frame: bytes, now: float) -> None:
        """20 ms of the person's sound, audible from `now` on."""

    def digits(self, pressed: str) -> None:
        """Keys the person pressed."""


class Line:
    """A line that is up. `run()` returns when the person hangs up. With an `echo`, the agent's voice comes back."""

    def __init__(self, handset: Handset, recorder: LineRecorder, echo: Echo | None = None) -> None:
        self._handset = handset
        self._echo = EchoPath(echo) if echo is not None else None
        self._recorder = recorder
        self._caller: CallerSide | None = None
        self._agent_speech = SpeechSegments()
        self._listeners: list[Callable[[SpeechBegan | SpeechEnded], None]] = []
        self._opened_at = asyncio.get_running_loop().time()
        self.now = 0.0

    def listen(self, listener: Callable[[SpeechBegan | SpeechEnded], None]) -> None:
        """Be told when the caller's side becomes audible and silent."""
        self._listeners.append(listener)

    def connect(self, caller: CallerSide) -> None:
        """Let `caller` speak and hear from the next frame on."""
        self._caller = caller

    def disconnect(self, caller: CallerSide) -> None:
        if self._caller is caller:
            self._caller = None

    def loop_time(self, media_s: float) -> float:
        """The event loop's time at which a moment of the line is due."""
        return self._opened_at + media_s

    def media_time(self, loop_s: float) -> float:
        """Where the line is at a moment of the event loop's time: finer than `now`, which goes in steps of 20 ms."""
        return loop_s - self._opened_at

    async def run(self) -> None:
        """Absolute deadlines, so that delays do not add up; after a stall the missed frames follow in a burst."""
        loop = asyncio.get_running_loop()
        frames = 0
        try:
            while not self._handset.hung_up:
                self._exchange(frames * FRAME_S)
                frames += 1
                delay = self.loop_time(frames * FRAME_S) - loop.time()
                await asyncio.sleep(max(0.0, delay))
        finally:
            if (ended := self._agent_speech.finish()) is not None:
                self._tell(ended)
            self._handset.line_ended(self.now)

    def _exchange(self, now: float) -> None:
        self.now = now
        person = self._handset.speak(now)
        agent = self._caller.play(now) if self._caller else SILENT_FRAME
        if self._echo is not None:
            person = self._echo.added(person, agent)
        if self._caller is not None:
            if keys := self._handset.pressed():
                self._caller.digits(keys)
            self._caller.person_frame(person, now)
        assert len(person) == len(agent) == FRAME_BYTES
        self._recorder.frame(person, agent)
        self._handset.hear(agent, now)
        heard = self._agent_speech.feed(agent, now)
        if heard is not None:
            self._tell(heard)

    def _tell(self, heard: SpeechBegan | SpeechEnded) -> None:
        for listener in self._listeners:
            listener(heard)
