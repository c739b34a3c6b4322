"""The ears and the voices, together: what a voice says over a telephone line, the ears must understand."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from sandbox import speech_worker
from sandbox.line_audio import SILENT_FRAME
from sandbox.line_ear import LineEar
from sandbox.line_recorder import LineRecorder
from sandbox.log_mel import log_mel
from sandbox.speech import Engine, EnginesBusyError, EnginesStoppedError, SpeechEngines, UnknownVoiceError
from sandbox.voice_activity import SpeechEnded
from sandbox.weights import WeightPaths, WeightsError, checked_piper_model, checked_whisper_dir
from sandbox.whisper import Whisper
from tests.sandbox.openai_fixtures import over_the_telephone, word_errors, words

SENTENCES = (
    "Good morning. How did you sleep last night?",
    "My daughter Anna is coming on Thursday afternoon.",
    "I have been in the garden, and I planted roses and tomatoes.",
    "The doctor told me to walk a little every day.",
    "No, I have not had my lunch yet.",
    "It has been raining since yesterday, so I stayed at home.",
    "Thank you for calling me. Goodbye.",
)


@pytest.mark.parametrize("voice", ["joe", "pico-en-GB"])
async def test_sentences_spoken_over_a_telephone_line_are_understood(engines: SpeechEngines, voice: str) -> None:
    errors = 0
    for sentence in SENTENCES:
        line = over_the_telephone(await engines.say(sentence, voice, sample_rate_hz=8000))
        errors += word_errors(sentence, (await engines.hear(line)).text)
    assert errors / sum(len(words(s)) for s in SENTENCES) <= 0.12


async def test_every_voice_is_there_and_speaks_at_about_the_same_loudness(engines: SpeechEngines) -> None:
    assert engines.voices() == ["joe", "pico-en-GB", "pico-en-US"]
    for voice in engines.voices():
        pcm = await engines.say("The doctor told me to walk a little every day.", voice, sample_rate_hz=8000)
        assert -23 < speech_dbfs(pcm) < -18


@pytest.mark.parametrize("voice", ["joe", "pico-en-US"])
async def test_a_slower_pace_takes_longer(engines: SpeechEngines, voice: str) -> None:
    slow, usual, quick = [len(await engines.say(SENTENCES[1], voice, pace)) for pace in (0.7, 1.0, 1.4)]
    assert slow > 1.15 * usual > 1.3 * quick


@pytest.mark.parametrize("rate", [8000, 16_000, 24_000, 48_000])
async def test_speech_comes_at_the_sample_rate_that_was_asked_for(engines: SpeechEngines, rate: int) -> None:
    pcm = await engines.say("Good morning to you.", "pico-en-GB", sample_rate_hz=rate)
    assert 0.8 < len(pcm) / 2 / rate < 2.5


async def test_a_resampled_voice_has_nothing_folded_into_the_telephone_band(engines: SpeechEngines) -> None:
    full = np.frombuffer(await engines.say("Sister Susie sees six ships.", "joe", sample_rate_hz=22_050), "<i2")
    line = np.frombuffer(await engines.say("Sister Susie sees six ships.", "joe", sample_rate_hz=8000), "<i2")
    assert high_share(full, 22_050, 4000) > 0.01  # there is hiss above the band that could fold
    assert high_share(line, 8000, 3900) < 0.002


async def test_silence_noise_and_tones_are_no_words(engines: SpeechEngines) -> None:
    t = np.arange(16_000) / 8000
    noise = np.random.default_rng(3).normal(0, 300, 16_000)
    for sound in (np.zeros(16_000), noise, 8000 * np.sin(2 * np.pi * 440 * t)):
        heard = await engines.hear(sound.astype("<i2").tobytes())
        assert heard.text == ""
        assert heard.no_speech_prob > 0.6


async def test_nothing_at_all_is_no_words(engines: SpeechEngines) -> None:
    heard = await engines.hear(b"")
    assert (heard.text, heard.seconds) == ("", 0.0)


async def test_a_story_of_more_than_half_a_minute_is_heard_to_its_end(engines: SpeechEngines) -> None:
    story = " ".join(SENTENCES[:6]) + " "
    pcm = await engines.say(story * 2 + SENTENCES[6], "pico-en-GB", 0.9, 8000)
    heard = await engines.hear(pcm)
    assert heard.seconds > 40
    assert len(heard.segments) >= 2
    assert heard.segments[-1].end == pytest.approx(heard.seconds)
    assert "goodbye" in heard.text.lower()
    assert word_errors(story * 2 + SENTENCES[6], heard.text) / len(words(story * 2 + SENTENCES[6])) <= 0.12


async def test_sixteen_kilohertz_are_heard_as_well_as_eight(engines: SpeechEngines) -> None:
    pcm = await engines.say(SENTENCES[3], "pico-en-GB", sample_rate_hz=16_000)  # the same sound each time
    assert word_errors(SENTENCES[3], (await engines.hear(pcm, 16_000)).text) <= 1


@pytest.mark.parametrize("text", ["", "   ", "…", "🙂", "<speed level='20'>", "[[h]]", "日本"])
async def test_odd_texts_break_no_voice(engines: SpeechEngines, text: str) -> None:
    for voice in ("joe", "pico-en-GB"):
        assert len(await engines.say(text, voice, sample_rate_hz=8000)) % 2 == 0
    assert await engines.say("Hello there.", "joe", sample_rate_hz=8000)


async def test_an_unknown_voice_is_named(engines: SpeechEngines) -> None:
    with pytest.raises(UnknownVoiceError, match="no voice 'nobody' here; there are: joe, pico-en-GB, pico-en-US"):
        await engines.say("Hello.", "nobody")


async def test_many_callers_at_once_are_all_served(engines: SpeechEngines) -> None:
    spoken = await asyncio.gather(*(engines.say(s, "pico-en-GB", sample_rate_hz=8000) for s in SENTENCES[:5]))
    heard = await asyncio.gather(*(engines.hear(pcm) for pcm in spoken))
    for sentence, answer in zip(SENTENCES, heard, strict=False):
        assert word_errors(sentence, answer.text) <= 3


@pytest_asyncio.fixture
async def ears() -> AsyncIterator[Engine[None]]:
    """Ears of their own, with a short queue."""
    engine = Engine(speech_worker.load_whisper, WeightPaths(), most_waiting=2)
    await engine.start()
    yield engine
    await engine.close()


async def test_a_queue_that_is_full_says_so_and_an_engine_that_was_killed_comes_back(ears: Engine[None]) -> None:
    silence = bytes(1600)
    asked = [ears.run(speech_worker.hear, silence, 8000) for _ in range(5)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [isinstance(answer, EnginesBusyError) for answer in answers] == [False, False, True, True, True]

    assert ears._pool is not None
    (pid,) = ears._pool._processes
    os.kill(pid, signal.SIGKILL)
    assert (await ears.run(speech_worker.hear, silence, 8000)).text == ""


async def test_closed_engines_refuse_work() -> None:
    with pytest.raises(EnginesStoppedError, match="not running"):
        await SpeechEngines().hear(bytes(1600))


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"cannot read the weights .*model\.bin"):
        checked_whisper_dir(tmp_path)


def test_weights_that_are_not_the_published_ones_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "voice.onnx"
    other.write_bytes(b"something else")
    with pytest.raises(WeightsError, match="is not the published model: its SHA-256 is"):
        checked_piper_model(other)


async def test_engines_with_wrong_weights_do_not_start_and_leave_no_process(tmp_path: Path) -> None:
    speech = SpeechEngines(WeightPaths(whisper_dir=tmp_path))
    with pytest.raises(WeightsError):
        await speech.start()
    with pytest.raises(EnginesStoppedError, match="not running"):
        await speech.say("Hello.")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_speech_process_hears_no_signal_that_is_meant_for_its_parent(number: signal.Signals) -> None:
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        speech_worker.settle(0)
        assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


async def test_words_that_come_after_the_engines_are_closed_leave_no_error_behind() -> None:
    recorder = LineRecorder()
    ear = LineEar("agent", SpeechEngines(), recorder)
    ear.speech(SpeechEnded(1.0, 2.0, SILENT_FRAME))
    tasks = list(ear._tasks)
    await ear.finish()
    assert [task.exception() for task in tasks] == [None]


def test_the_log_mel_of_a_tone_has_its_peak_in_the_band_of_the_tone() -> None:
    t = np.arange(16_000, dtype=np.float32) / 16_000
    spectrogram = log_mel(np.sin(2 * np.pi * 1000 * t).astype(np.float32), 100)
    assert spectrogram.shape == (80, 100)
    # 80 bands over 45.2 mels (Slaney): 1 kHz is mel 15, so band 15 / 45.2 * 81 - 1.
    assert abs(int(spectrogram[:, 50].argmax()) - 26) <= 1
    assert spectrogram.max() - spectrogram.min() == pytest.approx(2.0)


def test_padding_is_silence_and_does_not_change_what_was_heard() -> None:
    noise = np.random.default_rng(5).normal(0, 0.1, 16_000).astype(np.float32)
    short = log_mel(noise, 300)
    padded = log_mel(np.concatenate([noise, np.zeros(32_000, np.float32)]), 300)
    np.testing.assert_allclose(short, padded, atol=1e-5)


def test_bytes_of_tokens_are_read_as_utf_8() -> None:
    whisper = Whisper(checked_whisper_dir(None))
    assert whisper._text(["\u0120caf", "\u00c3", "\u00a9", "<|endoftext|>"]) == "café"


def speech_dbfs(pcm16: bytes) -> float:
    """Level of the blocks of 50 ms in which there is speech."""
    samples = np.frombuffer(pcm16, "<i2").astype(float) / 32768
    blocks = samples[: samples.size // 400 * 400].reshape(-1, 400)
    rms = np.sqrt((blocks**2).mean(axis=1))
    return float(20 * np.log10(np.sqrt((rms[rms > rms.max() * 0.1] ** 2).mean())))


def high_share(samples: np.ndarray, rate: int, above_hz: int) -> float:
    """Which share of the energy lies above `above_hz`."""
    power = np.abs(np.fft.rfft(samples.astype(float))) ** 2
    return float(power[np.fft.rfftfreq(samples.size, 1 / rate) > above_hz].sum() / power.sum())
