"""A voice from text to speech is heard on the telephone: soon, at the pace and loudness asked for, without a click."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.voicebridge.audio.sounds import Samples, at_level, level_at, pcm16, samples_of, silence, speech_like, tone
from voicebridge.audio.codec import SAMPLE_RATE_HZ, VOICE_RATE_HZ, duration_s, encode
from voicebridge.audio.loudness import Loudness
from voicebridge.audio.telephone_voice import TelephoneVoice, restyled
from voicebridge.dialogue.events import Manner

MINUS_1_DBFS = 10 ** (-1 / 20)
MANNERS = [Manner(), Manner(0.8), Manner(1.3, 12.0), Manner(0.6, -6.0)]


def voice(seconds: float, level_dbfs: float = -20.0) -> Samples:
    """Something like speech at 24 kHz."""
    narrow = speech_like(seconds, level_dbfs)
    at = np.arange(3 * len(narrow)) / 3
    return at_level(np.interp(at, np.arange(len(narrow)), narrow), level_dbfs)


def heard(pcm: bytes, manner: Manner = MANNERS[0], cuts: list[int] | None = None, **options: bool | Loudness) -> bytes:
    """What is sent to the telephone when the voice comes in pieces of these sizes and then the rest."""
    telephone_voice, ready, at = TelephoneVoice(manner, **options), b"", 0  # type: ignore[arg-type]
    for size in cuts or []:
        ready += telephone_voice.feed(pcm[at : at + size])
        at += size
    return ready + telephone_voice.feed(pcm[at:]) + telephone_voice.flush()


SPOKEN = pcm16(np.concatenate([np.zeros(6000), voice(0.5), np.zeros(9000), voice(0.2), np.zeros(12_000)]))


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("lift", [False, True])
@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 5000), max_size=40))
def test_the_same_is_heard_however_the_voice_is_cut_up(manner: Manner, lift: bool, cuts: list[int]) -> None:
    assert heard(SPOKEN, manner, cuts, lift_consonants=lift) == heard(SPOKEN, manner, lift_consonants=lift)


def test_one_byte_at_a_time_too() -> None:
    short = SPOKEN[12_000:20_000]
    assert heard(short, cuts=[1] * len(short)) == heard(short)


def test_half_a_sample_at_the_end_is_dropped() -> None:
    assert heard(SPOKEN + b"\x01") == heard(SPOKEN)


@pytest.mark.parametrize("pcm", [b"", b"\x01", bytes(2 * VOICE_RATE_HZ)])
def test_nothing_and_silence_give_no_sound(pcm: bytes) -> None:
    assert heard(pcm) == b""


def test_in_its_own_manner_a_voice_at_the_target_is_heard_as_it_is() -> None:
    tones = tone(440, 1.0, VOICE_RATE_HZ, -20.0)
    sound = samples_of(heard(pcm16(tones)))
    assert len(sound) == SAMPLE_RATE_HZ
    assert level_at(sound, 440) == pytest.approx(-20.0 + 3.0, abs=0.2)


@pytest.mark.parametrize("pace", [1.0, 0.8, 0.6, 1.3])
def test_the_first_sound_is_not_kept_waiting(pace: float) -> None:
    telephone_voice, ready, fed_ms = TelephoneVoice(Manner(pace)), b"", 0
    spoken = pcm16(voice(0.5))
    while not ready:
        ready = telephone_voice.feed(spoken[fed_ms * 48 : fed_ms * 48 + 480])
        fed_ms += 10
    assert fed_ms <= 40


def test_silence_before_the_first_word_does_not_keep_the_person_waiting() -> None:
    late = np.concatenate([np.zeros(VOICE_RATE_HZ // 2), voice(1.0)])
    sound = samples_of(heard(pcm16(late)))
    assert np.flatnonzero(np.abs(sound) > 0.01)[0] <= 0.07 * SAMPLE_RATE_HZ


@pytest.mark.parametrize("pace", [0.6, 0.8, 1.2, 1.3])
def test_the_pace_is_the_person_s(pace: float) -> None:
    pcm = pcm16(voice(3.0))
    assert duration_s(heard(pcm, Manner(pace))) == pytest.approx(duration_s(heard(pcm)) / pace, rel=0.02)


@pytest.mark.parametrize("manner", [*MANNERS, Manner(0.8, 9.0), Manner(1.0, 24.0)])
@pytest.mark.parametrize("level_dbfs", [-30.0, -20.0, -8.0])
def test_no_manner_clips(level_dbfs: float, manner: Manner) -> None:
    sound = samples_of(heard(pcm16(voice(1.0, level_dbfs)), manner, lift_consonants=True))
    assert np.abs(sound).max() <= MINUS_1_DBFS


def test_louder_is_louder() -> None:
    pcm = pcm16(voice(2.0, -20.0))
    usual, louder = (samples_of(heard(pcm, Manner(1.0, gain_db))) for gain_db in (0.0, 9.0))
    assert 10 * np.log10(np.mean(louder**2) / np.mean(usual**2)) == pytest.approx(9.0, abs=2.0)


def test_the_sentences_of_a_call_are_equally_loud() -> None:
    loudness = Loudness()
    first, *others = (samples_of(heard(pcm16(voice(2.0, -27.0)), loudness=loudness)) for _ in range(3))
    levels = [10 * np.log10(np.mean(sound**2)) for sound in others]
    assert levels == pytest.approx([-20.0, -20.0], abs=1.0)
    assert np.mean(first**2) < np.mean(others[0] ** 2)


@pytest.mark.parametrize("pace", [1.0, 0.8])
def test_a_sentence_that_breaks_off_in_the_middle_of_a_sound_does_not_click(pace: float) -> None:
    pcm = pcm16(0.3 * np.cos(2 * np.pi * 200 * np.arange(VOICE_RATE_HZ // 2) / VOICE_RATE_HZ))
    sound = samples_of(heard(pcm, Manner(pace)))
    steepest = np.abs(np.diff(sound[400:-400])).max()
    joined = np.concatenate([silence(0.1), sound, silence(0.1)])
    assert np.abs(np.diff(joined)).max() <= 1.1 * steepest


# --- sound that lies ready


READY = encode(pcm16(np.concatenate([silence(0.1), speech_like(2.0), silence(0.1)])))


def test_ready_sound_in_its_own_manner_is_not_touched() -> None:
    assert restyled(READY, Manner()) is READY


@pytest.mark.parametrize("pace", [0.7, 0.8, 0.9, 1.2])
def test_ready_sound_at_another_pace(pace: float) -> None:
    assert len(restyled(READY, Manner(pace))) == pytest.approx(len(READY) / pace, rel=0.02)


@pytest.mark.parametrize("gain_db", [-6.0, 6.0])
def test_ready_sound_louder_or_softer(gain_db: float) -> None:
    ratio = np.mean(samples_of(restyled(READY, Manner(1.0, gain_db))) ** 2) / np.mean(samples_of(READY) ** 2)
    assert 10 * np.log10(ratio) == pytest.approx(gain_db, abs=1.0)


def test_ready_sound_never_clips_and_only_what_is_loud_is_pressed_down() -> None:
    sound = np.concatenate([speech_like(1.0, -10.0), silence(0.5), tone(300, 0.5, level_dbfs=-40.0)])
    louder = samples_of(restyled(encode(pcm16(sound)), Manner(1.0, 12.0)))
    assert np.abs(louder).max() <= MINUS_1_DBFS
    assert level_at(louder[-4000:], 300) == pytest.approx(-28.0 + 3.0, abs=0.3)


def test_no_sound_at_all_is_none_in_any_manner() -> None:
    assert restyled(b"", Manner(0.8, 6.0)) == b""
