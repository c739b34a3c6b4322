"""One sentence is as loud as the next."""

from __future__ import annotations

import numpy as np
import pytest

from tests.voicebridge.audio.sounds import Samples, noise, silence, speech_like
from voicebridge.audio.loudness import MOST_DB, TARGET_DBFS, EvenLoudness, Loudness


def level(samples: Samples) -> float:
    return float(10 * np.log10(np.mean(samples**2)))


def spoken(loudness: Loudness, sound: Samples, gain_db: float = 0.0) -> Samples:
    even = EvenLoudness(loudness, gain_db)
    heard = np.concatenate([even.feed(sound[at : at + 160]) for at in range(0, len(sound), 160)])
    even.end()
    return heard


def gains_db(sound: Samples, heard: Samples) -> Samples:
    """The gain at each sample that can tell it."""
    audible = np.abs(sound) > 1e-4
    return np.asarray(20 * np.log10(heard[audible] / sound[audible]))


@pytest.mark.parametrize("loud", [-27.0, -24.0, -20.0, -14.0])
def test_a_voice_is_brought_to_the_target(loud: float) -> None:
    loudness = Loudness()
    spoken(loudness, speech_like(3.0, loud))
    assert level(spoken(loudness, speech_like(3.0, loud))) == pytest.approx(TARGET_DBFS, abs=0.7)


def test_sentences_that_differ_are_heard_nearer_to_each_other() -> None:
    loudness = Loudness()
    levels = [level(spoken(loudness, speech_like(3.0, loud))) for loud in (-17.0, -23.0, -17.0, -23.0, -18.0, -24.0)]
    assert max(levels) - min(levels) < 3.5


def test_the_first_words_of_a_sentence_have_the_gain_the_one_before_needed() -> None:
    loudness = Loudness()
    spoken(loudness, speech_like(4.0, -26.0))
    sound = speech_like(3.0, -26.0)
    gains = gains_db(sound, spoken(loudness, sound))
    assert gains[:400] == pytest.approx(6.0, abs=0.7)
    assert gains == pytest.approx(6.0, abs=1.0), "and it hardly moves"


def test_the_gain_moves_slowly_and_without_steps() -> None:
    sound = noise(2.0, -28.0) + 0.1
    gains = gains_db(sound, spoken(Loudness(), sound))
    assert np.abs(np.diff(gains)).max() < 0.01
    assert np.ptp(gains[:4000]) <= 3.01, "6 dB a second"


@pytest.mark.parametrize(("loud", "gain"), [(-40.0, MOST_DB), (-3.0, -MOST_DB)])
def test_the_gain_has_bounds(loud: float, gain: float) -> None:
    loudness = Loudness()
    spoken(loudness, noise(6.0, loud))
    sound = noise(2.0, loud)
    assert gains_db(sound, spoken(loudness, sound)) == pytest.approx(gain, abs=0.01)


def test_pauses_do_not_count() -> None:
    paused, whole = Loudness(), Loudness()
    spoken(whole, speech_like(2.0, -26.0))
    spoken(paused, np.concatenate([silence(1.0), speech_like(2.0, -26.0), noise(2.0, -60.0)]))
    assert paused.level_dbfs == pytest.approx(whole.level_dbfs, abs=0.5)


def test_a_sentence_without_speech_teaches_nothing() -> None:
    loudness = Loudness()
    spoken(loudness, noise(1.0, -50.0))
    EvenLoudness(loudness).end()
    assert loudness.level_dbfs == TARGET_DBFS


def test_what_is_learned_is_the_voice_of_late_not_of_the_whole_call() -> None:
    loudness = Loudness()
    for _ in range(20):
        spoken(loudness, noise(5.0, -20.0))
    for _ in range(3):
        spoken(loudness, noise(5.0, -26.0))
    assert loudness.level_dbfs == pytest.approx(-26.0, abs=1.0)


@pytest.mark.parametrize("gain_db", [-6.0, 9.0])
def test_what_the_person_asked_for_comes_on_top(gain_db: float) -> None:
    sound = speech_like(2.0)
    gains = gains_db(sound, spoken(Loudness(), sound, gain_db))
    assert gains == pytest.approx(gain_db, abs=1.5)
