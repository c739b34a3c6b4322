"""What has been sent of the reply that sounds, in case the telephone has to forget it and is told it again."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from voicebridge.audio import codec

_KEPT_S = 4.0
"""Twice as far as we are ever ahead of what is heard."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of audio (mu-law, 8 kHz) and the place of its sentence in the reply."""

    sentence: int
    audio: bytes

    @property
    def duration_s(self) -> float:
        """How long it sounds."""
        return codec.duration_s(self.audio)


class Unheard:
    """One reply at a time. Pieces go in as they are sent, and come out again after `take_back`."""

    def __init__(self) -> None:
        self._sent: deque[Piece] = deque()
        self._sent_s = 0.0
        self._again: deque[Piece] = deque()

    @property
    def duration_s(self) -> float:
        """How much has to be said again."""
        return sum(piece.duration_s for piece in self._again)

    @property
    def next_again(self) -> Piece | None:
        """What has to be said again next; None if there is nothing."""
        return self._again[0] if self._again else None

    def said_again(self) -> None:
        """`next_again` is on the wire once more."""
        self._again.popleft()

    def sent(self, piece: Piece) -> None:
        """A piece is on the wire."""
        self._sent.append(piece)
        self._sent_s += piece.duration_s
        while self._sent_s - self._sent[0].duration_s > _KEPT_S:
            self._sent_s -= self._sent.popleft().duration_s

    def take_back(self, unplayed_s: float) -> None:
        """The telephone was cleared with the last `unplayed_s` of what was sent not played: that must be said again."""
        missing = round(unplayed_s * codec.SAMPLE_RATE_HZ)
        while missing > 0 and self._sent:
            piece = self._sent.pop()
            self._again.appendleft(Piece(piece.sentence, piece.audio[-missing:]))
            missing -= len(piece.audio)
        self._sent.clear()
        self._sent_s = 0.0

    def clear(self) -> None:
        """Another reply, or none."""
        self._sent.clear()
        self._again.clear()
        self._sent_s = 0.0
