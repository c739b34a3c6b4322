"""The sentence under way, and the question it may answer: what `completeness.py` judges, and how it says so.

Only the last sentence of a turn counts. Where the recogniser put stops, it begins after the last one. A number is
dictated in groups, so the groups before it belong to it, stops or not. Courtesies at the end ("please", "dear", "you
know") are taken off: they end nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from voicebridge.dialogue import grammar as g

WORD = re.compile(r"\w+(?:['’:.]\w+)*")


class Completeness(StrEnum):
    """How finished a sentence looks."""

    COMPLETE = "complete"
    DOUBTFUL = "doubtful"
    OPEN = "open"


COMPLETE, DOUBTFUL, OPEN = Completeness.COMPLETE, Completeness.DOUBTFUL, Completeness.OPEN
Verdict = Completeness | None
"""What a rule says about a sentence; None: nothing."""


class Asked(StrEnum):
    """What our last line wants to hear, as far as its words tell."""

    NOTHING = "nothing"
    YES_OR_NO = "yes or no"
    FACT = "fact"
    """What, who, where, how many, or this or that: a noun may be the whole answer."""
    NUMBER = "number"
    """Your telephone number, your postcode: it comes digit by digit."""
    TIME = "time"
    """A fact: when, how long, how often."""
    STORY = "story"
    """How are you, why, what happened: a noun alone is only the beginning of the answer."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """The sentence under way. `words` is never empty."""

    words: list[str]
    """Lower case, courtesies taken off."""
    core: list[str]
    """Without "oh", "well", "yes", "and" at the beginning; never empty."""
    asked: Asked
    is_question: bool
    """The recogniser heard a question."""
    is_followed: bool
    """A courtesy came after it."""

    @property
    def last(self) -> str:
        return self.words[-1]

    @property
    def before(self) -> str:
        """The last word but one, "" if there is none."""
        return self.words[-2] if len(self.words) > 1 else ""

    @property
    def opening(self) -> list[str]:
        """What was left out of `core`."""
        return self.words[: len(self.words) - len(self.core)]

    @property
    def is_negative(self) -> bool:
        return any(word.endswith("n't") or word in g.NEGATIVES for word in self.words)

    @property
    def has_object_in_front(self) -> bool:
        """The last words may have their object before them: "what do you need", "all I want", "where are you from"."""
        for word, following in zip(self.words, self.words[1:], strict=False):
            if word in g.OBJECT_WH and (following == self.last or following in g.CLAUSE_START):
                return following not in g.VERBS - g.AUXILIARIES
            if word == "how" and following in g.MEASURES:
                return True
            if word in g.ANTECEDENTS and following in g.PERSONAL:
                return True
        return False


def words_of(text: str) -> list[str]:
    """Lower-case words without punctuation; contractions and times stay whole ("don't", "9:30")."""
    return WORD.findall(text.lower().replace("’", "'"))


def digits_of(word: str) -> int:
    """How many digits a word stands for when a number is dictated, 0 if none."""
    digits = word.replace(".", "")
    if word.isdecimal() or (digits.isdecimal() and len(digits) > 4):  # "555.123.4567", but "9.30" is a time
        return len(digits)
    return int(word in g.DIGITS)


def sentence_under_way(text: str, asked: str) -> Sentence | None:
    """The last sentence of `text`; None if there are no words. `asked`: our last line."""
    text = re.sub(r"\b(mr|mrs|ms|dr|st)\.", r"\1", text.strip(), flags=re.IGNORECASE)
    parts = [part for part in re.split(r"(?<=[.!?])\s+", text) if words_of(part)]
    if not parts:
        return None
    words = words_of(parts.pop())
    while parts and all(map(digits_of, words)):
        words = words_of(parts.pop()) + words
    kept = _without_courtesies(words)
    start = 0
    while start < len(kept) - 1 and kept[start] in g.OPENERS:
        start += 1
    is_question = text.rstrip("\"”' ").endswith("?")
    return Sentence(kept, kept[start:], question_asked(asked), is_question, len(kept) < len(words))


def _without_courtesies(words: list[str]) -> list[str]:
    kept = list(words)
    while len(kept) > 1:
        # "Do you know" asks; "it was hard, you know" does not.
        if len(kept) > 2 and tuple(kept[-2:]) in g.COURTESY_PAIRS and kept[-3] not in g.BEFORE_A_CLAUSE:
            del kept[-2:]
        elif kept[-1] in g.COURTESIES and not (kept[-1] == "love" and kept[-2] in g.BEFORE_LOVE):
            kept.pop()
        else:
            break
    return kept


def question_asked(line: str) -> Asked:
    """What kind of question `line` ends with; NOTHING if there is no question in it."""
    questions = re.findall(r"[^.!?]*\?", line)
    if not questions:
        return Asked.NOTHING
    words = words_of(questions[-1])
    pairs = set(zip(words, words[1:], strict=False))
    if "your" in words and any(word in g.NUMBER_ITEMS for word in words[-2:]):
        return Asked.NUMBER
    if "when" in words or pairs & g.TIME_QUESTIONS:
        return Asked.TIME
    how_is_it = any(word == "how" and following not in g.MEASURES for word, following in pairs)
    if how_is_it or pairs & g.STORY_PAIRS or any(word in g.STORY_QUESTIONS for word in words):
        return Asked.STORY
    if "or" in words:
        return Asked.TIME if any(word in g.TIME_WORDS for word in words) else Asked.FACT
    if any(word.removesuffix("'s") in g.WH_WORDS for word in words):
        return Asked.FACT
    return Asked.YES_OR_NO
