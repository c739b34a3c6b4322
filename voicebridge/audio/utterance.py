"""The audio of what the person is saying, kept until it is transcribed.

Voice activity notices a word only after it has begun, so the last moments before are always kept too (the pre-roll).
Not here: deciding when somebody speaks (`vad.py`) or has finished (`dialogue/turn_taking.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from voicebridge.audio.codec import SAMPLE_RATE_HZ, decode

_BYTES_PER_MS = SAMPLE_RATE_HZ // 1000


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was said, as sound."""

    pcm16: bytes
    """16-bit little-endian samples, mono, 8 kHz."""
    audio_ms: int
    voiced_ms: int
    """How much of it was voice."""


class UtteranceBuffer:
    """Fed with everything that is heard; holds the last moments until `begin`, everything from then on.

    It holds at most `max_ms`: then `feed` says so, once, and what comes after pushes the oldest out until it is taken.
    """

    def __init__(self, preroll_ms: int = 300, max_ms: int = 25_000, tail_ms: int = 400) -> None:
        self._preroll_bytes = preroll_ms * _BYTES_PER_MS
        self._max_bytes = max_ms * _BYTES_PER_MS
        self._tail_bytes = tail_ms * _BYTES_PER_MS
        self._mulaw = bytearray()
        self._voiced_ms = 0
        self._after_voice_bytes = 0
        self._told_full = False
        self.is_open = False
        """Whether an utterance has begun and has not been taken."""

    def feed(self, mulaw: bytes, voiced_ms: int = 0) -> bool:
        """Add what was heard, `voiced_ms` of which is voice. True when the buffer has just become full."""
        self._mulaw += mulaw
        self._voiced_ms += voiced_ms
        self._after_voice_bytes = 0 if voiced_ms else self._after_voice_bytes + len(mulaw)
        room = self._max_bytes if self.is_open else self._preroll_bytes
        if len(self._mulaw) > room:
            del self._mulaw[: len(self._mulaw) - room]
        if not self.is_open:
            # Voice counts from the frame that made the ears notice it; what was rejected before was none.
            self._voiced_ms = voiced_ms
            return False
        just_full = len(self._mulaw) >= room and not self._told_full
        self._told_full = self._told_full or just_full
        return just_full

    def begin(self) -> None:
        """Somebody speaks: the pre-roll becomes the beginning. Nothing happens if an utterance is open already."""
        self.is_open = True

    def take(self, *, final: bool) -> Utterance:
        """What has been said so far; it is then no longer here. Empty if no utterance is open.

        `final`: the utterance is over, and the silence after the last voice is cut down to `tail_ms` (it costs time at
        the recogniser and invites it to invent words). Otherwise it goes on with what is heard next.
        """
        mulaw = bytes(self._mulaw) if self.is_open else b""
        if final:
            mulaw = mulaw[: max(0, len(mulaw) - max(0, self._after_voice_bytes - self._tail_bytes))]
        voiced_ms = self._voiced_ms
        if self.is_open:
            self._empty(is_open=not final)
        audio_ms = len(mulaw) // _BYTES_PER_MS
        return Utterance(decode(mulaw), audio_ms, min(voiced_ms, audio_ms))

    def discard(self) -> None:
        """What was heard was nobody's turn: forget it."""
        self._empty(is_open=False)

    def _empty(self, *, is_open: bool) -> None:
        self._mulaw.clear()
        self._voiced_ms = 0
        self._after_voice_bytes = 0
        self._told_full = False
        self.is_open = is_open
