"""Slower and faster speech keeps its pitch, and no join is heard."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.voicebridge.audio.sounds import Samples, noise, silence, speech_like, tone
from voicebridge.audio.codec import SAMPLE_RATE_HZ
from voicebridge.audio.stretch import FASTEST, SLOWEST, Stretch

PACES = [0.6, 0.7, 0.8, 0.9, 1.1, 1.3]


def stretched(sound: Samples, pace: float, *sizes: int) -> Samples:
    """The sound at another pace, fed in pieces of these sizes in turn."""
    stretch, ready, at = Stretch(pace), [], 0
    cuts = itertools.cycle(sizes or (160,))
    while at < len(sound):
        step = next(cuts)
        ready.append(stretch.feed(sound[at : at + step]))
        at += step
    return np.concatenate([*ready, stretch.flush()])


def vowel(seconds: float, pitch_hz: float = 110.0) -> Samples:
    """An "ah": the harmonics of a voice under two formants."""
    t = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    harmonics = np.arange(pitch_hz, 3500.0, pitch_hz)
    strength = 1 / (1 + ((harmonics - 700) / 150) ** 2) + 0.6 / (1 + ((harmonics - 1150) / 200) ** 2)
    waves = strength[:, None] * np.sin(2 * np.pi * harmonics[:, None] * t + np.arange(len(harmonics))[:, None])
    return np.asarray(0.05 * waves.sum(axis=0))


def pitch_hz(sound: Samples) -> float:
    """By the first strong peak of the autocorrelation, between 60 and 400 Hz."""
    middle = sound[len(sound) // 4 : 3 * len(sound) // 4]
    power = np.abs(np.fft.rfft(middle, 2 * len(middle))) ** 2
    alike = np.fft.irfft(power)[: SAMPLE_RATE_HZ // 60]
    shortest = SAMPLE_RATE_HZ // 400
    return SAMPLE_RATE_HZ / (shortest + int(np.argmax(alike[shortest:])))


def loudest_hz(sound: Samples) -> float:
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(np.argmax(spectrum)) * SAMPLE_RATE_HZ / len(sound)


def test_at_the_usual_pace_nothing_is_changed_and_nothing_kept_back() -> None:
    sound = speech_like(0.5)
    stretch = Stretch(1.0)
    assert stretch.feed(sound) is sound
    assert not len(stretch.flush())


@pytest.mark.parametrize("pace", PACES)
@pytest.mark.parametrize("sound", [tone(200, 3.0), vowel(3.0), speech_like(3.0), noise(3.0, -30.0), silence(3.0)])
def test_it_takes_as_much_longer_as_the_pace_says(sound: Samples, pace: float) -> None:
    assert len(stretched(sound, pace)) == pytest.approx(len(sound) / pace, rel=0.02)


@pytest.mark.parametrize("pace", PACES)
@pytest.mark.parametrize("hz", [200.0, 437.0, 1000.0])
def test_a_tone_keeps_its_frequency(hz: float, pace: float) -> None:
    assert loudest_hz(stretched(tone(hz, 2.0), pace)) == pytest.approx(hz, abs=2.0)


@pytest.mark.parametrize("pace", PACES)
@pytest.mark.parametrize("hz", [85.0, 120.0, 210.0])
def test_a_vowel_keeps_its_pitch(hz: float, pace: float) -> None:
    sound = vowel(2.0, hz)
    assert pitch_hz(stretched(sound, pace)) == pytest.approx(pitch_hz(sound), rel=0.015)


@pytest.mark.parametrize("pace", PACES)
@pytest.mark.parametrize("sound", [tone(200, 2.0), tone(437, 2.0), vowel(2.0), vowel(2.0, 85.0), speech_like(2.0)])
def test_no_join_is_a_click(sound: Samples, pace: float) -> None:
    steepest = np.abs(np.diff(sound)).max()
    assert np.abs(np.diff(stretched(sound, pace))).max() <= 1.02 * steepest


@pytest.mark.parametrize("pace", [0.6, 0.8])
def test_a_vowel_is_as_loud_as_before_all_the_way(pace: float) -> None:
    frames = stretched(vowel(2.0), pace)[:16000].reshape(-1, 400)
    levels = 10 * np.log10((frames**2).mean(axis=1))
    assert levels.max() - levels.min() < 1.5


@pytest.mark.parametrize("pace", [0.6, 0.8, 1.3])
def test_a_burst_is_heard_once(pace: float) -> None:
    sound = np.concatenate([silence(0.3), noise(0.03, -20.0), silence(0.3)] * 5)
    loud = np.abs(stretched(sound, pace)) > 0.03
    bursts = 1 + np.count_nonzero(np.diff(np.flatnonzero(loud)) > SAMPLE_RATE_HZ // 20)
    assert bursts == 5
    if pace > 0.6:
        # It is the pauses around it that grow or shrink.
        assert np.count_nonzero(loud) == pytest.approx(np.count_nonzero(np.abs(sound) > 0.03), rel=0.05)


@pytest.mark.parametrize("pace", [0.6, 0.8, 1.3])
@pytest.mark.parametrize("sizes", [(1,), (7, 160, 333), (100_000,)])
def test_the_same_comes_out_however_it_is_fed(sizes: tuple[int, ...], pace: float) -> None:
    sound = speech_like(0.7)
    np.testing.assert_array_equal(stretched(sound, pace, *sizes), stretched(sound, pace))


@pytest.mark.parametrize("pace", [0.6, 1.3])
def test_at_most_a_tenth_of_a_second_is_kept_back(pace: float) -> None:
    stretch, ready = Stretch(pace), 0
    for at, frame in enumerate(np.split(speech_like(3.0), 150), start=1):
        ready += len(stretch.feed(frame))
        assert ready * pace >= at * 160 - 0.1 * SAMPLE_RATE_HZ


@pytest.mark.parametrize("length", [0, 1, 79, 160, 400])
@pytest.mark.parametrize("pace", [0.6, 1.3])
def test_a_sound_too_short_to_be_changed_is_still_heard(length: int, pace: float) -> None:
    sound = tone(200, 1.0)[:length]
    heard = stretched(sound, pace)
    assert abs(len(heard) - length / pace) <= 320
    np.testing.assert_array_equal(heard[:160], sound[:160])


def test_the_end_is_not_cut_off() -> None:
    sound = np.concatenate([silence(1.0), tone(300, 0.05)])
    assert np.array_equal(stretched(sound, 0.8)[-80:], sound[-80:])


@pytest.mark.parametrize(("asked", "given"), [(0.1, SLOWEST), (5.0, FASTEST)])
def test_a_pace_beyond_what_can_be_understood_is_not_taken(asked: float, given: float) -> None:
    sound = speech_like(1.0)
    np.testing.assert_array_equal(stretched(sound, asked), stretched(sound, given))
