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
_TARGET = 10 ** (TARGET_DBFS / 10)
_PRIOR_S = 0.7
"""So much speech of a sentence counts as much as all sentences before."""
_MEMORY_S = 5.0
"""How much speech the level of the sentences before is learned from."""
_SLEW_DB_PER_S = 6.0


class Loudness:
    """What a call's sentences have in common: how loud the voice is as it comes. Kept for the call."""

    def __init__(self) -> None:
        self.power = _TARGET
        """Mean square of the speech, as a share of full scale; the target as long as nothing is known."""
        self._known_s = 0.0

    def learn(self, power: float, seconds: float) -> None:
        """A sentence had `seconds` of speech with this mean power."""
        if seconds:
            self.power += (power - self.power) * seconds / (self._known_s + seconds)
            self._known_s = min(self._known_s + seconds, _MEMORY_S)


class EvenLoudness:
    """One sentence (8 kHz) on its way to the loudness of the others, and `gain_db` more."""

    def __init__(self, loudness: Loudness, gain_db: float = 0.0) -> None:
        self._loudness, self._more_db = loudness, gain_db
        self._energy_s = 0.0
        self._speech_s = 0.0
        self._even_db = self._wanted_db()

    def feed(self, samples: Samples) -> Samples:
        """The same samples with their gain. May leave full scale."""
        if not len(samples):
            return samples
        seconds = len(samples) / SAMPLE_RATE_HZ
        power = float(np.dot(samples, samples)) / len(samples)
        if power > _SPEECH_ABOVE:
            self._energy_s += power * seconds
            self._speech_s += seconds
        before_db = self._even_db
        most = _SLEW_DB_PER_S * seconds
        self._even_db += min(max(self._wanted_db() - before_db, -most), most)
        before, after = self._factor(before_db), self._factor(self._even_db)
        if before == after:
            return samples * after
        return np.asarray(samples * (before + (after - before) / len(samples) * np.arange(1, len(samples) + 1)))

    def end(self) -> None:
        """The sentence is over: what was learned from it is for the next."""
        if self._speech_s:
            self._loudness.learn(self._energy_s / self._speech_s, self._speech_s)

    def _wanted_db(self) -> float:
        power = (self._loudness.power * _PRIOR_S + self._energy_s) / (_PRIOR_S + self._speech_s)
        return min(max(TARGET_DBFS - 10 * math.log10(power), -MOST_DB), MOST_DB)

    def _factor(self, even_db: float) -> float:
        return float(10 ** ((even_db + self._more_db) / 20))
