"""The telephone's sound: G.711 mu-law at 8 kHz, and how loud it is.

Twilio Media Streams carry `audio/x-mulaw`, 8000 Hz, mono, without headers, in both directions. Not here: deciding
whether a sound is speech (`vad.py`).
"""

from __future__ import annotations

import audioop
import math

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
