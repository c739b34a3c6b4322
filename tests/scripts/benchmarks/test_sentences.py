"""Speech recognition that knows what can be said."""

from __future__ import annotations

import numpy as np
import pytest

from sandbox import line_audio
from scripts.benchmarks.fixed_providers import ANSWER_HZ, LINE_HZ, hum
from scripts.benchmarks.sentences import AUDIBLE_DBFS, Known, Sentence, on_the_line


def spoken(seed: int, seconds: float = 2.0) -> bytes:
    """Noise that is as loud and soft from moment to moment as a sentence, each seed in its own way: 16-bit PCM."""
    rng = np.random.default_rng(seed)
    loudness = np.repeat(rng.uniform(0.02, 1.0, round(seconds / 0.1)), 800)
    return bytes((8000 * loudness * rng.standard_normal(loudness.size)).clip(-32000, 32000).astype("<i2").tobytes())


SENTENCES = [
    Sentence("one two three four", on_the_line(spoken(1))),
    Sentence("five six seven eight", on_the_line(spoken(2))),
    Sentence("nine ten", on_the_line(spoken(3, 1.5))),
]
HISS = line_audio.noise("hiss", -60.0, seconds=1.0)


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize(("before_ms", "after_ms"), [(0, 0), (300, 400), (307, 20)])
def test_a_sentence_is_known_with_whatever_silence_around_it(sentence: Sentence, before_ms: int, after_ms: int) -> None:
    pcm = HISS[: 16 * before_ms] + line_audio.to_pcm(sentence.mulaw) + HISS[: 16 * after_ms]
    assert Known(SENTENCES).text_of(pcm, 8000) == sentence.text


def test_half_a_sentence_is_its_first_words() -> None:
    half = line_audio.to_pcm(SENTENCES[1].mulaw)[: 16 * 1000]
    assert Known(SENTENCES).text_of(HISS[: 16 * 300] + half, 8000) == "five six"


@pytest.mark.parametrize("other", [b"", HISS, line_audio.noise("hiss", -20.0, seconds=0.1), spoken(4)])
def test_what_nobody_said_has_no_words(other: bytes) -> None:
    assert Known(SENTENCES).text_of(other, 8000) == ""


def test_a_sentence_is_audible_from_its_first_frame_to_its_last() -> None:
    padded = bytes(16 * 200) + spoken(5) + bytes(16 * 330)
    mulaw = on_the_line(padded)
    assert len(mulaw) % line_audio.FRAME_BYTES == 0
    assert abs(len(mulaw) / 8000 - 2.0) <= 0.04
    for frame in (mulaw[:160], mulaw[-160:]):
        assert line_audio.frame_level_dbfs(frame) > AUDIBLE_DBFS - 3


def test_the_voice_is_audible_at_once_and_lines_have_another_pitch() -> None:
    for pitch_hz in (ANSWER_HZ, LINE_HZ):
        samples = np.frombuffer(hum(pitch_hz, 24_000)[:48_000], "<i2").astype(float)
        assert np.abs(samples[:240]).max() > 1000
        spectrum = np.abs(np.fft.rfft(samples))
        assert abs(np.argmax(spectrum) - pitch_hz) <= 5, "one second: a bin is one Hz"
