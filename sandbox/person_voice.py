"""How a scripted person sounds: sayings to telephone audio, made before the receiver is lifted, and kept.

Text goes through the local voices, WAV files are read; both are cut to the telephone band and brought to the
person's level. The noise on the line is made then, too.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from sandbox import line_audio, sound_effects
from sandbox.line_audio import FRAME_BYTES, RATE_HZ
from sandbox.people import Person
from sandbox.sayings import Saying, directions
from sandbox.television import television

_FRAME_PCM = 2 * FRAME_BYTES


class Voice(Protocol):
    """The part of `SpeechEngines` that is needed here."""

    async def say(self, text: str, voice: str = "joe", pace: float = 1.0, sample_rate_hz: int = 24_000) -> bytes:
        """PCM of the spoken text."""


class PersonVoice:
    """One person's voice. `prepare()` while the telephone rings; `pcm()` then answers at once."""

    def __init__(self, person: Person, engines: Voice) -> None:
        self._person = person
        self._engines = engines
        self._spoken: dict[Saying, bytes] = {}
        self._noise: bytes | None = None
        self._preparing = asyncio.Lock()

    async def prepare(self) -> None:
        """Make everything the person may say, in the order it is likely to be needed. Raises ValueError (WAV)."""
        async with self._preparing:
            for saying in self._person.sayings():
                if saying not in self._spoken:
                    self._spoken[saying] = await self._make(saying)
            if self._noise is None:
                self._noise = _whole_frames(await self._make_noise())

    def pcm(self, saying: Saying) -> bytes:
        """The saying's sound: PCM, whole 20 ms frames, audible from its first frame to its last."""
        return self._spoken[saying]

    def noise(self) -> bytes:
        """A loop of the noise on this person's line, in whole frames; empty when the line is silent."""
        return self._noise or b""

    async def _make_noise(self) -> bytes:
        noise = self._person.noise
        if noise is None:
            return b""
        if noise.kind == "television":
            return await television(self._engines.say, noise.level_dbfs)
        return line_audio.noise(noise.kind, noise.level_dbfs)

    async def _make(self, saying: Saying) -> bytes:
        if saying.wav is not None:
            speech = await asyncio.to_thread(line_audio.read_wav, saying.wav)
            return self._on_the_line(speech)
        parts: list[bytes] = []
        for part in directions(saying.text):
            match part:
                case ("tone", hz, seconds):
                    parts.append(line_audio.tone(hz, seconds))
                case ("cough", _, _):
                    parts.append(sound_effects.cough(self._person.level_dbfs))
                case ("knock", _, _):
                    parts.append(sound_effects.knock(self._person.level_dbfs))
                case (_, seconds, _):
                    parts.append(line_audio.silence(seconds))
                case str():
                    spoken = await self._engines.say(part, self._person.voice, self._person.pace, RATE_HZ)
                    parts.append(self._on_the_line(spoken))
        return _whole_frames(b"".join(parts))

    def _on_the_line(self, speech: bytes) -> bytes:
        banded = line_audio.without_outer_silence(line_audio.telephone_band(speech))
        levelled = line_audio.at_level(banded, self._person.level_dbfs)
        return _whole_frames(sound_effects.trailing_off(levelled, self._person.trails_off_db))


def _whole_frames(pcm: bytes) -> bytes:
    return pcm + bytes(-len(pcm) % _FRAME_PCM)
