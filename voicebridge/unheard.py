"""What has been sent of the reply that sounds, in case the telephone has to forget it and is told it again.

It was cut off in the middle of a word, most likely. So it goes on a little before that, at the quietest moment of the
last half second, and fades in there: half a word is not understood, and a voice that begins in mid-sound clicks.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from voicebridge.audio import codec
from voicebridge.audio.edges import fade_in

_KEPT_S = 4.0
"""Twice as far as we are ever ahead of what is heard."""
_BACK_BYTES = codec.SAMPLE_RATE_HZ // 2
_FRAME_BYTES = codec.SAMPLE_RATE_HZ // 50


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
        self._twice: list[Piece] = []

    @property
    def duration_s(self) -> float:
        """How much has to be said again."""
        return sum(piece.duration_s for piece in self._again)

    @property
    def unheard_s(self) -> float:
        """How much of that was not heard the first time."""
        return self.duration_s - sum(piece.duration_s for piece in self._twice)

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

    @property
    def twice(self) -> list[Piece]:
        """What of the pieces to be said again had been heard already."""
        return list(self._twice)

    def take_back(self, unplayed_s: float) -> None:
        """The telephone was cleared with the last `unplayed_s` of what was sent not played: that must be said again."""
        unplayed = round(unplayed_s * codec.SAMPLE_RATE_HZ)
        self._twice.clear()
        if unplayed > 0 and self._sent:
            self._take_back(unplayed)
            self._twice = self._take_back(_back_to_the_quietest(b"".join(piece.audio for piece in self._sent)))
            first = self._again.popleft()
            self._again.appendleft(Piece(first.sentence, fade_in(first.audio)))
        self._sent.clear()
        self._sent_s = 0.0

    def _take_back(self, count: int) -> list[Piece]:
        """The last `count` bytes of what was sent, which now come first of what is said again."""
        taken: list[Piece] = []
        while count > 0 and self._sent:
            piece = self._sent.pop()
            taken.append(Piece(piece.sentence, piece.audio[-count:]))
            if len(piece.audio) > count:
                self._sent.append(Piece(piece.sentence, piece.audio[:-count]))
            count -= len(piece.audio)
        self._again.extendleft(taken)
        return taken

    def clear(self) -> None:
        """Another reply, or none."""
        self._sent.clear()
        self._again.clear()
        self._sent_s = 0.0
        self._twice.clear()


def _back_to_the_quietest(heard: bytes) -> int:
    """How many bytes before the end of `heard` the quietest 20 ms of its last half second begin."""
    backs = range(_FRAME_BYTES, min(len(heard), _BACK_BYTES) + 1, _FRAME_BYTES)
    begins = [(codec.power(heard[len(heard) - back :][:_FRAME_BYTES]), back) for back in backs]
    return min(begins, default=(0.0, 0))[1]
