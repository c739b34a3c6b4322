"""The telephone's sound. Also to be run on Python 3.13, where audioop-lts takes the place of the built-in audioop."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.voicebridge.audio.sounds import Samples, at_level, pcm16, silence, tone
from voicebridge.audio.codec import (
    QUIETEST_DBFS,
    SAMPLE_RATE_HZ,
    SILENCE,
    VOICE_RATE_HZ,
    Downsampler,
    decode,
    duration_ms,
    duration_s,
    encode,
    level_dbfs,
)


def downsampled(voice: bytes, cuts: itertools.cycle[int] | None = None) -> bytes:
    down, heard, at = Downsampler(), b"", 0
    while at < len(voice):
        step = next(cuts) if cuts else len(voice)
        heard += down.feed(voice[at : at + step])
        at += step
    return heard + down.flush()


def samples_of(mulaw: bytes) -> Samples:
    return np.frombuffer(decode(mulaw), dtype="<i2").astype(np.float64) / 32768


def level_at(samples: Samples, hz: float, rate: int = SAMPLE_RATE_HZ) -> float:
    """The level of one frequency, in dB of a full-scale sine, away from the edges."""
    middle = samples[len(samples) // 4 : 3 * len(samples) // 4]
    t = np.arange(len(middle)) / rate
    window = np.hanning(len(middle))
    amplitude = 2 * np.abs(np.sum(middle * window * np.exp(-2j * np.pi * hz * t))) / np.sum(window)
    return float(20 * np.log10(max(amplitude, 1e-6)))


# --- G.711


@pytest.mark.parametrize(
    ("sample", "code"),
    [
        (0, 0xFF),
        (8, 0xFE),
        (-8, 0x7E),
        (132, 0xEF),
        (1000, 0xCE),
        (-1000, 0x4E),
        (32767, 0x80),
        (-32768, 0),
    ],
)
def test_samples_have_the_codes_of_g711(sample: int, code: int) -> None:
    assert encode(sample.to_bytes(2, "little", signed=True)) == bytes([code])


def test_every_code_comes_back_from_its_sample() -> None:
    codes = bytes(code for code in range(256) if code != 0x7F)  # 0x7F is a second zero
    assert encode(decode(codes)) == codes


def test_no_sound_is_the_silence_byte_and_the_quietest_level() -> None:
    still = encode(pcm16(silence(0.02)))
    assert still == bytes([SILENCE]) * 160
    assert level_dbfs(still) == QUIETEST_DBFS
    assert level_dbfs(b"") == QUIETEST_DBFS


@pytest.mark.parametrize("level", [-3.1, -20.0, -40.0])
def test_a_level_is_the_root_mean_square_in_decibels_of_full_scale(level: float) -> None:
    assert level_dbfs(encode(pcm16(tone(440, 0.5, level_dbfs=level)))) == pytest.approx(level, abs=0.3)


def test_durations_count_eight_bytes_a_millisecond() -> None:
    assert duration_s(bytes(160)) == 0.02
    assert duration_ms(bytes(163)) == 20


# --- 24 kHz to 8 kHz


def test_the_length_stays_the_same() -> None:
    heard = downsampled(pcm16(tone(440, 1.5, VOICE_RATE_HZ)))
    assert abs(len(heard) - 1.5 * SAMPLE_RATE_HZ) <= 1


@pytest.mark.parametrize("sizes", [(1,), (2, 3, 5, 7), (479, 480, 481), (4096,), (100_000, 1)])
def test_the_same_bytes_come_out_however_the_voice_is_cut_up(sizes: tuple[int, ...]) -> None:
    rng = np.random.default_rng(7)
    voice = pcm16(at_level(rng.normal(size=12_000 if sizes == (1,) else 48_000), -15.0))
    assert downsampled(voice, itertools.cycle(sizes)) == downsampled(voice)


def test_half_a_sample_at_the_end_is_dropped() -> None:
    voice = pcm16(tone(440, 0.1, VOICE_RATE_HZ))
    assert downsampled(voice + b"\x01") == downsampled(voice)


def test_nothing_gives_nothing() -> None:
    assert downsampled(b"") == b""


@pytest.mark.parametrize("hz", [300, 1000, 2000, 3000, 3400])
def test_the_band_of_speech_passes(hz: int) -> None:
    heard = samples_of(downsampled(pcm16(tone(hz, 1.0, VOICE_RATE_HZ, -10.0))))
    assert level_at(heard, hz) == pytest.approx(-10.0 + 3.0, abs=0.6)


@pytest.mark.parametrize(("hz", "folded_hz"), [(4500, 3500), (5000, 3000), (6000, 2000), (7000, 1000), (9000, 1000)])
def test_what_is_above_the_band_is_not_folded_into_it(hz: int, folded_hz: int) -> None:
    heard = samples_of(downsampled(pcm16(tone(hz, 1.0, VOICE_RATE_HZ, -6.0))))
    assert level_at(heard, folded_hz) < -6.0 + 3.0 - 50.0


def test_a_voice_at_full_scale_is_clipped_and_does_not_wrap_around() -> None:
    square = np.sign(np.sin(2 * np.pi * 200 * np.arange(VOICE_RATE_HZ // 2) / VOICE_RATE_HZ)) * 0.9999
    heard = samples_of(downsampled(pcm16(square)))
    # 20 samples of one sign, 20 of the other. An overshoot beside a flank, wrapped around, would have the wrong one.
    periods = heard[400:-400].reshape(-1, 40)
    assert periods[:, 3:17].min() > 0.85
    assert periods[:, 23:37].max() < -0.85
