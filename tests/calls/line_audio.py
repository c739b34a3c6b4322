"""Judging the sound of a line: clicks, holes, hiss. Samples are 8 kHz, mono, -1..1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 8000
Samples = NDArray[np.float64]


def level_dbfs(samples: Samples) -> float:
    """RMS level; -100 for silence."""
    if not len(samples):
        return -100.0
    return float(max(-100.0, 20 * np.log10(np.sqrt(np.mean(samples**2)) + 1e-9)))


def clicks(samples: Samples) -> list[int]:
    """Positions where the signal jumps while all around it is quiet: a join that was not made at the same value."""
    jumps = np.flatnonzero(np.abs(np.diff(samples)) > 0.25)
    around = RATE_HZ // 100
    return [
        int(at)
        for at in jumps
        if min(level_dbfs(samples[max(0, at - around) : at]), level_dbfs(samples[at + 2 : at + around])) < -45
        and max(level_dbfs(samples[max(0, at - around) : at]), level_dbfs(samples[at + 2 : at + around])) < -30
    ]


def holes(samples: Samples, *, shortest_ms: int = 15, longest_ms: int = 250, loud_dbfs: float = -32.0) -> list[float]:
    """Seconds at which loud sound stops dead for a moment and goes on loud: sound that came too late."""
    silent = np.concatenate([[False], np.abs(samples) < 1e-4, [False]])
    edges = np.flatnonzero(np.diff(silent.astype(np.int8)))
    around = RATE_HZ // 100
    return [
        float(begin) / RATE_HZ
        for begin, end in zip(edges[0::2], edges[1::2], strict=True)
        if shortest_ms <= (end - begin) * 1000 / RATE_HZ <= longest_ms
        and level_dbfs(samples[max(0, begin - around) : begin]) > loud_dbfs
        and level_dbfs(samples[end : end + around]) > loud_dbfs
    ]


def share_above(samples: Samples, cut_hz: float) -> float:
    """Share of the energy above `cut_hz`."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
    return float(power[frequencies > cut_hz].sum() / max(power.sum(), 1e-12))


def longest_silence_s(samples: Samples, spans: Sequence[tuple[float, float]]) -> float:
    """The longest time below -50 dBFS within any of the spans (seconds from the beginning)."""
    longest = 0.0
    for begin, end in spans:
        piece = samples[int(begin * RATE_HZ) : int(end * RATE_HZ)]
        frames = piece[: len(piece) // 160 * 160].reshape(-1, 160)
        quiet = 0
        for frame in frames:
            quiet = quiet + 1 if level_dbfs(frame) < -50 else 0
            longest = max(longest, quiet * 0.02)
    return longest
