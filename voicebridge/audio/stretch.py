"""Slower or faster speech at the same pitch (WSOLA: waveform-similarity overlap-add), at 8 kHz.

The sound is copied as it is, in steps of 20 ms. When the copy has run ahead of (or behind) the place that the pace asks
for, it jumps to a place near that one whose waveform goes on alike, so that whole periods of the voice are repeated (or
left out), and the two are blended. It waits for a good place: the middle of a vowel, or a pause. Only when it is 30 ms
off does it take the best there is, so that most consonants stay as they were spoken. At pace 0.8 there are about 12
joins a second.
"""

from __future__ import annotations

import math

import numpy as np

from voicebridge.audio.codec import SAMPLE_RATE_HZ
from voicebridge.audio.lowering import Samples

SLOWEST, FASTEST = 0.6, 1.3

_MS = SAMPLE_RATE_HZ // 1000
_STEP = 20 * _MS
_BLEND = 10 * _MS
_REACH = 20 * _MS
"""How far from the pace's own place is looked."""
_TOLERATED, _LATEST = 10 * _MS, 30 * _MS
"""So far off, nothing is done; so far off, something must be done."""
_WORTHWHILE = 2.5 * _MS
"""A jump brings the copy nearer by at least this."""
_ALIKE = 0.97
_QUIET = _BLEND * 10 ** (-50.0 / 10)
"""Energy of a blend in a pause, where any place will do."""
_FADE_IN: Samples = 0.5 - 0.5 * np.cos(np.pi * (np.arange(_BLEND) + 0.5) / _BLEND)
_TINY = 1e-9


class Stretch:
    """One stretch of sound at 8 kHz, as it comes. `pace` 0.8 takes a quarter longer; it is kept within 0.6 and 1.3."""

    def __init__(self, pace: float) -> None:
        self._pace = min(max(pace, SLOWEST), FASTEST)
        self._sound: Samples = np.zeros(0)
        self._next = 0
        """Where in `_sound` the copy would go on."""
        self._place = 0.0
        """Where in `_sound` it should go on by the pace."""

    def feed(self, samples: Samples) -> Samples:
        """What is ready after these samples: all of them at pace 1.0, otherwise 40 to 70 ms are kept back."""
        if self._pace == 1.0:
            return samples
        self._sound = np.concatenate((self._sound, samples))
        ready = [np.zeros(0)]
        while max(self._next, int(self._place) + _REACH) + _STEP <= len(self._sound):
            ready.append(self._step())
        self._forget()
        return np.concatenate(ready)

    def flush(self) -> Samples:
        """The rest, to the very end of what was fed. The object is then used up."""
        ready = []
        while self._next + _STEP <= len(self._sound):
            ready.append(self._step())
        return np.concatenate([*ready, self._sound[self._next :]])

    def _step(self) -> Samples:
        """The next 20 ms."""
        off = abs(self._next - self._place)
        start = self._next
        step = self._sound[start : start + _STEP]
        if off > _TOLERATED:
            jump = self._jump(min(_REACH, off - _WORTHWHILE), must=off > _LATEST)
            if jump is not None:
                start = jump
                goes_on = step[:_BLEND]
                step = self._sound[start : start + _STEP].copy()
                step[:_BLEND] = goes_on + (step[:_BLEND] - goes_on) * _FADE_IN
        self._next = start + _STEP
        self._place += _STEP * self._pace
        return step

    def _jump(self, reach: float, *, must: bool) -> int | None:
        """The place within `reach` of the pace's own whose sound is most like what would have come, if it will do."""
        last = min(int(self._place + reach), len(self._sound) - _STEP)
        first = max(0, min(math.ceil(self._place - reach), last))
        goes_on = self._sound[self._next : self._next + _BLEND]
        region = self._sound[first : last + _BLEND]
        total = np.cumsum(np.concatenate(([0.0], region**2)))
        energy, energy_there = float(np.dot(goes_on, goes_on)), total[_BLEND:] - total[:-_BLEND]
        alike = np.correlate(region, goes_on) / np.sqrt(energy * np.maximum(energy_there, 0.0) + _TINY)
        best = int(np.argmax(alike))
        if must or alike[best] >= _ALIKE or max(energy, float(energy_there[best])) < _QUIET:
            return first + best
        return None

    def _forget(self) -> None:
        """Drops what no later step can reach."""
        done = max(0, min(self._next, int(self._place) - _REACH))
        self._sound = self._sound[done:]
        self._next -= done
        self._place -= done
