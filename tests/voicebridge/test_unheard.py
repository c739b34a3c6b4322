"""What a held reply goes on with: nothing is lost, half a word is said again from its quiet beginning, softly."""

from __future__ import annotations

import numpy as np
import pytest

from voicebridge.audio import codec
from voicebridge.unheard import Piece, Unheard

RATE = codec.SAMPLE_RATE_HZ


def tone(seconds: float, amplitude: float) -> bytes:
    wave = amplitude * 32767 * np.sin(2 * np.pi * 200 * np.arange(round(seconds * RATE)) / RATE + 0.7)
    return codec.encode(wave.astype("<i2").tobytes())


def words(loud_s: float) -> Unheard:
    """A second of voice, 0.1 s of quiet, and `loud_s` of voice, in pieces of 0.2 s."""
    unheard = Unheard()
    audio = tone(1.0, 0.5) + tone(0.1, 0.001) + tone(loud_s, 0.5)
    for begin in range(0, len(audio), 1600):
        unheard.sent(Piece(0, audio[begin : begin + 1600]))
    return unheard


def again(unheard: Unheard) -> bytes:
    audio = b""
    while (piece := unheard.next_again) is not None:
        audio += piece.audio
        unheard.said_again()
    return audio


def test_it_goes_on_from_the_quiet_moment_before_the_word_that_was_cut() -> None:
    unheard = words(loud_s=0.8)
    unheard.take_back(0.5)
    heard_twice_s = sum(piece.duration_s for piece in unheard.twice)
    assert 0.3 <= heard_twice_s <= 0.4
    assert unheard.duration_s == pytest.approx(0.5 + heard_twice_s)
    assert unheard.unheard_s == pytest.approx(0.5), "the end of a reply is worth no more than before"
    assert codec.level_dbfs(again(unheard)[:160]) < -50


def test_without_a_quiet_moment_it_goes_back_half_a_second_at_most_and_fades_in() -> None:
    unheard = words(loud_s=2.0)
    unheard.take_back(0.5)
    assert sum(piece.duration_s for piece in unheard.twice) <= 0.5
    samples = np.frombuffer(codec.decode(again(unheard)), "<i2") / 32768
    assert abs(samples[0]) < 0.02
    assert np.max(np.abs(np.diff(samples))) < 0.1


def test_what_was_not_heard_is_whole() -> None:
    unheard = words(loud_s=0.8)
    unheard.take_back(0.75)
    assert again(unheard).endswith(tone(0.8, 0.5)[-round(0.75 * RATE) :])


def test_what_was_heard_to_its_end_is_not_said_again() -> None:
    unheard = words(loud_s=0.8)
    unheard.take_back(0.0)
    assert unheard.next_again is None
    assert unheard.twice == []


def test_a_second_hold_before_anything_was_said_again_loses_nothing() -> None:
    unheard = words(loud_s=0.8)
    unheard.take_back(0.75)
    kept_s = unheard.duration_s
    unheard.take_back(0.0)
    assert unheard.duration_s == kept_s
    assert unheard.twice == []
