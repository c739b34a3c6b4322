"""What the benchmarks' callers say: finished sentences whose sound, and whose end in it, is known to the sample.

The sandbox's voice speaks them once; they are kept in `var/bench`, so that no measured run waits for a voice. `Known`
tells from a recording which of them was said: speech recognition that costs nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sandbox import line_audio
from sandbox.speech import SpeechEngines
from scripts.environment import ROOT

TEXTS = (
    "I slept very well last night.",
    "My daughter is coming to see me on Sunday.",
    "The roses in the garden are lovely this year.",
    "I had a boiled egg and some toast for breakfast.",
    "I went for a little walk to the shop yesterday.",
    "My knee has been hurting again this week.",
    "I am reading a long book about the sea.",
    "We used to live by a river in the north.",
    "The neighbours have got a new puppy.",
    "I like to listen to music in the evening.",
    "My son telephones me every Friday night.",
    "It has been raining here since the morning.",
)
VOICE = "joe"
SPEECH_DBFS = -20.0
LINE_NOISE_DBFS = -60.0
AUDIBLE_DBFS = -45.0
"""A sentence begins with its first and ends with its last 20 ms above this."""
FOLDER = ROOT / "var" / "bench" / "sentences"

_STEP_S = 0.02
_ALIKE = 0.85
_EARLY_STEPS = 5
"""So much of a sentence's beginning may be missing."""
_LEAST_INSIDE = 0.4

Envelope = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, and its sound: mu-law, 8 kHz, whole 20 ms frames, audible from the first to the last."""

    text: str
    mulaw: bytes = field(repr=False)

    @property
    def seconds(self) -> float:
        return len(self.mulaw) / line_audio.RATE_HZ


def sentences(folder: Path = FOLDER) -> list[Sentence]:
    """All of them, in the order of `TEXTS`; spoken and kept if that was not done before (some ten seconds)."""
    files = {text: folder / f"{_name(text)}.ulaw" for text in TEXTS}
    if not all(file.exists() for file in files.values()):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        asyncio.run(_speak(files))
    return [Sentence(text, file.read_bytes()) for text, file in files.items()]


def on_the_line(pcm: bytes) -> bytes:
    """A voice (16-bit PCM, 8 kHz) as it comes over a quiet telephone line: mu-law, without silence around it."""
    speech = line_audio.at_level(line_audio.telephone_band(pcm), SPEECH_DBFS)
    speech = line_audio.without_outer_silence(speech, AUDIBLE_DBFS)
    whole = speech[: len(speech) // (2 * line_audio.FRAME_BYTES) * 2 * line_audio.FRAME_BYTES]
    hiss = line_audio.noise("hiss", LINE_NOISE_DBFS, seconds=len(whole) / 2 / line_audio.RATE_HZ)
    return line_audio.to_ulaw(line_audio.mixed(whole, hiss))


class Known:
    """Tells known sentences from each other by how loud they are from moment to moment."""

    def __init__(self, known: Sequence[Sentence]) -> None:
        self._known = [(s.text, envelope(line_audio.to_pcm(s.mulaw), line_audio.RATE_HZ)) for s in known]

    def text_of(self, pcm: bytes, rate_hz: int) -> str:
        """The words of the sentence in a recording, as far as it was recorded; "" if it is none of ours."""
        heard = envelope(pcm, rate_hz)
        if not heard.size or heard.max() ** 2 < 32768 * 10 ** (AUDIBLE_DBFS / 20):
            return ""
        around = np.pad(heard, (_EARLY_STEPS, 0))
        for likeness in (as_a_whole, cut_short):
            correlation, covered, text = max((*likeness(around, known), text) for text, known in self._known)
            if correlation >= _ALIKE:
                words = text.split()
                return " ".join(words[: math.ceil(covered * len(words))])
        return ""


def envelope(pcm: bytes, rate_hz: int) -> Envelope:
    """The loudness (RMS) of 16-bit PCM of each 20 ms, its square root: soft sounds tell sentences apart too."""
    step = round(_STEP_S * rate_hz)
    samples = np.frombuffer(pcm, "<i2").astype(np.float64)
    steps = samples[: samples.size // step * step].reshape(-1, step)
    return np.asarray((steps**2).mean(axis=1) ** 0.25)


def as_a_whole(heard: Envelope, known: Envelope) -> tuple[float, float]:
    """The best correlation over all places of `known` in `heard`, and how much of it is there (all: 1)."""
    if heard.size < known.size:
        return -1.0, 0.0
    windows = np.lib.stride_tricks.sliding_window_view(heard, known.size)
    return float(_correlations(windows, known).max()), 1.0


def cut_short(heard: Envelope, known: Envelope) -> tuple[float, float]:
    """The same where the end of `known` is missing, because `heard` ended before it."""
    best, least = (-1.0, 0.0), math.ceil(_LEAST_INSIDE * known.size)
    for inside in range(min(known.size - 1, heard.size), least - 1, -1):
        window = heard[np.newaxis, heard.size - inside :]
        best = max(best, (float(_correlations(window, known[:inside])[0]), inside / known.size))
    return best


def _correlations(windows: Envelope, pattern: Envelope) -> Envelope:
    windows, pattern = windows - windows.mean(axis=1, keepdims=True), pattern - pattern.mean()
    lengths = np.linalg.norm(windows, axis=1) * np.linalg.norm(pattern)
    return np.asarray(windows @ pattern / np.where(lengths > 0, lengths, np.inf))


def _name(text: str) -> str:
    made_by = f"{VOICE} {SPEECH_DBFS} {LINE_NOISE_DBFS} {AUDIBLE_DBFS} {text}"
    return hashlib.sha256(made_by.encode()).hexdigest()[:16]


async def _speak(files: dict[str, Path]) -> None:
    print("Preparing the callers' sentences (once) ...", flush=True)
    engines = SpeechEngines()
    await engines.start()
    try:
        for text, file in files.items():
            pcm = await engines.say(text, VOICE, 1.0, line_audio.RATE_HZ)
            unfinished = file.with_suffix(".part")
            unfinished.write_bytes(on_the_line(pcm))
            unfinished.replace(file)
    finally:
        await engines.close()
