"""Has a sound the pitch of a voice? Voiced speech repeats itself 70 to 400 times a second; breath and knocks do not.

The measure is the autocorrelation of 60 ms, at half the sampling rate: 20 microseconds, so it is asked for doubtful
moments only. A beep repeats itself too, and so does what rings when it is struck, a table or a cup: but that is one
tone, and a voice is many. What repeats itself is still not always a person: a television and our own echo do so too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voicebridge.audio.codec import SAMPLE_RATE_HZ, decode

SPAN_BYTES = SAMPLE_RATE_HZ * 60 // 1000
"""How much sound is looked at: mu-law, 60 ms."""
PITCHED = 0.5
"""From this periodicity on it is a voice: noise and breath stay below 0.4, vowels over a telephone above 0.8."""
_TONE_SHARE = 0.02
"""What a single tone leaves unexplained of a sound: less than 0.02 of a tone, at least 0.024 of any voice."""

_SHORTEST_PERIOD = SAMPLE_RATE_HZ // 2 // 400
_LONGEST_PERIOD = SAMPLE_RATE_HZ // 2 // 71
_PATTERN = SPAN_BYTES // 2 - _LONGEST_PERIOD
_Samples = NDArray[np.float32]
_LINEAR = np.frombuffer(decode(bytes(range(256))), dtype="<i2").astype(np.float32)


def periodicity(mulaw: bytes) -> float:
    """How well the last `SPAN_BYTES` of a sound repeat themselves at the best pitch: about 0 (never) to 1."""
    return _periodicity(_halved(mulaw)) if len(mulaw) >= SPAN_BYTES else 0.0


def is_pitched(mulaw: bytes) -> bool:
    """Whether the last 60 ms of a sound have the pitch of a voice."""
    if len(mulaw) < SPAN_BYTES:
        return False
    samples = _halved(mulaw)
    return _periodicity(samples) >= PITCHED and not _is_a_tone(samples)


def _halved(mulaw: bytes) -> _Samples:
    """At half the sampling rate."""
    samples = _LINEAR[np.frombuffer(mulaw[-SPAN_BYTES:], dtype=np.uint8)]
    halved: _Samples = samples[0::2] + samples[1::2]
    halved -= halved.sum() / len(halved)
    return halved


def _periodicity(samples: _Samples) -> float:
    pattern = samples[-_PATTERN:]
    likeness = np.correlate(samples[:-_SHORTEST_PERIOD], pattern, "valid")
    energy = np.cumsum(samples * samples)
    earlier = energy[_PATTERN - 1 : _PATTERN - 1 + len(likeness)].copy()
    earlier[1:] -= energy[: len(likeness) - 1]
    # One step of a 16-bit sample keeps silence from being divided by nothing.
    return float((likeness / np.sqrt(earlier * float(pattern @ pattern) + 1.0)).max())


def _is_a_tone(samples: _Samples) -> bool:
    """Linear prediction from the two samples before explains a tone, sustained or fading, and nothing else."""
    energy = float(samples @ samples) + 1.0
    next_to = float(samples[1:] @ samples[:-1]) / energy
    next_but_one = float(samples[2:] @ samples[:-2]) / energy
    left = 1.0 - next_to * next_to
    return left - (next_but_one - next_to * next_to) ** 2 / left < _TONE_SHARE
