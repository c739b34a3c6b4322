"""Sound on a telephone line: 8 kHz G.711 mu-law frames of 20 ms, levels, the telephone band, tones and noise.

Pure: bytes in, bytes out. "PCM" here always means 16-bit little-endian mono at 8 kHz; levels are dBFS (RMS against
full scale). The sandbox has audio code of its own on purpose: it must not share a mistake with the product it tests.
"""

from __future__ import annotations

import audioop
import io
import math
import wave
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soxr

RATE_HZ = 8000
FRAME_S = 0.02
FRAME_BYTES = 160
SILENT_BYTE = b"\xff"
SILENT_FRAME = SILENT_BYTE * FRAME_BYTES
QUIETEST_DBFS = -96.0
_CLIP = 32000.0

Samples = npt.NDArray[np.float64]


def to_ulaw(pcm: bytes) -> bytes:
    """PCM to mu-law; digital silence becomes 0xFF."""
    return audioop.lin2ulaw(pcm, 2)


def to_pcm(ulaw: bytes) -> bytes:
    """mu-law to PCM."""
    return audioop.ulaw2lin(ulaw, 2)


def frame_level_dbfs(ulaw: bytes) -> float:
    """RMS level of a short piece of mu-law; -96 for digital silence."""
    rms = audioop.rms(to_pcm(ulaw), 2) if ulaw else 0
    return 20 * math.log10(rms / 32768) if rms else QUIETEST_DBFS


def silence(seconds: float) -> bytes:
    """PCM silence."""
    return bytes(2 * round(seconds * RATE_HZ))


def tone(hz: float, seconds: float, level_dbfs: float = -16.0) -> bytes:
    """A sine tone (the beep of an answering machine, the whistle of a fax)."""
    peak = math.sqrt(2) * 10 ** (level_dbfs / 20)
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return _pcm(peak * np.sin(2 * math.pi * hz * time_s))


def active_level_dbfs(pcm: bytes) -> float:
    """Level of the speech without its pauses: RMS over the 20 ms frames within 25 dB of the loudest."""
    samples = _samples(pcm)
    usable = len(samples) - len(samples) % FRAME_BYTES
    if not usable:
        return QUIETEST_DBFS
    powers = np.mean(samples[:usable].reshape(-1, FRAME_BYTES) ** 2, axis=1)
    loudest = float(powers.max())
    if loudest <= 0:
        return QUIETEST_DBFS
    active = powers[powers > loudest * 10**-2.5]
    return max(QUIETEST_DBFS, 10 * math.log10(float(active.mean())))


def at_level(pcm: bytes, level_dbfs: float) -> bytes:
    """The same sound with its active speech level brought to `level_dbfs`; silence stays silence."""
    level = active_level_dbfs(pcm)
    if level <= QUIETEST_DBFS:
        return pcm
    return _pcm(_samples(pcm) * 10 ** ((level_dbfs - level) / 20))


def telephone_band(pcm: bytes) -> bytes:
    """Keep about 250 to 3500 Hz, as a telephone does. Linear phase, length and timing unchanged."""
    samples = _samples(pcm)
    if not len(samples):
        return pcm
    return _pcm(np.convolve(samples, BAND_PASS, mode="same")[: len(samples)] if len(samples) > 255 else samples)


def without_outer_silence(pcm: bytes, threshold_dbfs: float = -50.0) -> bytes:
    """Drop the silence before and after a sound, so that its first and last sample are audible."""
    frames = [pcm[at : at + 2 * FRAME_BYTES] for at in range(0, len(pcm), 2 * FRAME_BYTES)]
    loud = [n for n, frame in enumerate(frames) if audioop.rms(frame, 2) > 32768 * 10 ** (threshold_dbfs / 20)]
    return b"".join(frames[loud[0] : loud[-1] + 1]) if loud else b""


