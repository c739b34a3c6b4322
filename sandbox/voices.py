"""Text to speech: the Piper voice and the Pico voices, one thread (blocking; runs in a process of its own).

All voices come out at the same loudness, about -20 dBFS while speaking: the telephone makes people loud or soft.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soxr

Floats = npt.NDArray[np.float32]

PIPER_VOICE = "joe"
PICO_VOICES = {"pico-en-GB": "en-GB", "pico-en-US": "en-US"}

LONGEST_TEXT = 4096
SLOWEST, FASTEST = 0.25, 4.0

_SPEECH_DBFS = -20.0
_PICO_RATE_HZ = 16_000
_LONGEST_PICO_TEXT = 600


class UnknownVoiceError(ValueError):
    """There is no voice of that name."""


class Voices:
    """The loaded voices. Pico is optional: there is no wheel of it for macOS."""

    def __init__(self, piper_model: Path, *, pico: bool) -> None:
        # Imported here, in the process that speaks: piper-tts is GPL, and nothing else may load it.
        import onnxruntime  # type: ignore[import-untyped]
        from piper.config import PiperConfig
        from piper.voice import PiperVoice

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(piper_model), options, providers=["CPUExecutionProvider"])
        config = PiperConfig.from_dict(json.loads(piper_model.with_suffix(".onnx.json").read_text("utf-8")))
        self._piper = PiperVoice(session=session, config=config)
        self._pico: Any = None
        if pico:
            from py_nanotts import NanoTTS

            self._pico = NanoTTS()

    def names(self) -> list[str]:
        """The voices that are here."""
        return [PIPER_VOICE, *(PICO_VOICES if self._pico is not None else [])]

    def say(self, text: str, voice: str, pace: float, sample_rate_hz: int) -> bytes:
        """`text` as speech: 16-bit little-endian PCM, mono. `pace` 0.8 is slower speech. Empty text is no audio.

        Where Pico is not installed, Piper speaks for its voices too: people sound alike, but nobody is dumb.
        Raises `UnknownVoiceError`.
        """
        pace = min(FASTEST, max(SLOWEST, pace))
        text = _speakable(text)
        if voice != PIPER_VOICE and voice not in PICO_VOICES:
            raise UnknownVoiceError(f"there is no voice {voice!r} here; there are: {', '.join(self.names())}")
        if voice == PIPER_VOICE or self._pico is None:
            samples, rate = self._by_piper(text, pace)
        else:
            samples, rate = self._by_pico(text, PICO_VOICES[voice], pace)
        if samples.size == 0:
            return b""
        return _pcm16(_evened(np.asarray(soxr.resample(samples, rate, sample_rate_hz, "HQ"), dtype=np.float32)))

    def _by_piper(self, text: str, pace: float) -> tuple[Floats, int]:
        from piper.config import SynthesisConfig

        config = SynthesisConfig(length_scale=1.0 / pace)
        chunks = [chunk.audio_float_array for chunk in self._piper.synthesize(text, config)] if text else []
        samples = np.concatenate(chunks) if chunks else np.zeros(0)
        return samples.astype(np.float32), self._piper.config.sample_rate

    def _by_pico(self, text: str, language: str, pace: float) -> tuple[Floats, int]:
        pieces = [self._pico.speak(piece, voice=language, speed=pace) for piece in _pieces(text)]
        samples = np.frombuffer(b"".join(pieces), dtype="<i2").astype(np.float32) / 32768.0
        return samples, _PICO_RATE_HZ


def _speakable(text: str) -> str:
    """Without what the engines take for markup (`<...>` in Pico, `[[...]]` in Piper), in one line, bounded."""
    plain = re.sub(r"[<>\[\]\\\x00-\x1f]+", " ", text)
    return " ".join(plain.split())[:LONGEST_TEXT]


def _pieces(text: str) -> list[str]:
    """Pico gets slow and fragile with long texts: sentence by sentence, and never more than a paragraph."""
    pieces = []
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        pieces += [sentence[i : i + _LONGEST_PICO_TEXT] for i in range(0, len(sentence), _LONGEST_PICO_TEXT)]
    return pieces


def _evened(samples: Floats) -> Floats:
    """`samples` with its speech at -20 dBFS, unless its peaks would clip."""
    block = max(1, samples.size // max(1, samples.size // 400))
    whole = samples[: samples.size // block * block].reshape(-1, block)
    rms = np.sqrt((whole**2).mean(axis=1))
    loudest = float(rms.max(initial=0.0))
    if loudest < 1e-6:
        return samples
    speech = float(np.sqrt((rms[rms > loudest * 0.1] ** 2).mean()))
    gain = min(10 ** (_SPEECH_DBFS / 20) / speech, 0.89 / float(np.abs(samples).max()))
    return samples * np.float32(gain)


def _pcm16(samples: Floats) -> bytes:
    return bytes(np.clip(np.rint(samples * 32767.0), -32768, 32767).astype("<i2").tobytes())
