"""What people and rooms do to the sound on a line: coughs, knocks, a voice that trails off, a television behind.

Pure: PCM in, PCM out (16-bit little-endian, mono, 8 kHz). Always the same sound for the same arguments.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import soxr

from sandbox.line_audio import FRAME_BYTES, RATE_HZ, at_level, telephone_band

Samples = npt.NDArray[np.float64]

COUGH_S = 0.3
KNOCK_S = 0.09
_PHRASE_GAP_FRAMES = 6
_HOLDS_UNTIL = 0.35
"""Whoever trails off begins a phrase at full voice, for this share of it."""


def cough(level_dbfs: float) -> bytes:
    """A cough of 0.3 s: a burst, then the breath that follows it. No pitch in it."""
    rng = np.random.default_rng(11)
    time_s = np.arange(round(COUGH_S * RATE_HZ)) / RATE_HZ
    burst = np.minimum(time_s / 0.005, 1.0) * np.exp(-time_s / 0.03)
    breath = np.clip((time_s - 0.05) / 0.02, 0.0, 1.0) * 0.45 * np.exp(-time_s / 0.11)
    noise = rng.standard_normal(time_s.size)
    # The throat: louder around 600 and 1600 Hz.
    throat = sum(_resonance(noise, hz, width_hz) for hz, width_hz in ((600, 300), (1600, 500), (2600, 800)))
    return _heard_as(throat * (burst + breath) * _edges(time_s.size), level_dbfs)


def knock(level_dbfs: float) -> bytes:
    """Something hard against something hollow, 90 ms: a receiver put down, a cup on the table."""
    rng = np.random.default_rng(5)
    time_s = np.arange(round(KNOCK_S * RATE_HZ)) / RATE_HZ
    body = sum(gain * np.sin(2 * np.pi * hz * time_s) for hz, gain in ((310, 1.0), (560, 0.7), (930, 0.4)))
    click = 1.5 * rng.standard_normal(time_s.size) * np.exp(-time_s / 0.004)
    return _heard_as((body * np.exp(-time_s / 0.02) + click) * _edges(time_s.size), level_dbfs)


def trailing_off(pcm: bytes, by_db: float) -> bytes:
    """Speech whose every phrase gets quieter towards its end, by `by_db` at the last syllable."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float64)
    gain_db = np.zeros(samples.size)
    for begin, end in _phrases(samples):
        fall = (np.linspace(0.0, 1.0, end - begin) - _HOLDS_UNTIL) / (1.0 - _HOLDS_UNTIL)
        gain_db[begin:end] = -by_db * np.clip(fall, 0.0, 1.0)
    return np.rint(samples * 10 ** (gain_db / 20)).astype("<i2").tobytes()


def across_the_room(pcm: bytes) -> bytes:
    """Speech from a loudspeaker some metres away: a room's reverberation, and less of the highs."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float64)
    if not samples.size:
        return pcm
    rng = np.random.default_rng(3)
    time_s = np.arange(round(0.25 * RATE_HZ)) / RATE_HZ
    room = 0.12 * rng.standard_normal(time_s.size) * np.exp(-time_s / 0.06)
    room[0] += 1.0
    # Half the rate and back takes away what is above 2 kHz.
    dull = soxr.resample(soxr.resample(samples, RATE_HZ, RATE_HZ // 2), RATE_HZ // 2, RATE_HZ)[: samples.size]
    length = samples.size + room.size - 1
    wet = np.fft.irfft(np.fft.rfft(dull, length) * np.fft.rfft(room, length), length)[: samples.size]
    return np.clip(np.rint(wet), -32000, 32000).astype("<i2").tobytes()


def _phrases(samples: Samples) -> list[tuple[int, int]]:
    """Begin and end of the stretches between pauses of at least 120 ms."""
    frames = samples[: samples.size // FRAME_BYTES * FRAME_BYTES].reshape(-1, FRAME_BYTES)
    rms = np.sqrt((frames**2).mean(axis=1)) if len(frames) else np.zeros(0)
    loud = np.flatnonzero(rms > 0.05 * rms.max(initial=0.0))
    if not loud.size:
        return []
    breaks = np.flatnonzero(np.diff(loud) > _PHRASE_GAP_FRAMES)
    begins, ends = np.append(loud[0], loud[breaks + 1]), np.append(loud[breaks], loud[-1])
    return [(int(begin) * FRAME_BYTES, (int(end) + 1) * FRAME_BYTES) for begin, end in zip(begins, ends, strict=True)]


def _resonance(noise: Samples, hz: float, width_hz: float) -> Samples:
    spectrum = np.fft.rfft(noise)
    away = (np.fft.rfftfreq(noise.size, 1 / RATE_HZ) - hz) / width_hz
    return np.fft.irfft(spectrum * np.exp(-(away**2) / 2), noise.size)


def _edges(length: int) -> Samples:
    """One, and a fade of 5 ms at the end: no click."""
    fade = np.minimum(np.arange(length, 0, -1) / (0.005 * RATE_HZ), 1.0)
    return np.asarray(fade, dtype=np.float64)


def _heard_as(shape: Samples, level_dbfs: float) -> bytes:
    pcm = (shape / np.abs(shape).max() * 20_000).astype("<i2").tobytes()
    return at_level(telephone_band(pcm), level_dbfs)
