"""The log-mel spectrogram that Whisper was trained on, in numpy (pure).

As in the model's paper (Radford et al. 2022, section 2.2): 16 kHz, 25 ms Hann windows every 10 ms, 80 mel bands on
Slaney's scale with areas of one, log10, floored at 8 below the maximum, scaled.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

SAMPLE_RATE_HZ = 16_000
HOP = 160
WINDOW = 400
BANDS = 80

_NOTHING = -10.0
"""The logarithm that silence has."""

# Slaney's mel scale: linear up to 1 kHz (200/3 Hz per mel), then logarithmic (27 mels for a factor of 6.4).
_LINEAR_HZ_PER_MEL = 200.0 / 3
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _LINEAR_HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27


def log_mel(samples: Floats, frames: int) -> Floats:
    """`samples` (16 kHz, -1..1) as a spectrogram of exactly `frames` frames of 10 ms, padded with silence or cut.

    Returns an array of shape (80, frames).
    """
    # Most of a short turn's window is padding: its frames are known without a Fourier transform.
    sounding = min(frames, samples.size // HOP + 3)
    fitted = np.zeros(sounding * HOP, dtype=np.float32)
    fitted[: min(fitted.size, samples.size)] = samples[: fitted.size]
    padded = np.pad(fitted, WINDOW // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:sounding]
    spectrum = np.fft.rfft(windows * _hann(), axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    log = np.full((BANDS, frames), _NOTHING, dtype=np.float32)
    log[:, :sounding] = np.log10(np.maximum(_filters() @ power.T, 10.0**_NOTHING))
    floored = np.maximum(log, log.max() - 8.0)
    return np.ascontiguousarray((floored + 4.0) / 4.0, dtype=np.float32)


@cache
def _hann() -> Floats:
    # The periodic window (of torch.hann_window), not numpy's symmetric one.
    return np.hanning(WINDOW + 1)[:-1].astype(np.float32)


@cache
def _filters() -> Floats:
    """Triangles over the power spectrum's bins: shape (80, 201)."""
    bins_hz = np.fft.rfftfreq(WINDOW, 1.0 / SAMPLE_RATE_HZ)
    edges_hz = _mel_to_hz(np.linspace(0.0, float(_hz_to_mel(SAMPLE_RATE_HZ / 2)), BANDS + 2))
    rising = (bins_hz[None, :] - edges_hz[:-2, None]) / (edges_hz[1:-1] - edges_hz[:-2])[:, None]
    falling = (edges_hz[2:, None] - bins_hz[None, :]) / (edges_hz[2:] - edges_hz[1:-1])[:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    areas = 2.0 / (edges_hz[2:] - edges_hz[:-2])
    return (triangles * areas[:, None]).astype(np.float32)


def _hz_to_mel(hz: float) -> float:
    if hz < _BREAK_HZ:
        return hz / _LINEAR_HZ_PER_MEL
    return float(_BREAK_MEL + np.log(hz / _BREAK_HZ) / _LOG_STEP)


def _mel_to_hz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(mel < _BREAK_MEL, mel * _LINEAR_HZ_PER_MEL, _BREAK_HZ * np.exp((mel - _BREAK_MEL) * _LOG_STEP))
