"""Speech to text: Whisper tiny.en on CTranslate2, one thread (blocking; runs in a process of its own).

Whisper hears 30 s windows. Most telephone turns are shorter than 8 s, and a shorter window takes a sixth of the time at
the price of repetition loops now and then, so: short window first, and where its text looks wrong the full window.
Non-speech is rejected by the model's own no-speech probability, before a second decode is tried.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import ctranslate2
import numpy as np
import soxr

from sandbox.log_mel import SAMPLE_RATE_HZ, Floats, log_mel

NO_SPEECH = 0.6
"""Above this probability there was no speech. Measured: speech at most 0.45, silence, hiss, tones, clicks 0.65-0.99."""

_FULL_FRAMES = 3000
_DOUBTFUL_LOGPROB = -0.9
_PART_S = 28.0
"""Longer audio is cut in parts of at most this length, at the quietest place of the last 8 s."""
_PROMPT = ["<|startoftranscript|>", "<|notimestamps|>"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of what was heard. Times in seconds from the beginning of the audio."""

    start: float
    end: float
    text: str
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float


@dataclass(frozen=True, slots=True)
class Heard:
    """The words in a piece of audio. `text` is empty when there was no speech."""

    text: str
    no_speech_prob: float
    avg_logprob: float
    seconds: float
    segments: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True)
class _Decoded:
    text: str
    avg_logprob: float
    no_speech_prob: float


class Whisper:
    """The loaded model."""

    def __init__(self, model_dir: Path) -> None:
        self._model = ctranslate2.models.Whisper(
            str(model_dir), device="cpu", compute_type="int8", inter_threads=1, intra_threads=1
        )
        self._byte_of = _byte_of_printable()

    def hear(self, pcm16: bytes, sample_rate_hz: int) -> Heard:
        """The words in `pcm16` (16-bit little-endian PCM, mono)."""
        samples = _at_16_khz(pcm16, sample_rate_hz)
        seconds = samples.size / SAMPLE_RATE_HZ
        if samples.size == 0:
            return Heard("", no_speech_prob=1.0, avg_logprob=0.0, seconds=0.0)
        segments = []
        start = 0.0
        for part in _parts(samples):
            length = part.size / SAMPLE_RATE_HZ
            segments.append(self._segment(part, start, length))
            start += length
        spoken = [s for s in segments if s.text] or segments
        return Heard(
            text=" ".join(s.text for s in spoken).strip(),
            no_speech_prob=min(s.no_speech_prob for s in spoken),
            avg_logprob=sum(s.avg_logprob for s in spoken) / len(spoken),
            seconds=seconds,
            segments=tuple(segments),
        )

    def _segment(self, samples: Floats, start: float, seconds: float) -> Segment:
        decoded = self._decode(samples, min(_FULL_FRAMES, max(1000, int(100 * seconds) + 200)), seconds)
        if decoded.no_speech_prob <= NO_SPEECH and _looks_wrong(decoded, seconds):
            again = self._decode(samples, _FULL_FRAMES, seconds)
            if not _loops(again.text) or again.avg_logprob > decoded.avg_logprob:
                decoded = again
        text = "" if decoded.no_speech_prob > NO_SPEECH else decoded.text
        return Segment(
            start=start,
            end=start + seconds,
            text=text,
            avg_logprob=decoded.avg_logprob,
            no_speech_prob=decoded.no_speech_prob,
            compression_ratio=_compression_ratio(text),
        )

    def _decode(self, samples: Floats, frames: int, seconds: float) -> _Decoded:
        features = ctranslate2.StorageView.from_array(log_mel(samples, frames)[None])
        # Nobody says more than a dozen tokens a second: a loop is cut short instead of filling all 448 tokens.
        longest = min(224, 24 + int(12 * seconds))
        result = self._model.generate(
            features, [_PROMPT], beam_size=1, max_length=longest, return_scores=True, return_no_speech_prob=True
        )[0]
        tokens = result.sequences[0]
        # The score is per token, without the end token that Whisper's average counts.
        avg_logprob = result.scores[0] * len(tokens) / (len(tokens) + 1)
        return _Decoded(self._text(tokens), avg_logprob, result.no_speech_prob)

    def _text(self, tokens: list[str]) -> str:
        words = "".join(token for token in tokens if not token.startswith("<|"))
        return bytes(self._byte_of[c] for c in words if c in self._byte_of).decode("utf-8", "replace").strip()


def _at_16_khz(pcm16: bytes, sample_rate_hz: int) -> Floats:
    samples = np.frombuffer(pcm16[: len(pcm16) // 2 * 2], dtype="<i2").astype(np.float32) / 32768.0
    if sample_rate_hz == SAMPLE_RATE_HZ or samples.size == 0:
        return samples
    return np.asarray(soxr.resample(samples, sample_rate_hz, SAMPLE_RATE_HZ), dtype=np.float32)


def _parts(samples: Floats) -> list[Floats]:
    """`samples` cut where it is quietest, so that no part is longer than the model's window."""
    longest = int(_PART_S * SAMPLE_RATE_HZ)
    block = SAMPLE_RATE_HZ // 5
    parts = []
    while samples.size > longest:
        tail = samples[longest - 40 * block : longest].reshape(40, block)
        quietest = int(np.argmin((tail**2).mean(axis=1)))
        cut = longest - (40 - quietest) * block + block // 2
        parts.append(samples[:cut])
        samples = samples[cut:]
    return [*parts, samples]


def _looks_wrong(decoded: _Decoded, seconds: float) -> bool:
    too_much = len(decoded.text) > 25 * seconds + 20
    return decoded.avg_logprob < _DOUBTFUL_LOGPROB or too_much or _loops(decoded.text)


def _loops(text: str) -> bool:
    """Says the text the same over and over? (A word four times, or anything that compresses like a loop.)"""
    return re.search(r"\b(\w+)(?:\W+\1\b){3,}", text.lower()) is not None or _compression_ratio(text) > 2.4


def _compression_ratio(text: str) -> float:
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0


def _byte_of_printable() -> dict[str, int]:
    """The byte behind each character of a byte-level BPE token (GPT-2's table: printable bytes stand for themselves,
    the others for the characters from U+0100 on, in order)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    table = {chr(byte): byte for byte in printable}
    others = (byte for byte in range(0x100) if byte not in set(printable))
    table.update({chr(0x100 + n): byte for n, byte in enumerate(others)})
    return table
