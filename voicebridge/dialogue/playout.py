"""The ledger of playout: what was sent to the telephone, which marks came back, so what the person has heard.

Twilio plays what it is sent in order and echoes a mark when all audio before it has been played. After a `clear` it
echoes all pending marks at once, so an echo means *played or discarded*: marks that were pending at a `clear` are
remembered as discarded, and their echoes count for nothing (Media Streams, "clear message").

Between two marks the clock says how far playout has come. One ledger serves a call; replies are told apart by number,
and a mark is named "<reply>.<chunk>". Not here: pacing itself and the wire format (`reply.py`, `media_stream.py`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

_SPOKEN_S_PER_CHAR = 0.065
"""About 15 characters a second: how long a sentence lasts, as long as not all of its audio is known."""


class MarkFate(StrEnum):
    """What the echo of a mark means."""

    PLAYED = "played"
    DISCARDED = "discarded"
    UNKNOWN = "unknown"


@dataclass(slots=True)
class _Sentence:
    text: str
    sent_s: float = 0.0
    heard_s: float = 0.0
    complete: bool = False

    @property
    def duration_s(self) -> float:
        if self.complete:
            return self.sent_s
        return max(self.sent_s, len(self.text) * _SPOKEN_S_PER_CHAR)

    def heard_text(self) -> str:
        """The words whose share of the time has been played; a word half heard is not heard."""
        if not self.heard_s or not self.text:
            return ""
        # A hundredth of a second is lost to rounding in chunks: that must not cost the last word.
        share = (self.heard_s + 0.01) / self.duration_s
        if share >= 1.0:
            return self.text
        cut = int(len(self.text) * share)
        # Cut exactly at the end of a word, the word is whole; otherwise it goes back to the space before.
        return self.text[:cut] if self.text[cut] == " " else self.text[:cut].rpartition(" ")[0]


@dataclass(slots=True)
class _Reply:
    sentences: list[_Sentence] = field(default_factory=list)
    marks: int = 0
    unmarked: list[tuple[_Sentence, float]] = field(default_factory=list)
    pending: int = 0
    discarded: bool = False
    all_sent: bool = False


@dataclass(frozen=True, slots=True)
class _Mark:
    name: str
    reply: int
    pieces: tuple[tuple[_Sentence, float], ...]

    @property
    def duration_s(self) -> float:
        return sum(duration_s for _, duration_s in self.pieces)


class Playout:
    """What one call's telephone has been sent and what it has played."""

    def __init__(self) -> None:
        self._replies: dict[int, _Reply] = {}
        self._pending: deque[_Mark] = deque()
        self._discarded: set[str] = set()
        self._plays_until = 0.0
        """When the telephone runs out of audio, by estimate."""

    # --- what we send

    def sentence_begun(self, reply: int, text: str) -> None:
        """Audio sent from here on is this sentence; the one before it is complete."""
        self.sentence_sent(reply)
        self._replies.setdefault(reply, _Reply()).sentences.append(_Sentence(text))

    def audio_sent(self, reply: int, duration_s: float, now: float) -> None:
        """Audio of the current sentence is on the wire. Without a sentence it is sound without words."""
        entry = self._replies.setdefault(reply, _Reply())
        if not entry.sentences:
            entry.sentences.append(_Sentence(""))
        sentence = entry.sentences[-1]
        sentence.sent_s += duration_s
        entry.unmarked.append((sentence, duration_s))
        self._plays_until = max(self._plays_until, now) + duration_s

    def audio_sent_again(self, reply: int, sentence: int, duration_s: float, now: float) -> None:
        """What was cleared before it was heard is on the wire once more: it is no longer than before."""
        entry = self._replies[reply]
        entry.unmarked.append((entry.sentences[sentence], duration_s))
        self._plays_until = max(self._plays_until, now) + duration_s

    def resumed(self, reply: int) -> None:
        """What was cleared of `reply` will be sent again, so it can still be heard to its end."""
        entry = self._replies.get(reply)
        if entry is not None:  # it may have been held before its first sound
            entry.discarded = False

    def heard_in_vain(self, reply: int, sentence: int, duration_s: float) -> None:
        """So much of what was heard of a sentence will be sent again: it counts when it has been heard that time."""
        self._replies[reply].sentences[sentence].heard_s -= duration_s

    def sentence_sent(self, reply: int) -> None:
        """All audio of the current sentence is on the wire: its length is known."""
        entry = self._replies.get(reply)
        if entry is not None and entry.sentences:
            entry.sentences[-1].complete = True

    def mark_sent(self, reply: int) -> str:
        """The name of a mark after all audio of `reply` sent so far, to be put on the wire now."""
        entry = self._replies.setdefault(reply, _Reply())
        entry.marks += 1
        mark = _Mark(f"{reply}.{entry.marks}", reply, tuple(entry.unmarked))
        entry.unmarked.clear()
        entry.pending += 1
        self._pending.append(mark)
        return mark.name

    def reply_sent(self, reply: int) -> None:
        """Nothing more of `reply` will be sent, and its last mark is out."""
        self.sentence_sent(reply)
        self._replies.setdefault(reply, _Reply()).all_sent = True

    def cleared(self, now: float) -> None:
        """`clear` was sent: what the telephone had not played, it will not play."""
        unplayed_s = self.ahead_s(now)
        for entry in self._replies.values():
            if entry.unmarked:
                entry.discarded = True
        buffered = [piece for mark in self._pending for piece in mark.pieces]
        buffered += [piece for entry in self._replies.values() for piece in entry.unmarked]
        played_s = sum(duration_s for _, duration_s in buffered) - unplayed_s
        for sentence, duration_s in buffered:
            sentence.heard_s += max(0.0, min(duration_s, played_s))
            played_s -= duration_s
        for mark in self._pending:
            self._discarded.add(mark.name)
            self._replies[mark.reply].discarded = True
        self._pending.clear()
        for entry in self._replies.values():
            entry.pending = 0
            entry.unmarked.clear()
        self._plays_until = now

    # --- what comes back

    def mark_returned(self, name: str, now: float) -> MarkFate:
        """A mark's echo came. An echo stands for all marks before it, too: they are in order."""
        if name in self._discarded:
            self._discarded.remove(name)
            return MarkFate.DISCARDED
        if all(mark.name != name for mark in self._pending):
            return MarkFate.UNKNOWN
        while True:
            mark = self._pending.popleft()
            self._played(mark)
            if mark.name == name:
                break
        # Certain knowledge: what was sent after this mark, and nothing else, is still to be played.
        self._plays_until = now + self._unplayed_s()
        return MarkFate.PLAYED

    def give_up_on(self, reply: int, now: float) -> None:
        """The echoes of `reply` are long overdue: take its audio for played."""
        for mark in [mark for mark in self._pending if mark.reply == reply]:
            self._pending.remove(mark)
            self._played(mark)
        self._plays_until = now + self._unplayed_s()

    def forget(self, reply: int) -> None:
        """Drop what is known of `reply`; its marks, should they still come back, are unknown."""
        self._replies.pop(reply, None)
        self._pending = deque(mark for mark in self._pending if mark.reply != reply)
        self._discarded = {name for name in self._discarded if not name.startswith(f"{reply}.")}

    # --- what is known

    def ahead_s(self, now: float) -> float:
        """How much audio the telephone still has to play, by estimate."""
        return max(0.0, self._plays_until - now)

    def is_all_sent(self, reply: int) -> bool:
        """Nothing more of `reply` is to come."""
        entry = self._replies.get(reply)
        return entry is not None and entry.all_sent

    def unmarked_s(self, reply: int) -> float:
        """How much audio of `reply` has been sent since its last mark."""
        entry = self._replies.get(reply)
        return sum(duration_s for _, duration_s in entry.unmarked) if entry else 0.0

    def has_played_out(self, reply: int) -> bool:
        """All of `reply` was sent and played to its end."""
        entry = self._replies.get(reply)
        return entry is not None and entry.all_sent and not entry.pending and not entry.discarded

    def sentence_under_way(self, reply: int) -> int:
        """The place of the sentence that was begun last, from 0."""
        return len(self._sentences(reply)) - 1

    def last_sentence(self, reply: int) -> str:
        """The sentence that was begun last; empty if there is none."""
        sentences = self._sentences(reply)
        return sentences[-1].text if sentences else ""

    def said_text(self, reply: int) -> str:
        """What we meant to say: all sentences begun."""
        return _joined(sentence.text for sentence in self._sentences(reply))

    def heard_text(self, reply: int) -> str:
        """What has been played to the person, to the word."""
        return _joined(sentence.heard_text() for sentence in self._sentences(reply))

    def was_interrupted(self, reply: int) -> bool:
        """Whether something was meant to be said and has not been heard."""
        return self.heard_text(reply) != self.said_text(reply)

    def _sentences(self, reply: int) -> list[_Sentence]:
        entry = self._replies.get(reply)
        return entry.sentences if entry else []

    def _played(self, mark: _Mark) -> None:
        for sentence, duration_s in mark.pieces:
            sentence.heard_s += duration_s
        self._replies[mark.reply].pending -= 1

    def _unplayed_s(self) -> float:
        unmarked_s = sum(self.unmarked_s(reply) for reply in self._replies)
        return unmarked_s + sum(mark.duration_s for mark in self._pending)


def _joined(texts: Iterable[str]) -> str:
    return " ".join(text for text in texts if text)
