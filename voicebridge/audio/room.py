"""What is heard while nobody speaks, over the last six seconds: how quiet it is, and how loud it gets."""

from __future__ import annotations

from collections import deque

import numpy as np

_MEMORY_FRAMES = 300
_WITHHELD_FRAMES = 25
"""What came last may be the beginning of a word: it is believed to be the room after 500 ms."""
_REFRESH_FRAMES = 10
_QUIET_SHARE, _LOUD_SHARE = 0.2, 0.95
_AT_MOST_DBFS = -40.0
_KNOWN_AFTER_FRAMES = 40
"""Until then what is heard may be a "Hello?": its loud moments are not taken to be louder than `_AT_MOST_DBFS`."""


class Room:
    """Fed with the levels of the frames in which nobody speaks."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque()
        self._levels: deque[float] = deque(maxlen=_MEMORY_FRAMES)
        self._heard = 0
        self.quiet_db = _AT_MOST_DBFS
        """A fifth of the time it is more quiet than that."""
        self.loud_db = _AT_MOST_DBFS
        """One frame in twenty is louder than that."""

    def hear(self, level_db: float) -> None:
        """20 ms in which nobody seems to speak."""
        self._recent.append(level_db)
        self._heard += 1
        if len(self._recent) > _WITHHELD_FRAMES:
            self._levels.append(self._recent.popleft())
        if self._heard % _REFRESH_FRAMES == 0:
            self._refresh()

    def was_somebody(self) -> None:
        """What came last was the beginning of a word."""
        self._recent.clear()

    def was_not_somebody(self, levels_db: list[float]) -> None:
        """These have been taken for speech, but they were the room."""
        self._levels.extend(levels_db)
        self._refresh()

    def _refresh(self) -> None:
        known = len(self._levels) >= _KNOWN_AFTER_FRAMES
        in_order = np.sort(np.fromiter(self._levels if known else [*self._levels, *self._recent], dtype=np.float64))
        self.quiet_db = float(in_order[int(len(in_order) * _QUIET_SHARE)])
        self.loud_db = float(in_order[int(len(in_order) * _LOUD_SHARE)])
        if not known:
            self.loud_db = min(self.loud_db, _AT_MOST_DBFS)
