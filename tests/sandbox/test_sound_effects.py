"""Coughs, knocks, a voice that trails off, a television: how they sound on the line."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from sandbox import line_audio
from sandbox.people import Noise, Person
from sandbox.person_voice import PersonVoice
from sandbox.sayings import Saying
from sandbox.sound_effects import across_the_room, cough, knock, trailing_off
from sandbox.television import GAP_S, SCRIPT, television

Samples = npt.NDArray[np.float64]


def samples(pcm: bytes) -> Samples:
    return np.frombuffer(pcm, "<i2").astype(np.float64)


def rms_db(part: Samples) -> float:
    return float(10 * np.log10((part**2).mean() + 1e-9))


def periodicity(pcm: bytes) -> float:
    """How much the loudest 100 ms are like themselves a pitch period later (voices: 0.7 and more)."""
    sound = samples(pcm)
    block = max(
        (sound[at : at + 800] for at in range(0, max(1, sound.size - 800), 80)), key=lambda part: (part**2).sum()
    )
    likeness = np.correlate(block, block, "full")[block.size - 1 :]
    return float(likeness[8000 // 350 : 8000 // 70].max() / likeness[0])


@pytest.mark.parametrize(("sound", "seconds"), [(cough(-21), 0.3), (knock(-21), 0.09)])
def test_a_cough_and_a_knock_are_short_loud_and_begin_and_end_without_a_click(sound: bytes, seconds: float) -> None:
    assert len(sound) / 16_000 == pytest.approx(seconds, abs=0.01)
    assert line_audio.active_level_dbfs(sound) == pytest.approx(-21, abs=0.3)
    assert np.abs(samples(sound)[-8:]).max() < 0.1 * np.abs(samples(sound)).max()


def test_a_cough_has_no_pitch() -> None:
    assert periodicity(line_audio.tone(150, 0.3)) > 0.8
    assert periodicity(cough(-21)) < 0.5


def test_a_voice_that_trails_off_begins_each_phrase_loud_and_ends_it_soft() -> None:
    phrase = line_audio.tone(300, 1.0, -20)
    both = samples(trailing_off(phrase + line_audio.silence(0.4) + phrase, 12))
    for begin in (0, 11_200):
        assert rms_db(both[begin : begin + 1600]) == pytest.approx(rms_db(samples(phrase)[:1600]), abs=0.1)
        assert rms_db(both[begin + 7200 : begin + 8000]) == pytest.approx(rms_db(samples(phrase)[:800]) - 11, abs=1.0)


def test_a_voice_that_does_not_trail_off_is_as_it_was_and_silence_stays_silence() -> None:
    tone = line_audio.tone(300, 0.5)
    assert trailing_off(tone, 0) == tone
    assert trailing_off(line_audio.silence(0.5), 12) == line_audio.silence(0.5)
    assert trailing_off(b"", 12) == across_the_room(b"") == b""


def test_from_across_the_room_a_voice_is_duller_and_goes_on_for_a_moment() -> None:
    burst = np.random.default_rng(1).normal(0, 3000, 1600).astype("<i2").tobytes()
    here, there = burst + line_audio.silence(0.3), across_the_room(burst + line_audio.silence(0.3))
    assert len(there) == len(here)
    assert rms_db(samples(there)[1800:2200]) > rms_db(samples(there)[:1600]) - 30
    spectrum = np.abs(np.fft.rfft(samples(there)[:1600])) ** 2
    assert spectrum[600:].sum() < 0.05 * spectrum[100:400].sum()  # above 3 kHz, and 0.5 to 2 kHz


class Hum:
    """Says everything as a hum of a second."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    async def say(self, text: str, voice: str = "joe", pace: float = 1.0, sample_rate_hz: int = 24_000) -> bytes:
        self.said.append((text, voice))
        return line_audio.tone(440, 1.0, -10)


async def test_a_television_talks_almost_without_a_gap_at_the_level_that_was_asked_for() -> None:
    voices = Hum()
    sound = await television(voices.say, -33)
    assert line_audio.active_level_dbfs(sound) == pytest.approx(-33, abs=0.5)
    assert len(sound) / 16_000 == pytest.approx(len(SCRIPT) * (1.0 + GAP_S), abs=0.1)
    assert {voice for _, voice in voices.said} == {"pico-en-GB", "pico-en-US"}


async def test_a_person_with_everything_is_prepared_once() -> None:
    voices = Hum()
    person = Person("Ruth", "", (Saying("One. [cough]"),), level_dbfs=-25, noise=Noise("television", -40))
    ruth = PersonVoice(person, voices)
    await ruth.prepare()
    asked = len(voices.said)
    await ruth.prepare()
    assert len(voices.said) == asked
    assert line_audio.active_level_dbfs(ruth.noise()) == pytest.approx(-40, abs=0.5)
    assert len(ruth.noise()) % 320 == 0
    line = ruth.pcm(person.lines[0])
    assert len(line) / 16_000 == pytest.approx(1.3, abs=0.05)
    assert line_audio.active_level_dbfs(line[-4800:]) == pytest.approx(-25, abs=1.0)


async def test_a_knock_is_a_knock_and_a_silent_line_has_no_noise() -> None:
    person = Person("Ruth", "", (Saying("[knock]"),), trails_off_db=10)
    ruth = PersonVoice(person, Hum())
    await ruth.prepare()
    assert ruth.noise() == b""
    assert len(ruth.pcm(person.lines[0])) / 16_000 == pytest.approx(0.1, abs=0.001)
    assert (
        rms_db(samples(ruth.pcm(Saying("Goodbye.")))[-800:]) < rms_db(samples(ruth.pcm(Saying("Goodbye.")))[:800]) - 7
    )
