"""Has a sound the pitch of a voice? Voiced speech repeats itself 70 to 400 times a second; breath and knocks do not.

The measure is the autocorrelation of 60 ms, at half the sampling rate: 20 microseconds, so it is asked for doubtful
moments only. What repeats itself is not always a person: a hum, a television and our own echo do so too.
"""

from __future__ import annotations

import numpy as np

from voicebridge.audio.codec import SAMPLE_RATE_HZ, decode

SPAN_BYTES = SAMPLE_RATE_HZ * 60 // 1000
"""How much sound is looked at: mu-law, 60 ms."""
PITCHED = 0.5
"""From this periodicity on it is a voice: noise and breath stay below 0.4, vowels over a telephone above 0.8."""

_SHORTEST_PERIOD = SAMPLE_RATE_HZ // 2 // 400
_LONGEST_PERIOD = SAMPLE_RATE_HZ // 2 // 71
_PATTERN = SPAN_BYTES // 2 - _LONGEST_PERIOD
_LINEAR = np.frombuffer(decode(bytes(range(256))), dtype="<i2").astype(np.float32)


def periodicity(mulaw: bytes) -> float:
    """How well the last `SPAN_BYTES` of a sound repeat themselves at the best pitch: about 0 (never) to 1."""
    if len(mulaw) < SPAN_BYTES:
        return 0.0
    samples = _LINEAR[np.frombuffer(mulaw[-SPAN_BYTES:], dtype=np.uint8)]
    halved = samples[0::2] + samples[1::2]
    halved -= halved.sum() / len(halved)
    pattern = halved[-_PATTERN:]
    likeness = np.correlate(halved[:-_SHORTEST_PERIOD], pattern, "valid")
    energy = np.cumsum(halved * halved)
    earlier = energy[_PATTERN - 1 : _PATTERN - 1 + len(likeness)].copy()
    earlier[1:] -= energy[: len(likeness) - 1]
    # One step of a 16-bit sample keeps silence from being divided by nothing.
    return float((likeness / np.sqrt(earlier * float(pattern @ pattern) + 1.0)).max())


def is_pitched(mulaw: bytes) -> bool:
    """Whether the last 60 ms of a sound have a pitch."""
    return periodicity(mulaw) >= PITCHED
