"""Twilio's playout buffer of one media stream, in media time: a FIFO that plays 8000 bytes a second.

Pure: no clock. Whoever owns the line calls `play(160)` once per 20 ms. Rules (Media Streams, "WebSocket messages"):
media of any size is played in order; a mark is echoed when all media sent before it has been played, or at once when
nothing is buffered; clear empties the buffer and echoes every pending mark, in order; about ten minutes fit, the
rest is discarded (warning 31931).
"""

from __future__ import annotations

from collections import deque

from sandbox.line_audio import FRAME_BYTES, RATE_HZ, SILENT_BYTE

LIMIT_BYTES = 10 * 60 * RATE_HZ


class PlayoutBuffer:
    """The agent's audio that has arrived and has not been heard yet."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit = limit_bytes
        self._chunks: deque[bytes] = deque()
        self._consumed_of_first = 0
        self._received = 0
        self._played = 0
        self._marks: deque[tuple[int, str]] = deque()

    @property
    def buffered(self) -> int:
        """Bytes (= samples) not played yet."""
        return self._received - self._played

    def media(self, payload: bytes) -> int:
        """Append mu-law audio. Returns how many bytes did not fit and were discarded."""
        kept = payload[: max(0, self._limit - self.buffered)]
        if kept:
            self._chunks.append(kept)
            self._received += len(kept)
        return len(payload) - len(kept)

    def mark(self, name: str) -> list[str]:
        """Set a mark after what is buffered. Returns the marks to echo now: this one, if nothing is buffered."""
        if self.buffered == 0:
            return [name]
        self._marks.append((self._received, name))
        return []

    def clear(self) -> list[str]:
        """Forget what is buffered. Returns all pending marks, which Twilio echoes at once."""
        self._chunks.clear()
        self._consumed_of_first = 0
        self._played = self._received
        return self._marks_up_to(self._played)

    def play(self, length: int = FRAME_BYTES) -> tuple[bytes, list[str]]:
        """The next `length` bytes, padded with silence, and the marks that were reached while they played."""
        parts: list[bytes] = []
        wanted = length
        while wanted and self._chunks:
            first = self._chunks[0]
            part = first[self._consumed_of_first : self._consumed_of_first + wanted]
            parts.append(part)
            wanted -= len(part)
            self._consumed_of_first += len(part)
            if self._consumed_of_first == len(first):
                self._chunks.popleft()
                self._consumed_of_first = 0
        self._played += length - wanted
        return b"".join(parts) + SILENT_BYTE * wanted, self._marks_up_to(self._played)

    def _marks_up_to(self, position: int) -> list[str]:
        reached: list[str] = []
        while self._marks and self._marks[0][0] <= position:
            reached.append(self._marks.popleft()[1])
        return reached
