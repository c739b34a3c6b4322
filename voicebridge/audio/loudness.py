"""The same loudness from sentence to sentence, though text to speech gives each its own.

What counts is the level while there is speech (mean power of the pieces above -45 dBFS), and it is brought towards
-20 dBFS on the line. A sentence begins with the gain that the sentences before it needed; while it lasts, its own mean
level takes over. It is a mean over the sentence so far, not over a moment, and the gain moves slowly: loud and soft
within a sentence stay what they were.
"""

from __future__ import annotations

import math

import numpy as np

from voicebridge.audio.codec import SAMPLE_RATE_HZ
from voicebridge.audio.lowering import Samples

TARGET_DBFS = -20.0
MOST_DB = 9.0
"""The gain stays within this in both directions."""

_SPEECH_ABOVE = 10 ** (-45.0 / 10)
_BEFORE_COUNTS_S = 0.5
"""All sentences before count as much as so much speech of this one."""
_MEMORY_S = 5.0
"""How much speech the level of the sentences before is learned from."""
_SLEW_DB_PER_S = 6.0


class Loudness:
    """What a call's sentences have in common: how loud the voice is as it comes. Kept for the call."""

    def __init__(self) -> None:
        self.level_dbfs = TARGET_DBFS
        """While there is speech; the target as long as nothing is known."""
        self._known_s = 0.0

    def learn(self, level_dbfs: float, speech_s: float) -> None:
        """A sentence had this level over `speech_s` seconds of speech (more than 0)."""
        self.level_dbfs += (level_dbfs - self.level_dbfs) * speech_s / (self._known_s + speech_s)
        self._known_s = min(self._known_s + speech_s, _MEMORY_S)


class EvenLoudness:
    """One sentence (8 kHz) on its way to the loudness of the others, and `gain_db` above."""

    def __init__(self, loudness: Loudness, gain_db: float = 0.0) -> None:
        self._loudness, self._more_db = loudness, gain_db
        self._before_dbfs = loudness.level_dbfs
        self._energy_s = 0.0
        self._speech_s = 0.0
        self._even_db = self._wanted_db()

    def feed(self, samples: Samples) -> Samples:
        """The same samples (some, at most about 20 ms of them) with their gain. They may leave full scale."""
        seconds = len(samples) / SAMPLE_RATE_HZ
        power = float(np.dot(samples, samples)) / len(samples)
        if power > _SPEECH_ABOVE:
            self._energy_s += power * seconds
            self._speech_s += seconds
        before = self._factor()
        most = _SLEW_DB_PER_S * seconds
        self._even_db += min(max(self._wanted_db() - self._even_db, -most), most)
        after = self._factor()
        if before == after:
            return samples * after
        return np.asarray(samples * (before + (after - before) / len(samples) * np.arange(1, len(samples) + 1)))

    def end(self) -> None:
        """The sentence is over: what was learned from it is for the next."""
        if self._speech_s:
            self._loudness.learn(self._level_dbfs(), self._speech_s)

    def _level_dbfs(self) -> float:
        return 10 * math.log10(self._energy_s / self._speech_s)

    def _wanted_db(self) -> float:
        level_dbfs = self._before_dbfs
        if self._speech_s:
            share = self._speech_s / (_BEFORE_COUNTS_S + self._speech_s)
            level_dbfs += (self._level_dbfs() - level_dbfs) * share
        return min(max(TARGET_DBFS - level_dbfs, -MOST_DB), MOST_DB)

    def _factor(self) -> float:
        return float(10 ** ((self._even_db + self._more_db) / 20))
