"""When is somebody audible on one side of the line: 20 ms mu-law frames in, beginnings and ends of speech out.

Pure, by level alone: the sandbox's lines carry no noise it did not make itself. Used by the people (who listen to
the agent) and by the recorder (who said what, when).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from sandbox.line_audio import FRAME_S, frame_level_dbfs

LONG_SPEECH_S = 20.0
_ONSET_FRAMES = 2
_LEAD_IN_FRAMES = 6


@dataclass(frozen=True)
class SpeechBegan:
    """Somebody became audible at `at` (media seconds)."""

    at: float


@dataclass(frozen=True)
class SpeechEnded:
    """A stretch of speech: audible from `began` to `ended`; `ulaw` holds it with a little silence around."""

    began: float
    ended: float
    ulaw: bytes


class SpeechSegments:
    """Cuts one side of a line into stretches of speech, separated by at least `pause_s` of quiet.

    After 20 s a tenth of a second is pause enough: speech recognition takes at most half a minute at a time.
    """

    def __init__(self, threshold_dbfs: float = -48.0, pause_s: float = 0.5) -> None:
        self._threshold_dbfs = threshold_dbfs
        self._pause_s = pause_s
        self._lead_in: deque[bytes] = deque(maxlen=_LEAD_IN_FRAMES)
        self._frames: list[bytes] = []
        self._loud_in_a_row = 0
        self._began: float | None = None
        self._last_loud = 0.0

    @property
    def speaking(self) -> bool:
        return self._began is not None

    def feed(self, frame: bytes, at: float) -> SpeechBegan | SpeechEnded | None:
        """`frame` is audible from `at` to `at` + 20 ms."""
        loud = frame_level_dbfs(frame) > self._threshold_dbfs
        if self._began is None:
            return self._quiet(frame, at, loud)
        self._frames.append(frame)
        if loud:
            self._last_loud = at + FRAME_S
        long = at - self._began > LONG_SPEECH_S
        if at + FRAME_S - self._last_loud >= (0.1 if long else self._pause_s) - FRAME_S / 2:
            return self.finish()
        return None

    def finish(self) -> SpeechEnded | None:
        """The end of the line ends a stretch too; None when nobody was speaking."""
        if self._began is None:
            return None
        ended = SpeechEnded(self._began, self._last_loud, b"".join(self._frames))
        self._began = None
        self._frames = []
        self._loud_in_a_row = 0
        return ended

    def _quiet(self, frame: bytes, at: float, loud: bool) -> SpeechBegan | None:
        self._lead_in.append(frame)
        self._loud_in_a_row = self._loud_in_a_row + 1 if loud else 0
        if self._loud_in_a_row < _ONSET_FRAMES:
            return None
        self._frames = list(self._lead_in)
        self._lead_in.clear()
        self._began = at - (_ONSET_FRAMES - 1) * FRAME_S
        self._last_loud = at + FRAME_S
        return SpeechBegan(self._began)
