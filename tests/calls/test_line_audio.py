"""The judges of sound know a click, a hole and a hiss when they hear one."""

from __future__ import annotations

import numpy as np

from tests.calls.line_audio import RATE_HZ, Samples, clicks, holes, level_dbfs, longest_silence_s, share_above


def tone(hz: float, seconds: float, amplitude: float = 0.3) -> Samples:
    return amplitude * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)


def silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE_HZ))


def test_a_jump_out_of_silence_is_a_click_and_a_voice_is_not() -> None:
    jump = np.concatenate([silence(0.1), [0.6], silence(0.1)])
    assert clicks(jump)
    assert clicks(np.concatenate([silence(0.1), tone(300, 0.2), silence(0.1)])) == []


def test_a_gap_within_loud_sound_is_a_hole_and_a_pause_is_not() -> None:
    assert holes(np.concatenate([tone(303, 0.2), silence(0.06), tone(303, 0.2)]))
    assert holes(np.concatenate([tone(303, 0.2), silence(0.6), tone(303, 0.2)])) == []
    assert holes(np.concatenate([tone(303, 0.2), tone(303, 0.1, 0.01), silence(0.06), tone(303, 0.2)])) == []


def test_levels_shares_and_silences_are_measured() -> None:
    assert abs(level_dbfs(tone(1000, 0.5)) + 13.5) < 0.1
    assert level_dbfs(silence(0)) == -100
    assert share_above(tone(3900, 0.5), 3700) > 0.99
    assert share_above(tone(1000, 0.5), 3700) < 0.01
    quiet_middle = np.concatenate([tone(500, 0.5), silence(0.4), tone(500, 0.5)])
    assert abs(longest_silence_s(quiet_middle, [(0.0, 1.4)]) - 0.4) <= 0.04
