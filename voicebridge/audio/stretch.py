"""Slower or faster speech at the same pitch (WSOLA: waveform-similarity overlap-add), at 8 kHz.

The sound is copied as it is. Where it has run ahead of (or behind) the place that the pace asks for, the copy jumps to
the place near it whose waveform goes on most alike, so that whole periods of the voice are repeated (or left out), and
the two are blended. Nothing else is changed: at pace 0.8 there are about a dozen such joins a second, at 1.0 none.
"""

from __future__ import annotations

import numpy as np

from voicebridge.audio.codec import SAMPLE_RATE_HZ
from voicebridge.audio.lowering import Samples

SLOWEST, FASTEST = 0.6, 1.3

_STEP = SAMPLE_RATE_HZ * 20 // 1000
_BLEND = SAMPLE_RATE_HZ * 10 // 1000
_REACH = SAMPLE_RATE_HZ * 10 // 1000
"""How far from the pace's own place is looked: both ways together more than a period of the deepest voice (60 Hz)."""
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
        """Where in `_sound` it should go on by the pace. `_next` never moves far from it."""

    def feed(self, samples: Samples) -> Samples:
        """What is ready after these samples: all of them at pace 1.0, otherwise 30 to 50 ms are kept back."""
        if self._pace == 1.0:
            return samples
        self._sound = np.concatenate((self._sound, samples))
        ready = []
        while max(self._next, int(self._place) + _REACH) + _STEP <= len(self._sound):
            ready.append(self._step(int(self._place) + _REACH))
        self._forget()
        return np.concatenate(ready) if ready else np.zeros(0)

    def flush(self) -> Samples:
        """The rest, to the very end of what was fed. The object is then used up."""
        ready = []
        while self._next + _STEP <= len(self._sound):
            ready.append(self._step(min(int(self._place) + _REACH, len(self._sound) - _STEP)))
        return np.concatenate([*ready, self._sound[self._next :]])

    def _step(self, last: int) -> Samples:
        """The next 20 ms, copied from anywhere up to `last`."""
        first = max(0, min(int(self._place) - _REACH, last))
        start = self._next
        step = self._sound[start : start + _STEP]
        if not first <= start <= last:
            start = self._most_alike(first, last)
            step = self._sound[start : start + _STEP].copy()
            goes_on = self._sound[self._next : self._next + _BLEND]
            step[:_BLEND] = goes_on + (step[:_BLEND] - goes_on) * _FADE_IN
        self._next = start + _STEP
        self._place += _STEP * self._pace
        return step

    def _most_alike(self, first: int, last: int) -> int:
        """The place from `first` to `last` whose sound is most like what would have come."""
        goes_on = self._sound[self._next : self._next + _BLEND]
        region = self._sound[first : last + _BLEND]
        energy = np.cumsum(np.concatenate(([0.0], region**2)))
        alike = np.correlate(region, goes_on) / np.sqrt(energy[_BLEND:] - energy[:-_BLEND] + _TINY)
        return first + int(np.argmax(alike))

    def _forget(self) -> None:
        """Drops what no later step can reach."""
        done = max(0, min(self._next, int(self._place) - _REACH))
        self._sound = self._sound[done:]
        self._next -= done
        self._place -= done
