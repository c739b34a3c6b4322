"""No sample above -1 dBFS, however loud the voice is made, and no distortion that is heard.

Below -6 dBFS nothing is touched. Above, a peak is pressed softly under the ceiling by turning the gain down at once
and up again slowly: the waves that follow are smaller, not flattened. Nothing is looked at in advance: no delay.
"""

from __future__ import annotations

import numpy as np

from voicebridge.audio.codec import SAMPLE_RATE_HZ
from voicebridge.audio.lowering import Samples

CEILING = 10 ** (-1.0 / 20)
KNEE = 10 ** (-6.0 / 20)

_ALMOST = 1 - 1e-9
"""The ceiling is not passed by a rounding error either."""
_RECOVERY_DB_PER_S = 40.0
_RECOVERY_DB = _RECOVERY_DB_PER_S / SAMPLE_RATE_HZ


class Limiter:
    """One object for one stretch of sound at 8 kHz."""

    def __init__(self) -> None:
        self._gain = 1.0

    def feed(self, samples: Samples) -> Samples:
        """The same samples, the loud ones pressed down."""
        peaks = np.maximum.accumulate(np.abs(samples))
        if not len(peaks) or (self._gain == 1.0 and peaks[-1] <= KNEE):
            return samples
        recovery = 10 ** (np.arange(1, len(samples) + 1) * (_RECOVERY_DB / 20))
        gain = np.minimum(self._gain * recovery, _pressed(peaks))
        self._gain = float(gain[-1])
        return np.asarray(samples * gain)


def _pressed(peaks: Samples) -> Samples:
    """The gain that brings each peak under the ceiling: 1 up to the knee, then a curve that never reaches it."""
    above = np.maximum(peaks, KNEE)
    room = CEILING - KNEE
    return np.asarray((KNEE + room * _ALMOST * np.tanh((above - KNEE) / room)) / above)
