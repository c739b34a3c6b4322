"""Has this person said what he wanted to say? Judged by the words of the sentence under way.

Three answers. OPEN: the last words announce more ("I went to the", "I would like", "um", "could you"). COMPLETE: a
sentence that can stand ("I had porridge", "what time is it"), or the answer to what we asked ("Did you sleep well?"
"Yes, I did"). DOUBTFUL: it could be either ("my daughter", "I sleep really", "seven two nine").

How it is read:

1. Only the last sentence counts. Where the recogniser put stops, it begins after the last one; a final full stop proves
   nothing, because some recognisers always write one. A trailing comma, dash or ellipsis is open. A question mark is
   complete, unless the words before it cannot end a question ("is it in the?").
2. Courtesies at the end ("please", "dear") and "you know" are taken off; what stays is judged.
3. A number that is being dictated is doubtful or, when we know that it is a telephone number or a code, open, until it
   has enough digits.
4. The last word: some kinds of word cannot be the last (articles, prepositions, conjunctions, subject pronouns,
   auxiliaries, verbs that need an object), except in constructions that put their object first ("what do you need",
   "where are you from") or leave it out ("yes I did", "I would love to").
5. The shape: a clause that only opens ("when I was young", "to be honest"), a subject without a verb ("my daughter").
   If it answers our question, a fragment is complete ("What did you eat?" "Porridge").

It does not understand the sentence, and needs no punctuation or capitals. "I fell" may go on ("in the bathroom"): no
reading of words can see that coming.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from voicebridge.dialogue import grammar as g


class Completeness(StrEnum):
    """How finished a sentence looks."""

    COMPLETE = "complete"
    DOUBTFUL = "doubtful"
    OPEN = "open"


class _Asked(StrEnum):
    """What kind of question our last line ended with."""

    NOTHING = "nothing"
    YES_OR_NO = "yes or no"
    FACT = "fact"
    """What, who, where, when, how many, or this or that: a fragment answers it."""
    REASON = "reason"
    """Why, how, what for: a clause answers it."""


@dataclass(frozen=True, slots=True)
class _Sentence:
    """The sentence under way. `words` is never empty; courtesies at its end are taken off."""

    words: list[str]
    asked: _Asked
    is_question: bool
    """The recogniser heard a question."""
    is_followed: bool
    """Something was taken off its end."""

    @property
    def last(self) -> str:
        return self.words[-1]

    @property
    def before(self) -> str:
        """The last word but one."""
        return self.words[-2] if len(self.words) > 1 else ""

    @property
    def core(self) -> list[str]:
        """Without "oh", "well", "and" at its beginning."""
        start = 0
        while start < len(self.words) - 1 and self.words[start] in g.OPENERS:
            start += 1
        return self.words[start:]

    def has(self, kind: frozenset[str]) -> bool:
        """One of these words comes before the last."""
        return any(word in kind for word in self.words[:-1])


def completeness(text: str, asked: str = "") -> Completeness:
    """How finished `text` is, all that the person has said in this turn so far. `asked`: the last line we said."""
    if re.search(r"([,;:–—-]|\.\.|…)[\s\"”']*$", text):
        return Completeness.OPEN
    sentence = _sentence_under_way(text, asked)
    if sentence is None:
        return Completeness.DOUBTFUL
    for rule in _RULES:
        verdict = rule(sentence)
        if verdict is not None:
            return verdict
    return Completeness.COMPLETE


def words_of(text: str) -> list[str]:
    """Lower-case words without punctuation; contractions and times stay whole ("don't", "9:30")."""
    return re.findall(r"\w+(?:[':.]\w+)*", text.lower().replace("’", "'"))


def _sentence_under_way(text: str, asked: str) -> _Sentence | None:
    parts = re.split(r"(?<=[.!?])\s+", re.sub(r"\b(mr|mrs|ms|dr|st)\.", r"\1", text.strip(), flags=re.IGNORECASE))
    words = words_of(parts[-1])
    # A number is dictated in groups, between which the recogniser may put full stops.
    while len(parts) > 1 and words and all(_digits(word) for word in words):
        parts.pop()
        words = words_of(parts[-1]) + words
    if not words:
        return None
    kept = list(words)
    while len(kept) > 1:
        if kept[-1] in g.COURTESY:
            kept.pop()
        elif len(kept) > 2 and kept[-2:] in (["you", "know"], ["i", "mean"], ["you", "see"], ["thank", "you"]):
            # "Do you know" asks; "it was hard, you know" does not.
            if kept[-3] in g.AUXILIARIES | g.WH_WORDS | g.CONNECTORS:
                break
            del kept[-2:]
        else:
            break
    return _Sentence(kept, _kind_of_question(asked), text.rstrip("\"”' ").endswith("?"), len(kept) < len(words))


def _kind_of_question(asked: str) -> _Asked:
    questions = re.findall(r"[^.!?]*\?", asked)
    if not questions:
        return _Asked.NOTHING
    words = words_of(questions[-1])
    if "or" in words:
        return _Asked.FACT
    for place, word in enumerate(words):
        following = words[place + 1] if place + 1 < len(words) else ""
        if word == "why" or (word == "how" and following in g.BE | g.DO | g.HAVE | g.MODALS):
            return _Asked.REASON
        if word in g.WH_WORDS or word in ("what's", "who's", "where's"):
            return _Asked.FACT
        if word in g.AUXILIARIES:
            return _Asked.YES_OR_NO
    return _Asked.FACT


# --- the rules, in the order in which they are asked; None: nothing to say about this sentence


def _one_word(sentence: _Sentence) -> Completeness | None:
    if len(sentence.words) > 1:
        return None
    word = sentence.last
    if word in g.WHOLE or (sentence.is_question and word in g.WH_WORDS):
        return Completeness.COMPLETE
    if sentence.is_followed or _digits(word) or word in _NEVER_ALONE:
        return None
    if sentence.is_question or (sentence.asked is not _Asked.NOTHING):
        return Completeness.COMPLETE
    return Completeness.DOUBTFUL


_NEVER_ALONE = (
    g.ARTICLES | g.POSSESSIVES | g.SUBJECTS | g.AUXILIARIES | g.CONTRACTIONS | g.FILLERS | g.CONNECTORS
    | g.PREPOSITIONS | g.QUANTIFIERS | g.NEED_OBJECT | frozenset(("so", "well"))
)  # fmt: skip


def _digits(word: str) -> int:
    """How many digits a word stands for when a number is dictated; 0 if none."""
    if word.isdecimal():
        return len(word)
    return int(word in g.DIGITS)


def _number_being_dictated(sentence: _Sentence) -> Completeness | None:
    run: list[str] = []
    for word in reversed(sentence.words):
        if not _digits(word) and not (len(word) == 1 and word.isalpha() and word not in ("i", "a")):
            break
        run.insert(0, word)
    if not run:
        return None
    told_before = sentence.words[: -len(run)]
    is_number = any(word.removesuffix("'s") in g.NUMBER_ITEMS for word in told_before)
    digits = sum(_digits(word) or 1 for word in run)
    if is_number:
        if digits >= _TELEPHONE_DIGITS:
            return Completeness.COMPLETE
        return Completeness.OPEN if digits < _FEWEST_TELEPHONE_DIGITS else Completeness.DOUBTFUL
    if len(run) == 1 and not run[0].startswith("0") and len(run[0]) > 1 and not told_before:
        return Completeness.COMPLETE if sentence.asked is not _Asked.NOTHING else Completeness.DOUBTFUL
    if len(run) == 1 and not run[0].startswith("0"):
        return None  # "at seven", "I am 82", "in 1945"
    return Completeness.COMPLETE if digits >= _FEWEST_TELEPHONE_DIGITS else Completeness.DOUBTFUL


_FEWEST_TELEPHONE_DIGITS = 7
_TELEPHONE_DIGITS = 10


def _ellipsis(sentence: _Sentence) -> Completeness | None:
    """A verb or its object is left out, because the question or the sentence had it: "yes I did", "I used to"."""
    words, last, before = sentence.core, sentence.last, sentence.before
    answers = sentence.asked is _Asked.YES_OR_NO or any(
        word in g.POLARITY for word in sentence.words[: len(sentence.words) - len(words)]
    )
    if answers and 2 <= len(words) <= 4 and words[0] in g.PRONOUNS and _plain(last) in g.AUXILIARIES | {"not", "to"}:
        return Completeness.COMPLETE
    if len(words) >= 2 and words[0] in ("so", "neither", "nor") and before in g.AUXILIARIES and last in g.PRONOUNS:
        return Completeness.COMPLETE
    if before in g.SUBJECTS | {"it", "you", "there"} and last in g.AUXILIARIES and sentence.has(_COMPARING):
        return Completeness.COMPLETE  # "better than it was", "that is how they are"
    if before in g.AUXILIARIES and last in g.PRONOUNS and len(words) > 3 and (before.endswith("n't") or "not" in words):
        return Completeness.COMPLETE  # "it's cold today isn't it"
    if before == "to" and last == "do":
        return Completeness.COMPLETE
    return None


_COMPARING = g.WH_WORDS | frozenset(("than", "as"))


def _plain(word: str) -> str:
    return word.removesuffix("n't") if word.endswith("n't") and word not in g.AUXILIARIES else word


def _asks_us(sentence: _Sentence) -> Completeness | None:
    """An inverted beginning: "could you" is open, "how are you" is a whole question."""
    words = sentence.core
    if len(words) < 2 or words[-2] not in g.AUXILIARIES or words[-1] not in g.PRONOUNS:
        return None
    if words[-2] in g.BE and words[0] in g.WH_WORDS and len(words) > 2:
        return Completeness.COMPLETE
    if len(words) == 2 or words[0] in g.WH_WORDS:
        return Completeness.OPEN
    return None


def _cannot_be_last(sentence: _Sentence) -> Completeness | None:
    last, before = sentence.last, sentence.before
    if last in g.ARTICLES | g.POSSESSIVES | g.QUANTIFIERS | g.FILLERS | g.TITLES | g.CONTRACTIONS:
        return Completeness.OPEN
    if last in g.SUBJECTS:
        return Completeness.COMPLETE if before in g.BE and sentence.has(g.WH_WORDS) else Completeness.OPEN
    if last in g.CONNECTORS:
        return Completeness.OPEN
    if last in g.AUXILIARIES:
        return Completeness.OPEN
    if last == "well":
        return Completeness.OPEN if all(word in g.OPENERS for word in sentence.words) else None
    if last == "so":
        return None if before in g.SAYING | {"afraid", "or"} else Completeness.OPEN
    if last in g.WH_WORDS:
        if sentence.is_question or before in g.SAYING | {"or", "say", "somehow"}:
            return Completeness.COMPLETE
        return Completeness.OPEN
    if last == "some" or (last == "any" and not _is_negative(sentence)):
        return Completeness.OPEN if before in g.BE | g.CONTRACTIONS | {"some"} else Completeness.DOUBTFUL
    return None


def _is_negative(sentence: _Sentence) -> bool:
    return any(word.endswith("n't") or word in ("not", "never", "no", "without") for word in sentence.words)


def _preposition_last(sentence: _Sentence) -> Completeness | None:
    last, before = sentence.last, sentence.before
    if last == "like" and not sentence.has(g.RELATIVE | {"if", "looks", "is"}):
        return Completeness.OPEN
    if last in g.PREPOSITIONS:
        return Completeness.COMPLETE if sentence.has(g.RELATIVE) or before == "about" else Completeness.OPEN
    if last in ("since", "before"):
        return None if before == "ever" or last == "before" and _is_negative(sentence) else Completeness.OPEN
    if last in g.PLACES:
        if before in g.PHRASAL or sentence.has(g.WH_WORDS):
            return None
        return Completeness.DOUBTFUL if before in g.BE | g.OBJECT_PRONOUNS else Completeness.OPEN
    return None


def _object_missing(sentence: _Sentence) -> Completeness | None:
    last, before, words = sentence.last, sentence.before, sentence.core
    if last in g.NEED_OBJECT:
        put_first = sentence.has(g.RELATIVE) or before in g.BE or "if" in words or "as" in words
        return None if put_first or (last in g.THINKING and len(words) > 3) else Completeness.OPEN
    if last in g.THINKING and len(words) <= 2:
        return Completeness.OPEN
    if last in g.OBJECT_PRONOUNS and before in g.GIVING:
        return Completeness.OPEN if before in ("let", "give", "gave", "send", "bring") else Completeness.DOUBTFUL
    if last in ("her", "his") and before not in g.VERBS - g.BE:
        return Completeness.DOUBTFUL
    if last == "that" and before in g.THINKING | {"said", "told", "so"}:
        return Completeness.DOUBTFUL
    return None


def _noun_missing(sentence: _Sentence) -> Completeness | None:
    last, before = sentence.last, sentence.before
    if last in g.ORDINALS and before in g.ARTICLES | g.POSSESSIVES:
        return Completeness.DOUBTFUL if "on" in sentence.words[-3:] else Completeness.OPEN
    if last in g.ADJECTIVES and before in ("a", "an", "my", "your", "our", "the", "some"):
        if last == "little" and before == "a":
            return None
        return Completeness.OPEN if before in ("a", "an") else Completeness.DOUBTFUL
    if last in g.INTENSIFIERS and last not in ("too", "pretty"):
        return Completeness.COMPLETE if before in ("not", "yes", "no", "oh") else Completeness.DOUBTFUL
    if last in g.ADVERBS:
        if before in g.SUBJECTS | g.AUXILIARIES and not _is_negative(sentence):
            return Completeness.OPEN
        return Completeness.COMPLETE if before in ("not", "yes", "no", "oh") else Completeness.DOUBTFUL
    return None


def _only_opens(sentence: _Sentence) -> Completeness | None:
    """The sentence begins with a clause after which the main one must come."""
    words = sentence.core
    first = words[0]
    if sentence.asked in (_Asked.FACT, _Asked.REASON):
        return None
    if first == "to" and not any(word in g.PRONOUNS | g.AUXILIARIES | _IMPERATIVES for word in words[2:]):
        return Completeness.OPEN
    if first in _OPENING:
        # One subject and its verb are the opening clause's; the main one brings another, or an imperative.
        subjects = sum(word in _CLAUSE_SUBJECTS for word in words[1:])
        has_main = subjects >= 2 or any(word in _IMPERATIVES for word in words[2:])
        if not has_main and len(words) < 12:
            return Completeness.OPEN
    if (
        len(words) >= 2
        and words[-2] in ("when", "once", "if", "while")
        and words[-1] in ("done", "possible", "finished")
    ):
        return Completeness.OPEN
    return None


_OPENING = g.SUBORDINATORS - {"because", "as", "till", "until"} | {"as"}
_CLAUSE_SUBJECTS = g.SUBJECTS | {"it", "you", "there"} | g.CONTRACTIONS
_IMPERATIVES = frozenset(("press", "please", "dial", "say", "enter", "call", "use", "tell", "let", "don't", "give"))


def _no_verb(sentence: _Sentence) -> Completeness | None:
    """Only a noun, or where and when: a fragment."""
    words = sentence.core
    if any(word in g.VERBS or (word.endswith("ed") and len(word) > 4) for word in words):
        return None
    if sentence.asked is _Asked.FACT or sentence.is_question:
        return None
    if words[0] in g.DETERMINERS | g.PREPOSITIONS | g.PLACES | g.PRONOUNS:
        return Completeness.DOUBTFUL
    if len(words) < len(sentence.words) or sentence.is_followed or sentence.asked is not _Asked.NOTHING:
        return None  # "yes, very well", "a cup of tea please"
    return None if words[0] in g.WHOLE | _SOCIAL else Completeness.DOUBTFUL


_SOCIAL = frozenset(("thank", "not", "very", "quite", "all", "pretty", "sorry", "many", "same", "how", "what", "never"))

_RULES: tuple[Callable[[_Sentence], Completeness | None], ...] = (
    _one_word,
    _number_being_dictated,
    _ellipsis,
    _asks_us,
    _cannot_be_last,
    _preposition_last,
    _object_missing,
    _noun_missing,
    _only_opens,
    _no_verb,
)