def noise(kind: str, level_dbfs: float, seconds: float = 4.0, seed: int = 1) -> bytes:
    """A loop of line noise: `hum` (50 Hz mains and overtones), `hiss` (white), `room` (low rumble)."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    if kind == "hum":
        parts = ((100, 1.0), (150, 0.8), (250, 0.5), (350, 0.3))
        raw = sum((gain * np.sin(2 * math.pi * hz * time_s) for hz, gain in parts), np.zeros(len(time_s)))
        raw = raw + 0.05 * rng.standard_normal(len(time_s))
    elif kind == "hiss":
        raw = rng.standard_normal(len(time_s))
    elif kind == "room":
        white = rng.standard_normal(len(time_s) + 40)
        raw = np.convolve(white, np.ones(41) / 41, mode="valid")
    else:
        raise ValueError(f"unknown noise {kind!r}; known: hum, hiss, room")
    rms = float(np.sqrt(np.mean(raw**2)))
    return _pcm(raw / rms * 10 ** (level_dbfs / 20))


def mixed(one: bytes, other: bytes) -> bytes:
    """Two pieces of PCM of the same length, added."""
    return audioop.add(one, other, 2)


def read_wav(source: Path | bytes) -> bytes:
    """A WAV file (16-bit PCM, any rate and number of channels) as PCM at 8 kHz. Raises ValueError with the reason."""
    try:
        with wave.open(io.BytesIO(source) if isinstance(source, bytes) else str(source), "rb") as wav:
            width, channels, rate = wav.getsampwidth(), wav.getnchannels(), wav.getframerate()
            data = wav.readframes(wav.getnframes())
    except (wave.Error, EOFError, OSError) as problem:
        raise ValueError(f"not a WAV file that can be read: {problem}") from problem
    if width != 2:
        raise ValueError(f"the WAV file has {8 * width}-bit samples; 16-bit PCM is needed")
    samples = np.frombuffer(data, dtype="<i2").astype(np.float64) / 32768
    if channels > 1:
        samples = samples[: len(samples) - len(samples) % channels].reshape(-1, channels).mean(axis=1)
    if rate != RATE_HZ:
        samples = soxr.resample(samples, rate, RATE_HZ)
    return _pcm(samples)


def stereo_wav(left_ulaw: bytes, right_ulaw: bytes) -> bytes:
    """Two mu-law sides as a stereo 16-bit WAV at 8 kHz; the shorter side is padded with silence."""
    length = max(len(left_ulaw), len(right_ulaw))
    left = audioop.tostereo(to_pcm(left_ulaw.ljust(length, SILENT_BYTE)), 2, 1, 0)
    right = audioop.tostereo(to_pcm(right_ulaw.ljust(length, SILENT_BYTE)), 2, 0, 1)
    out = io.BytesIO()
    with wave.open(out, "wb") as wav:
        wav.setnchannels(2)
        wav.setsampwidth(2)
        wav.setframerate(RATE_HZ)
        wav.writeframes(audioop.add(left, right, 2))
    return out.getvalue()


def _samples(pcm: bytes) -> Samples:
    return np.frombuffer(pcm, dtype="<i2").astype(np.float64) / 32768


def _pcm(samples: Any) -> bytes:
    return bytes(np.clip(np.asarray(samples) * 32768, -_CLIP, _CLIP).astype("<i2").tobytes())


def _band_pass(low_hz: float = 250, high_hz: float = 3500, taps: int = 255) -> Samples:
    offset = np.arange(taps) - (taps - 1) / 2
    window = np.kaiser(taps, 6.0)
    low_pass = 2 * high_hz / RATE_HZ * np.sinc(2 * high_hz / RATE_HZ * offset)
    lower = 2 * low_hz / RATE_HZ * np.sinc(2 * low_hz / RATE_HZ * offset)
    taps_of_band: Samples = (low_pass - lower) * window
    return taps_of_band


BAND_PASS = _band_pass()
"""The telephone's filter: 255 taps, linear phase."""
