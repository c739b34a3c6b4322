"""How early the first piece of a reply may leave: at the end of its first clause, if that can be spoken on its own.

Somebody is waiting for the first sound; two or three words of the next clause tell whether a comma is a joint ("Oh, how
lovely, it must have been..."), or belongs to a name ("..., Anna."), a list ("tea, cake and...") or a question tag
("..., isn't it?"), after which the rest would be a scrap. Semicolons, colons and dashes are joints in any case.
"""

from __future__ import annotations

import re

_SHORTEST_CHARS = 12
"""With the mark: about as long as the voice needs to have the next piece ready."""
_FEWEST_WORDS = 3

_EXCLAMATION = re.compile(
    r"\s*(?:oh (?:dear|my|no|yes|good)|ah yes|i see|of course|how (?:lovely|nice|kind|wonderful)|my goodness|"
    r"goodness me|that(?:'s| is) (?:good|lovely|nice|wonderful)),\s+(?-i:(?=[a-z]|I['’ ]))",
    re.IGNORECASE,
)
"""Short, and yet said on their own by anybody; unless a name follows ("I see, Anna.")."""
_MARK = re.compile(r"[,;:](?=\s)|\s?[—–]|\s-(?=\s)")
_WORD = re.compile(r"[^\W_][\w'’.-]*")
_OPEN_PART = re.compile(r"[,;:—–]\s|[—–]")
_STOP = re.compile(r"[,;:!?…—–]|(?<!\bmr)(?<!\bdr)(?<!\bms)(?<!\bmrs)\.", re.IGNORECASE)
_LEADS = frozenset(
    (
        "and",
        "but",
        "or",
        "so",
        "i",
        "you",
        "mr.",
        "mrs.",
        "ms.",
        "dr.",
        "mr",
        "mrs",
        "ms",
        "dr",
        "my",
        "dear",
        "isn't",
        "aren't",
    )
    + (
        "don't",
        "doesn't",
        "didn't",
        "wasn't",
        "weren't",
        "won't",
        "haven't",
        "hasn't",
        "can't",
        "couldn't",
        "is",
        "are",
    )
    + ("do", "does", "did", "was", "were", "will", "have", "has", "can", "could", "would", "wouldn't", "shouldn't")
)
"""After these two more words are needed: "my dear.", "isn't it?", "and cake."."""
_JOINED = ("and", "or")
_PAIRS = (("“", "”"), ("(", ")"), ("[", "]"))

_MAYBE_SHORT = re.compile(
    r"prof|rev|mrs|gen|capt|sgt|hon|vol|fig|dept|approx|appts?|incl|excl|max|min|tel|ext|temp|est|etc|apt|ave|blvd|"
    r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tues?|wed|thu|thurs?|fri|sat|sun|nos|inc|ltd|corp|bros|"
    r"avg|misc|govt|ref|tbsp|tsp|hrs|mins|secs|lbs|esp"
)


def end_of_first_piece(text: str) -> int:
    """How much of `text` can be spoken already, as a clause or a sentence; 0: wait. To be asked at each character."""
    if exclamation := _EXCLAMATION.match(text):
        return exclamation.end()
    if not _is_closed(text):
        return 0
    if text[-1] in "!?":
        word = text[:-1].rpartition(" ")[2]
        return len(text) if word[-1:].isalpha() and "/" not in word else 0
    if text[-1].isspace():
        return len(text) if _ends_a_sentence(text[:-1]) else 0
    return next((mark.end() for mark in _MARK.finditer(text) if _is_joint(text, mark)), 0)


def _is_closed(text: str) -> bool:
    """No quotation or bracket is open."""
    return text.count('"') % 2 == 0 and all(text.count(left) == text.count(right) for left, right in _PAIRS)


def _ends_a_sentence(text: str) -> bool:
    """A full stop behind what is surely a word: no initial, number or abbreviation, and no "..."."""
    word = text[:-1].rpartition(" ")[2].lower()
    return text.endswith(".") and word.isalpha() and len(word) > 2 and not _MAYBE_SHORT.fullmatch(word)


def _is_joint(text: str, mark: re.Match[str]) -> bool:
    """Whether the text may be parted at this mark."""
    clause, following = text[: mark.start()], text[mark.end() :].split()
    if (
        len(clause.strip()) + 1 < _SHORTEST_CHARS
        or len(_WORD.findall(clause)) < _FEWEST_WORDS
        or not clause[-1].isalnum()
    ):
        return False
    if mark[0] != ",":
        return bool(following)
    return len(_WORD.findall(_OPEN_PART.split(clause)[-1])) > 1 and _goes_on(following)


def _goes_on(following: list[str]) -> bool:
    """Whether a clause of its own has begun after a comma. The last word may be incomplete."""
    needed = 3 if following and following[0].lower() in _LEADS else 2
    if len(following) < needed or following[0][0].isdigit() or any(map(_STOP.search, following[: needed - 1])):
        return False
    # "tea, cake and bread" is a list
    second = following[1].lower()
    return second not in _JOINED and (len(following) > 2 or not any(word.startswith(second) for word in _JOINED))
