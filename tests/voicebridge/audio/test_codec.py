"""The telephone's sound. Also to be run on Python 3.13, where audioop-lts takes the place of the built-in audioop."""

from __future__ import annotations

import pytest

from tests.voicebridge.audio.sounds import pcm16, silence, tone
from voicebridge.audio.codec import (
    QUIETEST_DBFS,
    SILENCE,
    decode,
    duration_ms,
    duration_s,
    encode,
    level_dbfs,
)


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
