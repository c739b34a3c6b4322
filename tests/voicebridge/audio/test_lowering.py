"""24 kHz becomes 8 kHz: the band of speech passes, what lies above is not folded into it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.voicebridge.audio.sounds import Samples, level_at, speech_like, tone
from voicebridge.audio.codec import VOICE_RATE_HZ
from voicebridge.audio.lowering import LIFT_DB, Lowering


def lowered(sound: Samples, step: int = 480, *, lift: bool = False) -> Samples:
    lowering = Lowering(lift_consonants=lift)
    ready = [lowering.feed(sound[at : at + step]) for at in range(0, len(sound), step)]
    return np.concatenate([*ready, lowering.flush()])


def gain_at(hz: float, *, lift: bool) -> float:
    return level_at(lowered(tone(hz, 0.5, VOICE_RATE_HZ, -20.0), lift=lift), hz) + 20.0 - 3.0


@pytest.mark.parametrize("hz", [100, 300, 1000, 2000, 3000, 3400])
def test_the_band_of_speech_passes_as_it_is(hz: float) -> None:
    assert gain_at(hz, lift=False) == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize("hz", [2000, 2500, 3000, 3400])
def test_consonants_are_lifted(hz: float) -> None:
    assert gain_at(hz, lift=True) == pytest.approx(LIFT_DB, abs=0.15)


def test_the_lift_begins_gently_and_leaves_vowels_alone() -> None:
    assert gain_at(300, lift=True) == pytest.approx(0.0, abs=0.05)
    assert gain_at(1000, lift=True) == pytest.approx(0.1, abs=0.1)
    assert gain_at(1500, lift=True) == pytest.approx(LIFT_DB / 2, abs=0.3)


@pytest.mark.parametrize("lift", [False, True])
@pytest.mark.parametrize(("hz", "folded_hz"), [(4500, 3500), (5000, 3000), (7000, 1000), (9000, 1000), (11_000, 3000)])
def test_what_is_above_is_not_folded_down(hz: float, folded_hz: float, lift: bool) -> None:
    assert level_at(lowered(tone(hz, 0.5, VOICE_RATE_HZ, -6.0), lift=lift), folded_hz) < -6.0 + 3.0 - 58.0


@pytest.mark.parametrize("length", [0, 1, 2, 30, 97, 480, 4801])
def test_the_length_and_the_time_stay_the_same(length: int) -> None:
    sound = np.zeros(length)
    sound[length // 2 :] = 1.0
    heard = lowered(sound, 480)
    assert abs(len(heard) - length / 3) < 1
    if length > 480:
        # An edge of the voice is where it was, and not later by the filter's length.
        assert heard[length // 6 - 2] < 0.5 < heard[length // 6 + 2]


@pytest.mark.parametrize("step", [1, 7, 100, 100_000])
def test_it_does_not_matter_how_it_is_fed(step: int) -> None:
    sound = np.repeat(speech_like(0.1), 3)
    np.testing.assert_allclose(lowered(sound, step), lowered(sound), atol=1e-12)


def test_it_looks_two_milliseconds_ahead_and_no_more() -> None:
    lowering = Lowering()
    assert len(lowering.feed(np.zeros(48))) == 0
    assert len(lowering.feed(np.zeros(480))) == 160
