"""A sentence begins at once, ends without a long silence, and does neither with a click."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.voicebridge.audio.sounds import Samples, noise, silence, tone
from voicebridge.audio import codec
from voicebridge.audio.edges import AFTER_MS, BEFORE_MS, FADE_MS, Fades, SilenceTrim, fade_in


def trimmed(*sounds: Samples) -> Samples:
    sound, trim = np.concatenate(sounds), SilenceTrim()
    return np.concatenate([np.zeros(0)] + [trim.feed(sound[at : at + 160]) for at in range(0, len(sound), 160)])


def faded(sound: Samples, *sizes: int) -> Samples:
    fades, ready, at = Fades(), [], 0
    for size in sizes:
        ready.append(fades.feed(sound[at : at + size]))
        at += size
    return np.concatenate([*ready, fades.feed(sound[at:]), fades.flush()])


SOUND = tone(300, 0.5)
HISS_BELOW = noise(0.3, -60.0)


@pytest.mark.parametrize("before", [silence(0.5), HISS_BELOW, silence(2.0)])
def test_silence_before_the_first_sound_is_cut_down(before: Samples) -> None:
    heard = trimmed(before, SOUND)
    assert len(heard) == BEFORE_MS * 8 + len(SOUND)
    np.testing.assert_array_equal(heard[-len(SOUND) :], SOUND)


@pytest.mark.parametrize("before", [0.0, 0.02, 0.04])
def test_a_sentence_that_begins_soon_is_left_alone(before: float) -> None:
    assert len(trimmed(silence(before), SOUND)) == int(before * 8000) + len(SOUND)


@pytest.mark.parametrize(("after_s", "left_s"), [(0.1, 0.1), (0.24, 0.24), (0.9, 0.24)])
def test_silence_after_the_last_sound_is_cut_down(after_s: float, left_s: float) -> None:
    assert len(trimmed(SOUND, silence(after_s))) == len(SOUND) + int(left_s * 8000)
    assert AFTER_MS == 240


def test_pauses_inside_stay_as_long_as_they_are() -> None:
    sound = np.concatenate([SOUND, silence(0.6), SOUND, silence(0.1), SOUND])
    np.testing.assert_array_equal(trimmed(sound), sound)


def test_nothing_but_silence_is_nothing() -> None:
    assert len(trimmed(silence(1.0))) == 0
    assert len(SilenceTrim().feed(silence(0.0))) == 0


def test_it_starts_and_ends_softly() -> None:
    sound = np.ones(800)
    heard = faded(sound, 160, 160)
    fade = FADE_MS * 8
    assert heard[0] < 0.05
    assert heard[-1] < 0.05
    assert np.abs(np.diff(heard)).max() < 0.05
    np.testing.assert_array_equal(heard[fade:-fade], sound[fade:-fade])


@settings(deadline=None)
@given(st.integers(0, 120), st.lists(st.integers(0, 50), max_size=5))
def test_fades_do_not_depend_on_the_pieces(length: int, sizes: list[int]) -> None:
    sound = np.ones(length)
    np.testing.assert_array_equal(faded(sound, *sizes), faded(sound))
    assert len(faded(sound)) == length


@pytest.mark.parametrize("length", [0, 10, FADE_MS * 8, 800])
def test_a_voice_that_goes_on_in_the_middle_is_faded_in(length: int) -> None:
    loud = codec.encode(np.full(length, 16_000, dtype="<i2").tobytes())
    heard = np.frombuffer(codec.decode(fade_in(loud)), dtype="<i2")
    assert len(heard) == length
    assert all(heard[:1] < 500)
    assert np.abs(np.diff(heard.astype(int))).max(initial=0) < 1600
    assert fade_in(loud)[FADE_MS * 8 :] == loud[FADE_MS * 8 :]
