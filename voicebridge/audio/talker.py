"""Whose voice is it? The level of the one who is talking, and of everything else.

All levels are means over 200 ms. The talker's *top* is his highest level so far, sinking by 0.5 dB a second. The
*background* is learned backwards: whenever the top rises, what lay before the first moment within 12 dB of it was
not the talker, so a television that was on before he spoke is known as soon as he speaks up. (Quiet stretches between
his words do not teach it: a softer second phrase would be taken for the room.)

The *gate* lies just above the background, but always at least 10 dB below the top, so that weak last syllables count
beside a loud television, and at most 35 dB below it, so that far sounds do not. *Strong* is what stands 6 dB out of the
background, or 18 dB below the top where the room is more quiet than that, or in any case 4 dB below the top: a talker
reaches that every few words, and what is in the room behind him does not.
"""

from __future__ import annotations

from collections.abc import Sequence

from voicebridge.audio.codec import QUIETEST_DBFS

_TOP_FALLS_DB = 0.01
"""In 20 ms."""
_TALKER_BELOW_TOP_DB = 12.0
_BACKGROUND_SHARE = 0.9
_LEARN_AGAIN_DB = 0.5
_LEARN_FROM_FRAMES = 1000
"""Beyond 20 s a turn's levels teach nothing new about what was before it."""

_GATE_ABOVE_BACKGROUND_DB = 1.5
_GATE_BELOW_TOP_DB = 10.0
_GATE_LOWEST_BELOW_TOP_DB = 35.0
_GATE_AT_LEAST_DBFS = -62.0
_STRONG_ABOVE_BACKGROUND_DB = 6.0
_STRONG_BELOW_TOP_DB = 4.0
_STRONG_LOWEST_BELOW_TOP_DB = 18.0

_LOUDEST_BELOW_TOP_DB = 7.0
_NEAR_ABOVE_BACKGROUND_DB = 10.0
_NEAR_AT_LEAST_DBFS = -55.0


class Talker:
    """Met when somebody begins to speak, with the levels heard before; then follows his level, every 20 ms."""

    def __init__(self, levels_before: Sequence[float] = ()) -> None:
        self._levels = list(levels_before)
        self._learned_at_db = QUIETEST_DBFS
        self.top_db = max(self._levels[-3:], default=QUIETEST_DBFS)
        self.background_db = QUIETEST_DBFS
        self.gate_db = _GATE_AT_LEAST_DBFS
        self._strong_db = QUIETEST_DBFS
        self._learn()

    def follow(self, level_db: float) -> None:
        """20 ms more of his turn."""
        self.top_db -= _TOP_FALLS_DB
        if len(self._levels) < _LEARN_FROM_FRAMES:
            self._levels.append(level_db)
        if level_db > self.top_db:
            self.top_db = level_db
            if level_db > self._learned_at_db + _LEARN_AGAIN_DB:
                self._learn()
        top_db, background_db = self.top_db, self.background_db
        gate_db = max(
            background_db + _GATE_ABOVE_BACKGROUND_DB, top_db - _GATE_LOWEST_BELOW_TOP_DB, _GATE_AT_LEAST_DBFS
        )
        self.gate_db = min(gate_db, top_db - _GATE_BELOW_TOP_DB)
        strong_db = max(background_db + _STRONG_ABOVE_BACKGROUND_DB, top_db - _STRONG_LOWEST_BELOW_TOP_DB)
        self._strong_db = min(strong_db, top_db - _STRONG_BELOW_TOP_DB)

    def is_strong(self, level_db: float) -> bool:
        """Only the talker himself is that loud."""
        return level_db > self._strong_db

    def stands_out(self, level_db: float) -> bool:
        """With a pitch, it is a voice near the telephone, even a soft one; that the talker's is the only one there."""
        return level_db > max(
            self.background_db + _NEAR_ABOVE_BACKGROUND_DB, self.top_db - _GATE_LOWEST_BELOW_TOP_DB, _NEAR_AT_LEAST_DBFS
        )

    def is_at_his_loudest(self, level_db: float) -> bool:
        """Nobody else is, however quiet the room was before: a television may have been switched on since."""
        return level_db > self.top_db - _LOUDEST_BELOW_TOP_DB

    def was_not_heard(self, levels_db: Sequence[float]) -> None:
        """These levels were the background: it has become louder."""
        self.background_db = max(self.background_db, *levels_db)

    def _learn(self) -> None:
        self._learned_at_db = self.top_db
        near_db = self.top_db - _TALKER_BELOW_TOP_DB
        first = next((at for at, level_db in enumerate(self._levels) if level_db >= near_db), len(self._levels))
        if first:
            self.background_db = sorted(self._levels[:first])[min(first - 1, int(first * _BACKGROUND_SHARE))]
        else:
            self.background_db = QUIETEST_DBFS
