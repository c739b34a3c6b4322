"""Where a sentence's sound begins and ends: without silence that costs time, and without a click.

Text to speech puts silence before and after a sentence: up to 110 ms and 700 ms were measured. Before the first sound
it keeps the person waiting; after the last it keeps us from listening. 40 ms and 240 ms are left: a soft beginning of
a word is never cut, and a pause between two sentences is still heard.
"""

from __future__ import annotations

import numpy as np

from voicebridge.audio import codec
from voicebridge.audio.codec import SAMPLE_RATE_HZ
from voicebridge.audio.lowering import Samples

BEFORE_MS = 40
AFTER_MS = 240
FADE_MS = 4

_BEFORE = SAMPLE_RATE_HZ * BEFORE_MS // 1000
_AFTER = SAMPLE_RATE_HZ * AFTER_MS // 1000
_FADE = SAMPLE_RATE_HZ * FADE_MS // 1000
_SILENT = 10 ** (-55.0 / 10)
_NOTHING: Samples = np.zeros(0)


class SilenceTrim:
    """Takes pieces of about 20 ms (8 kHz) and gives them on, without what is below -55 dBFS at both ends.

    A pause inside the sentence stays as it is, but what is longer than `AFTER_MS` of it comes only with the next sound.
    """

    def __init__(self) -> None:
        self._begun = False
        self._quiet = 0
        self._held = _NOTHING

    def feed(self, samples: Samples) -> Samples:
        """What is certain to be heard."""
        if len(samples) and np.dot(samples, samples) > _SILENT * len(samples):
            sound = np.concatenate((self._held, samples))
            self._begun, self._quiet, self._held = True, 0, _NOTHING
            return sound
        if not self._begun:
            self._held = np.concatenate((self._held, samples))[-_BEFORE:]
            return _NOTHING
        self._quiet += len(samples)
        if self._quiet <= _AFTER:
            return samples
        self._held = np.concatenate((self._held, samples))
        return _NOTHING


class Fades:
    """Fades the first and the last 4 ms: one object for one stretch of sound. The last 4 ms are kept back."""

    def __init__(self) -> None:
        self._done = 0
        self._held = _NOTHING

    def feed(self, samples: Samples) -> Samples:
        """What is ready."""
        if self._done < _FADE:
            ramp = _RAMP[self._done : self._done + len(samples)]
            self._done += len(samples)
            samples = np.concatenate((samples[: len(ramp)] * ramp, samples[len(ramp) :]))
        samples = np.concatenate((self._held, samples))
        self._held = samples[max(0, len(samples) - _FADE) :]
        return samples[: len(samples) - len(self._held)]

    def flush(self) -> Samples:
        """The end, faded out."""
        return np.asarray(self._held * _RAMP[::-1][: len(self._held)])


def fade_in(mulaw: bytes) -> bytes:
    """The same sound (mu-law, 8 kHz), its first 4 ms faded in: for a voice that goes on in the middle."""
    begin = np.frombuffer(codec.decode(mulaw[:_FADE]), "<i2")
    return codec.encode((begin * _RAMP[: len(begin)]).astype("<i2").tobytes()) + mulaw[_FADE:]


_RAMP: Samples = (np.arange(_FADE) + 0.5) / _FADE
