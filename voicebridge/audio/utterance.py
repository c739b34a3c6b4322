"""The audio of what the person is saying, kept until the turn is settled: it may be transcribed again and again.

Voice activity notices a word only after it has begun, so the last moments before are always kept too (the pre-roll). A
pause inside the utterance is kept short, however long it lasts: silence costs time at the recogniser, and invites it to
invent words. Not here: deciding when somebody speaks (`vad.py`) or has finished (`dialogue/answering.py`).
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
    snr_db: float | None = None
    """How far the voice stood out of the background."""


class UtteranceBuffer:
    """Fed with everything that is heard; holds the last moments until `begin`, and from then on what is said.

    It holds at most `max_ms`: then `feed` says so, once, and what comes after pushes the oldest out until a part is
    taken. Of a pause it holds `tail_ms` after the last voice and `preroll_ms` before the next.
    """

    def __init__(self, preroll_ms: int = 500, max_ms: int = 25_000, tail_ms: int = 400) -> None:
        self._preroll_bytes = preroll_ms * _BYTES_PER_MS
        self._max_bytes = max_ms * _BYTES_PER_MS
        self._tail_bytes = tail_ms * _BYTES_PER_MS
        self._said = bytearray()
        self._recent = bytearray()
        """The latest that is not (yet) part of what was said."""
        self._voiced_ms = 0
        self._after_voice_bytes = 0
        self._stretch_at: int | None = None
        """While somebody speaks: where in `_said` that began."""
        self._stretch_voiced_ms = 0
        self._told_full = False
        self.is_open = False
        """Whether an utterance has begun and has not been settled."""

    def feed(self, mulaw: bytes, voiced_ms: int = 0) -> bool:
        """Add what was heard, `voiced_ms` of which is voice. True when the buffer has just become full."""
        self._after_voice_bytes = 0 if voiced_ms else self._after_voice_bytes + len(mulaw)
        if not self.is_open or self._after_voice_bytes > self._tail_bytes:
            self._recent += mulaw
            del self._recent[: max(0, len(self._recent) - self._preroll_bytes)]
            return False
        self._voiced_ms += voiced_ms
        self._said += mulaw
        return self._is_just_full()

    def begin(self) -> None:
        """Somebody speaks: the pre-roll becomes part of what is said. Tell it before the piece that made it clear."""
        self._stretch_at, self._stretch_voiced_ms = len(self._said), self._voiced_ms
        self._said += self._recent
        self._recent.clear()
        self._after_voice_bytes = 0
        self.is_open = True

    def pause(self) -> None:
        """Nobody speaks any more; the utterance may go on."""
        self._stretch_at = None

    def utterance(self, snr_db: float | None = None) -> Utterance:
        """What has been said so far. It stays here. Empty if no utterance is open."""
        audio_ms = len(self._said) // _BYTES_PER_MS
        return Utterance(decode(bytes(self._said)), audio_ms, min(self._voiced_ms, audio_ms), snr_db)

    def part(self, snr_db: float | None = None) -> Utterance:
        """What has been said so far; it is then no longer here, and the utterance goes on."""
        part = self.utterance(snr_db)
        self._forget(len(self._said), self._voiced_ms)
        return part

    def discard(self) -> None:
        """The turn is settled: forget it. What somebody is saying right now stays, with its pre-roll."""
        if self._stretch_at is not None:
            self._forget(self._stretch_at, self._stretch_voiced_ms)
            return
        self._forget(len(self._said), self._voiced_ms)
        self._recent.clear()
        self.is_open = False

    def _forget(self, size: int, voiced_ms: int) -> None:
        del self._said[:size]
        self._voiced_ms = max(0, self._voiced_ms - voiced_ms)
        self._told_full = False
        if self._stretch_at is not None:
            self._stretch_at, self._stretch_voiced_ms = max(0, self._stretch_at - size), 0

    def _is_just_full(self) -> bool:
        too_much = len(self._said) - self._max_bytes
        if too_much > 0:
            del self._said[:too_much]
            if self._stretch_at is not None:
                self._stretch_at = max(0, self._stretch_at - too_much)
        just_full = too_much >= 0 and not self._told_full
        self._told_full = self._told_full or just_full
        return just_full
