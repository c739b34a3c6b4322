"""The telephone's sound: G.711 mu-law at 8 kHz, how loud it is, and how a 24 kHz voice becomes it.

Twilio Media Streams carry `audio/x-mulaw`, 8000 Hz, mono, without headers, in both directions. Not here: deciding
whether a sound is speech (`vad.py`).
"""

from __future__ import annotations

import audioop
import math

import numpy as np
import soxr

SAMPLE_RATE_HZ = 8000
VOICE_RATE_HZ = 24_000
"""The rate at which a voice arrives from text to speech."""
SILENCE = 0xFF
"""The mu-law byte of no sound. 0x00 would be the loudest negative sample: a click."""
QUIETEST_DBFS = -96.0
"""The level given for no sound at all."""

_FULL_SCALE = 32768.0


def encode(pcm16: bytes) -> bytes:
    """Mu-law of 16-bit little-endian samples."""
    return audioop.lin2ulaw(pcm16, 2)


def decode(mulaw: bytes) -> bytes:
    """16-bit little-endian samples of mu-law."""
    return audioop.ulaw2lin(mulaw, 2)


def duration_s(mulaw: bytes) -> float:
    """How long it sounds, in seconds."""
    return len(mulaw) / SAMPLE_RATE_HZ


def duration_ms(mulaw: bytes) -> int:
    """How long it sounds, in whole milliseconds."""
    return len(mulaw) * 1000 // SAMPLE_RATE_HZ


def power(mulaw: bytes) -> float:
    """Mean square, as a share of full scale: what can be added up over time."""
    # Both steps are C loops over a table: 1 microsecond for 20 ms of sound.
    rms = audioop.rms(audioop.ulaw2lin(mulaw, 2), 2)
    return (rms / _FULL_SCALE) ** 2


def dbfs(mean_square: float) -> float:
    """`power` in decibels of full scale, from 0 (a full-scale square wave) down to `QUIETEST_DBFS`."""
    return 10.0 * math.log10(mean_square) if mean_square else QUIETEST_DBFS


def level_dbfs(mulaw: bytes) -> float:
    """How loud it is, in decibels of full scale."""
    return dbfs(power(mulaw))


class Downsampler:
    """24 kHz PCM, in pieces as they come from the network, to 8 kHz mu-law: one object for one stretch of speech.

    However the bytes are cut up, even through the middle of a sample, the same sound comes out: the filter's state and
    an odd byte are carried from piece to piece. What lies above 4 kHz is filtered off before the rate is lowered;
    otherwise an "s" of the voice would fold down into a hiss.
    """

    def __init__(self) -> None:
        # Floats, not int16: soxr dithers integers, and the noise of that depends on how the stream was cut.
        self._resample = soxr.ResampleStream(VOICE_RATE_HZ, SAMPLE_RATE_HZ, 1, dtype="float32", quality="HQ")
        self._odd_byte = b""

    def feed(self, pcm16: bytes) -> bytes:
        """The mu-law that is ready after these bytes; the filter keeps some milliseconds back."""
        data = self._odd_byte + pcm16
        whole = len(data) & ~1
        self._odd_byte = data[whole:]
        return self._convert(data[:whole], last=False)

    def flush(self) -> bytes:
        """What the filter still held. Half a sample at the very end is dropped. The object is then used up."""
        return self._convert(b"", last=True)

    def _convert(self, pcm16: bytes, *, last: bool) -> bytes:
        samples = np.frombuffer(pcm16, dtype="<i2").astype(np.float32)
        lowered = self._resample.resample_chunk(samples, last=last)
        # The filter may overshoot full scale by a little: clip, because wrapping around is a click.
        return encode(np.clip(np.rint(lowered), -32768, 32767).astype("<i2").tobytes())
