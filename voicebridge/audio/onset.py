"""Somebody begins to speak: how that is known while nobody speaks, or while we do.

The room is known by the levels of the last six seconds (`room.py`). Somebody has begun when 5 of 8 frames stand 10 dB
out of its quiet and 3 dB out of its loud moments, and a pitch has been heard in them (`voicing.py`); or 7 of 16, for
over a humming line all but the vowels is lost, and they may be short. A click, a knock or a burst of noise is too short
or has no pitch, and breath has none. Who has no voice left needs longer. What is our own voice coming back is nobody
(`echo.py`).
"""

from __future__ import annotations

from collections import deque

from voicebridge.audio.codec import QUIETEST_DBFS
from voicebridge.audio.echo import Echo
from voicebridge.audio.room import Room
from voicebridge.audio.voicing import is_pitched

_WINDOW, _ENOUGH = 8, 5
_CLIPPED_WINDOW, _CLIPPED_ENOUGH = 16, 7
"""Whose vowels are short, with stops between them, is heard a little later, but heard."""
_ABOVE_QUIET_DB = 10.0
_ABOVE_LOUD_DB = 3.0
_AT_LEAST_DBFS = -50.0
_FADED_DB = 10.0
"""What has become so much weaker within the window was struck, and rings."""
_NOT_BEFORE_FRAMES = 20
"""In the first moment of a call nothing is known about the room yet."""

_HOARSE_WINDOW, _HOARSE_ENOUGH = 45, 32
"""Who has no voice left is heard as well, after 640 ms: breath and coughs are shorter."""
_HOARSE_NOT_BEFORE_FRAMES = 150


class Onset:
    """Fed every 20 ms in which nobody speaks."""

    def __init__(self, echo: Echo) -> None:
        self.room = Room()
        self._echo = echo
        self._loud: deque[bool] = deque(maxlen=_HOARSE_WINDOW)
        self._strong: deque[bool] = deque(maxlen=_CLIPPED_WINDOW)
        """Loud, and nothing that only rings."""
        self._levels: deque[float] = deque(maxlen=_WINDOW)
        self._frames = 0
        self._pitched_frame = -_WINDOW

    def hear(self, frame_db: float, recent: bytes, at: float) -> tuple[int, int] | None:
        """If somebody has begun to speak: so many frames ago, and so many of them are loud.

        `frame_db` is the level of the newest 20 ms; `recent` is what was heard last, as mu-law, which was complete at
        `at` on the clock of the echo.
        """
        self._frames += 1
        echo_db = self._echo.level_db(at)
        if echo_db == QUIETEST_DBFS:
            self.room.hear(frame_db)
        else:
            self._echo.is_missed(frame_db, at)
        gate_db = max(self.room.quiet_db + _ABOVE_QUIET_DB, self.room.loud_db + _ABOVE_LOUD_DB, _AT_LEAST_DBFS, echo_db)
        self._levels.append(frame_db)
        self._loud.append(frame_db > gate_db)
        self._strong.append(self._loud[-1] and frame_db >= max(self._levels) - _FADED_DB)
        if not self._strong[-1]:
            return None
        window = self._begun(recent)
        if window is None:
            return None
        self.forget()
        if self._echo.may_be_heard(at) and self._echo.explains(recent, at):
            return None
        return len(window) - window.index(True), sum(window)

    def forget(self) -> None:
        """What came last is known not to be the room."""
        self._loud.clear()
        self._strong.clear()
        self.room.was_somebody()

    def _begun(self, recent: bytes) -> list[bool] | None:
        """The frames in which it has."""
        loud = list(self._loud)
        clipped = sum(self._strong) >= _CLIPPED_ENOUGH
        begun = loud[-_CLIPPED_WINDOW:] if clipped else loud[-_WINDOW:]
        if self._frames < _NOT_BEFORE_FRAMES or sum(begun) < _ENOUGH:
            return None
        if is_pitched(recent):
            self._pitched_frame = self._frames
        if self._pitched_frame > self._frames - _WINDOW:
            return begun
        if sum(loud) >= _HOARSE_ENOUGH and self._frames >= _HOARSE_NOT_BEFORE_FRAMES:
            return loud
        return None
