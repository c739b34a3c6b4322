"""The agent's own voice, coming back: what the telephone plays gets into its microphone, late and quieter.

Loudspeaker telephones do that, and bad lines. Pure, frame by frame: 20 ms of what is played in, 20 ms of what comes
back out. The sound on the way is band-limited as everything on a telephone, once more.
"""

from __future__ import annotations

import audioop
from dataclasses import dataclass

import numpy as np

from sandbox.line_audio import BAND_PASS, FRAME_BYTES, RATE_HZ, to_pcm, to_ulaw

SHORTEST_MS, LONGEST_MS = 20, 500
MOST_DOWN_DB = 60
_FILTER_DELAY = (len(BAND_PASS) - 1) // 2


@dataclass(frozen=True)
class Echo:
    """How late (20 to 500 ms) and how much quieter (dB) the agent's voice comes back."""

    delay_ms: float
    down_db: float


class EchoPath:
    """One line's echo: keeps what is on its way back."""

    def __init__(self, echo: Echo) -> None:
        self._taps = BAND_PASS * 10 ** (-echo.down_db / 20)
        delay = max(0, round(echo.delay_ms / 1000 * RATE_HZ) - _FILTER_DELAY)
        # What is on its way, oldest first: the delay, and what the filter needs to have of the past.
        self._under_way = np.zeros(delay + len(BAND_PASS) - 1)

    def added(self, person: bytes, agent: bytes) -> bytes:
        """The person's 20 ms with what comes back in them, while `agent` is being played (all mu-law)."""
        path = np.concatenate([self._under_way, np.frombuffer(to_pcm(agent), "<i2").astype(np.float64)])
        self._under_way = path[FRAME_BYTES:]
        returning = path[: FRAME_BYTES + len(BAND_PASS) - 1]
        if not returning.any():
            return person
        back = np.rint(np.convolve(returning, self._taps, mode="valid")).astype("<i2").tobytes()
        return to_ulaw(audioop.add(to_pcm(person), back, 2))
