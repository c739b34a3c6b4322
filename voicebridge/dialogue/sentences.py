"""From a language model's stream of text to sentences that can be spoken.

A sentence leaves as soon as it is known to be complete: at the first character of the next one, because only that
tells "2.5" or "Dr. Miller" or "Well... yes" from an end. The first piece of a reply leaves earlier, because somebody is
waiting for it: at the end of its first clause (`first_clause.py`). The characters are judged one by one, so that it
makes no difference how the stream was cut into tokens. What only the eye understands (markdown, emoji, addresses of
links) is taken out, and the rest is put as it is said (`spoken_form.py`).
"""

from __future__ import annotations

import re
import unicodedata

from voicebridge.dialogue.first_clause import end_of_first_piece
from voicebridge.dialogue.spoken_form import spoken_form

_ENDS = ".!?…"
_CLOSERS = "\"'”’»)]*_`"
"""What may stand between the end of a sentence and the space after it."""

_NEVER_END = frozenset(
    ("dr", "mr", "mrs", "ms", "prof", "rev", "st", "mt", "sr", "jr", "gen", "capt", "sgt", "hon")
    + ("vs", "approx", "dept", "e.g", "i.e", "fig", "vol", "ph.d")
)
"""Abbreviations that a sentence goes on after ("Dr. Miller", "St. Mary's", "e.g. apples")."""
_ENUMERATION = re.compile(r"\W*\d{1,2}\Z")

_MARKUP = [
    (re.compile(r"!?\[([^\]]*)\]\([^)]*\)"), r"\1"),  # a link or a picture: its words
    (re.compile(r"\[[^\]]*\]"), ""),  # a note in brackets, such as those in the model's own history
    (re.compile(r"https?://\S+"), ""),
    (re.compile(r"^\s*(?:#{1,6}\s+|[-*+•]\s+|>\s+|\d{1,2}[.)]\s+(?=\D))", re.MULTILINE), ""),  # headings, lists, quotes
    (re.compile(r"(?<!\w)_+|_+(?!\w)"), ""),
    (re.compile(r"[*`|<>{}\\^]+|[~#](?![0-9])"), ""),  # but "#5" and "~5" are said
]
_SYMBOLS = {"So", "Sk", "Cs", "Co", "Cn", "Cf"}
"""Unicode categories that have no sound: pictures, variation selectors' joiners, unassigned."""
_SOUNDING_SYMBOLS = frozenset("°©®™")
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)


def for_the_ear(text: str) -> str:
    """The same words without what only the eye understands; empty if nothing is left to be spoken."""
    for pattern, replacement in _MARKUP:
        text = pattern.sub(replacement, text)
    text = "".join(" " if _is_picture(character) else character for character in text)
    text = re.sub(r"\s+([,.!?;:…])", r"\1", " ".join(text.split()))
    return text if any(character.isalnum() for character in text) else ""


def _is_picture(character: str) -> bool:
    if character.isascii() or character in _SOUNDING_SYMBOLS:
        return False
    return unicodedata.category(character) in _SYMBOLS or ord(character) in _VARIATION_SELECTORS


class SentenceSplitter:
    """Fed with pieces of text as they come, gives the sentences that are complete."""

    def __init__(self, max_chars: int = 220, *, first_clause: bool = True, language: str = "en") -> None:
        self._max_chars, self._language = max_chars, language
        self._first = first_clause
        """The next piece is the first, and may be a clause."""
        self._ended = False
        """The first piece left at its "!": what else belongs to that end is not the beginning of the next."""
        self._pending = ""

    def feed(self, text: str) -> list[str]:
        """The sentences that are complete with `text`, ready to be spoken."""
        sentences = []
        for character in text:
            self._ended = self._ended and character in _ENDS + _CLOSERS
            if self._ended:
                continue
            self._pending += character
            end = self._end_of_sentence() or (end_of_first_piece(self._pending) if self._first else 0)
            if end:
                sentences.append(self._take(end))
        return [sentence for sentence in sentences if sentence]

    def flush(self) -> list[str]:
        """The stream is over: the rest, complete or not."""
        sentence = self._take(len(self._pending))
        return [sentence] if sentence else []

    def _take(self, end: int) -> str:
        piece, self._pending = self._pending[:end], self._pending[end:]
        self._ended = self._first and piece.endswith(("!", "?"))
        spoken = spoken_form(for_the_ear(piece), self._language)
        self._first = self._first and not spoken
        return spoken

    def _end_of_sentence(self) -> int:
        """How much of the pending text is a sentence, 0 if none is complete. Looks only at what just came."""
        pending = self._pending
        last = pending[-1]
        if last == "\n":
            return len(pending)
        if not last.isspace() and pending[-2:-1].isspace() and _ends_sentence(pending[:-1].rstrip(), last):
            return len(pending) - 1
        if len(pending) > self._max_chars:
            return _clause(pending)
        return 0


def _ends_sentence(text: str, following: str) -> bool:
    """Whether `text` is a whole sentence, given the first character of what follows it."""
    bare = text.rstrip(_CLOSERS)
    if not bare or bare[-1] not in _ENDS:
        return False
    if bare[-1] in "!?":
        # "Are you well?" she asked.
        return bare == text or not following.islower()
    if following.islower() or (following.isdigit() and bare.lower().endswith("no.")):
        return False
    if bare.endswith(("...", "…")):
        return True
    word = bare[:-1].rpartition(" ")[2].lstrip("\"'“‘«([*_`").lower()
    if word in _NEVER_END or _ENUMERATION.match(bare[:-1]):
        return False
    # An initial, as in "J. Smith", but not "you and I. We".
    return not (len(word) == 1 and word.isalpha() and word != "i")


def _clause(text: str) -> int:
    """Where to cut a text that is too long for one breath: after a clause, else a word, else anywhere."""
    # The first third stays whole: a fragment of two words sounds worse than a long sentence.
    earliest = len(text) // 3
    for pattern in (r"[;:,–—]\s", r"\s(?=(?:and|but|or|because|so|then|when|which)\s)", r"\s"):
        places = [match.end() for match in re.finditer(pattern, text) if match.end() > earliest]
        if places:
            return places[-1]
    return len(text) - 1
