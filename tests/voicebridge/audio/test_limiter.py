"""Loud, but never clipped; and what is not loud is not touched."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.voicebridge.audio.sounds import Samples, noise, silence, speech_like, tone
from voicebridge.audio.limiter import CEILING, KNEE, Limiter


def limited(sound: Samples) -> Samples:
    limiter = Limiter()
    return np.concatenate([limiter.feed(sound[at : at + 160]) for at in range(0, len(sound), 160)])


def distortion_db(sound: Samples, hz: float) -> float:
    """What is not the tone, against the tone."""
    t = np.arange(len(sound)) / 8000
    waves = np.stack([np.sin(2 * np.pi * hz * t), np.cos(2 * np.pi * hz * t)], axis=1)
    pure = waves @ np.linalg.lstsq(waves, sound, rcond=None)[0]
    return float(10 * np.log10(np.mean((sound - pure) ** 2) / np.mean(pure**2)))


@pytest.mark.parametrize("sound", [tone(300, 1.0, level_dbfs=-9.1), speech_like(2.0, -24.0), silence(0.1)])
def test_below_the_knee_no_sample_is_changed(sound: Samples) -> None:
    assert np.abs(sound).max() <= KNEE
    np.testing.assert_array_equal(limited(sound), sound)


@settings(deadline=None)
@given(st.lists(st.floats(-40.0, 40.0), min_size=1, max_size=400))
def test_nothing_ever_passes_the_ceiling_or_changes_its_sign(values: list[float]) -> None:
    sound = np.array(values)
    heard = limited(sound)
    assert np.abs(heard).max() <= CEILING
    assert np.all(np.abs(heard) <= np.abs(sound))
    assert np.all(heard * sound >= 0)


@pytest.mark.parametrize("gain_db", [6.0, 9.0, 12.0])
def test_a_loud_tone_stays_a_tone(gain_db: float) -> None:
    heard = limited(tone(200, 1.0, level_dbfs=-9.0 + gain_db))
    assert np.abs(heard).max() <= CEILING
    assert distortion_db(heard[800:], 200) < -26.0, "clipped at the ceiling it would be about -20"


def test_the_softer_sound_after_a_loud_one_is_whole_again_soon() -> None:
    sound = np.concatenate([tone(300, 0.3, level_dbfs=3.0), tone(300, 0.5, level_dbfs=-20.0)])
    heard = limited(sound)
    gain_db = 20 * np.log10(heard[2500:] / np.where(sound[2500:] == 0, 1, sound[2500:]) + 1e-12)
    assert gain_db[np.abs(sound[2500:]) > 0.01][0] < -3.0
    np.testing.assert_array_equal(heard[2400 + 3200 :], sound[2400 + 3200 :])


def test_a_sudden_peak_is_caught_at_once() -> None:
    sound = np.concatenate([silence(0.1), np.full(8, 5.0), noise(0.05, -30.0)])
    heard = limited(sound)
    assert heard[800:808] == pytest.approx(CEILING, rel=0.01)
