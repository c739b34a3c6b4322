"""A voice as it comes from text to speech becomes a voice on the telephone, in the manner this person hears best.

On the way, each in a module of its own: to 8 kHz, with consonants lifted if wanted (`lowering.py`), silence off at the
ends (`edges.py`), slower or faster (`stretch.py`), as loud as the sentence before and then louder or softer as asked
(`loudness.py`), never too loud (`limiter.py`), soft ends (`edges.py`), mu-law (`codec.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from voicebridge.audio.codec import SAMPLE_RATE_HZ, VOICE_RATE_HZ, decode, encode
from voicebridge.audio.edges import Fades, SilenceTrim
from voicebridge.audio.limiter import Limiter
from voicebridge.audio.loudness import EvenLoudness, Loudness
from voicebridge.audio.lowering import Lowering, Samples
from voicebridge.audio.stretch import Stretch
from voicebridge.dialogue.events import Manner

_FULL_SCALE = 32768.0
_BLOCK_BYTES = 2 * VOICE_RATE_HZ * 20 // 1000
_FRAME = SAMPLE_RATE_HZ * 20 // 1000
_AS_IT_COMES = Manner()


class TelephoneVoice:
    """24 kHz 16-bit PCM, in pieces as they come from the network, to 8 kHz mu-law: one object for one sentence.

    However the bytes are cut up, even through the middle of a sample, the same sound comes out. It comes in blocks of
    20 ms, 6 ms late; at another pace than 1.0 the first sound is as soon, and what follows up to 50 ms late. With the
    call's `loudness`, its sentences are equally loud; a sentence's level is learned when it is flushed. Nothing but
    silence gives no sound at all.
    """

    def __init__(
        self, manner: Manner = _AS_IT_COMES, *, lift_consonants: bool = False, loudness: Loudness | None = None
    ) -> None:
        self._rest = b""
        self._lowering = Lowering(lift_consonants=lift_consonants)
        self._trim = SilenceTrim()
        self._stretch = Stretch(manner.pace)
        self._even = EvenLoudness(loudness or Loudness(), manner.gain_db)
        self._limiter = Limiter()
        self._fades = Fades()

    def feed(self, pcm16: bytes) -> bytes:
        """The mu-law that is ready after these bytes."""
        data = self._rest + pcm16
        whole = len(data) - len(data) % _BLOCK_BYTES
        self._rest = data[whole:]
        # Always the same blocks: every step then adds up the same numbers, however the voice was cut up.
        blocks = np.frombuffer(data[:whole], dtype="<i2").reshape(-1, _BLOCK_BYTES // 2) / _FULL_SCALE
        return b"".join(self._louder(self._stretch.feed(self._trim.feed(self._lowering.feed(b)))) for b in blocks)

    def flush(self) -> bytes:
        """What is still inside. Half a sample at the very end is dropped. The object is then used up."""
        rest = np.frombuffer(self._rest[: len(self._rest) & ~1], dtype="<i2") / _FULL_SCALE
        lowered = np.concatenate((self._lowering.feed(rest), self._lowering.flush()))
        paced = np.concatenate((self._stretch.feed(self._trim.feed(lowered)), self._stretch.flush()))
        ready = self._louder(paced)
        self._even.end()
        return ready + _mulaw(self._fades.flush())

    def _louder(self, samples: Samples) -> bytes:
        return b"".join(_mulaw(self._fades.feed(self._limiter.feed(self._even.feed(f)))) for f in _frames(samples))


def restyled(mulaw: bytes, manner: Manner) -> bytes:
    """Ready sound (8 kHz mu-law) at another pace and gain than it has; as it is for `Manner()`."""
    if manner == _AS_IT_COMES:
        return mulaw
    stretch, limiter, fades = Stretch(manner.pace), Limiter(), Fades()
    sound = np.frombuffer(decode(mulaw), dtype="<i2") / _FULL_SCALE
    louder = np.concatenate((stretch.feed(sound), stretch.flush())) * 10 ** (manner.gain_db / 20)
    return b"".join(_mulaw(fades.feed(limiter.feed(frame))) for frame in _frames(louder)) + _mulaw(fades.flush())


def _frames(samples: Samples) -> Iterator[Samples]:
    """Pieces short enough for steps that look at a moment's level."""
    return (samples[at : at + _FRAME] for at in range(0, len(samples), _FRAME))


def _mulaw(samples: Samples) -> bytes:
    return encode(np.rint(samples * _FULL_SCALE).astype("<i2").tobytes())
