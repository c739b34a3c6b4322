"""Sounds for tests, made from numbers: always the same, as 16-bit samples or as mu-law."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voicebridge.audio.codec import SAMPLE_RATE_HZ, decode, encode

Samples = NDArray[np.float64]
"""One channel, full scale is 1.0."""


def at_level(samples: Samples, level_dbfs: float) -> Samples:
    """The same sound with this root mean square."""
    return np.asarray(samples * (10 ** (level_dbfs / 20) / np.sqrt(np.mean(samples**2))))


def tone(hz: float, seconds: float, rate: int = SAMPLE_RATE_HZ, level_dbfs: float = -20.0) -> Samples:
    return at_level(np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate), level_dbfs)


def silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * SAMPLE_RATE_HZ))


def noise(seconds: float, level_dbfs: float, seed: int = 1) -> Samples:
    samples = np.random.default_rng(seed).normal(size=int(seconds * SAMPLE_RATE_HZ))
    return at_level(samples, level_dbfs)


def speech_like(seconds: float, level_dbfs: float = -20.0, syllables_per_s: float = 4.0) -> Samples:
    """A buzz of a voice's pitch and harmonics, opening and closing as syllables do, with more and less stress."""
    t = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    buzz = sum(np.sin(2 * np.pi * 120 * harmonic * t + harmonic) / harmonic for harmonic in range(2, 25))
    syllable = (t * syllables_per_s).astype(int)
    stress = np.array([1.0, 0.55, 0.8, 0.4])[syllable % 4]
    opening = 0.1 + 0.9 * stress * np.abs(np.sin(np.pi * syllables_per_s * t)) ** 0.7
    return at_level(np.asarray(buzz * opening), level_dbfs)


def pcm16(samples: Samples) -> bytes:
    return np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2").tobytes()


def mulaw(*samples: Samples) -> bytes:
    """The sounds one after the other, as the telephone brings them."""
    return encode(pcm16(np.concatenate(samples)))


def line(*samples: Samples, noise_dbfs: float = -65.0, seed: int = 2) -> bytes:
    """The same with the line's own noise under it."""
    sound = np.concatenate(samples)
    return encode(pcm16(sound + noise(len(sound) / SAMPLE_RATE_HZ, noise_dbfs, seed)[: len(sound)]))


def samples_of(mulaw: bytes) -> Samples:
    return np.frombuffer(decode(mulaw), dtype="<i2").astype(np.float64) / 32768


def level_at(samples: Samples, hz: float, rate: int = SAMPLE_RATE_HZ) -> float:
    """The level of one frequency, in dB of a full-scale sine, away from the edges."""
    middle = samples[len(samples) // 4 : 3 * len(samples) // 4]
    t = np.arange(len(middle)) / rate
    window = np.hanning(len(middle))
    amplitude = 2 * np.abs(np.sum(middle * window * np.exp(-2j * np.pi * hz * t))) / np.sum(window)
    return float(20 * np.log10(max(amplitude, 1e-6)))
