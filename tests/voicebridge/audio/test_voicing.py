"""Voices have a pitch; breath, hiss and knocks have none."""

from __future__ import annotations

import numpy as np
import pytest

from tests.voicebridge.audio.sounds import Samples, at_level, line, mulaw, noise, silence, speech_like, tone
from voicebridge.audio.voicing import SPAN_BYTES, is_pitched, periodicity


def buzz(hz: float, level_dbfs: float = -20.0) -> Samples:
    """A voice of this pitch as the telephone lets it through: from 300 to 3400 Hz."""
    t = np.arange(800) / 8000
    harmonics = [n for n in range(1, 60) if 300 <= n * hz <= 3400]
    return at_level(np.asarray(sum(np.sin(2 * np.pi * n * hz * t + n * n) / n for n in harmonics)), level_dbfs)


@pytest.mark.parametrize("hz", [80, 110, 150, 220, 330])
@pytest.mark.parametrize("level", [-10.0, -40.0])
def test_a_voice_has_a_pitch_although_its_lowest_tone_does_not_come_through(hz: float, level: float) -> None:
    assert periodicity(mulaw(buzz(hz, level))) > 0.8


@pytest.mark.parametrize("seed", range(10))
def test_noise_has_no_pitch(seed: int) -> None:
    assert periodicity(mulaw(noise(0.1, -25.0, seed))) < 0.4


@pytest.mark.parametrize("hz", [150, 440, 1200])
def test_a_beep_is_periodic_but_has_not_the_pitch_of_a_voice(hz: float) -> None:
    beep = mulaw(tone(hz, 0.1) + noise(0.1, -65.0))
    assert periodicity(beep) > 0.9
    assert not is_pitched(beep)


def test_a_voice_in_noise_has_one() -> None:
    assert is_pitched(mulaw(buzz(120, -20.0) + noise(0.1, -26.0)))


def test_only_the_last_moments_count() -> None:
    assert is_pitched(mulaw(noise(0.2, -20.0), buzz(120)))
    assert not is_pitched(mulaw(buzz(120), noise(0.2, -20.0)))


def test_silence_has_none() -> None:
    assert periodicity(mulaw(silence(0.1))) == 0.0


def test_too_little_sound_has_none() -> None:
    voice = line(speech_like(0.1))
    assert not is_pitched(voice[: SPAN_BYTES - 1])
    assert not is_pitched(b"")
