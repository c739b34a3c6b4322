"""Has this person said what he wanted to say? Judged by the words of the sentence under way.

Three answers. OPEN: the last words announce more ("I went to the", "I would like", "um", "could you"). COMPLETE: a
sentence that can stand ("I had porridge", "what time is it"), or the answer to what we asked ("Did you sleep well?"
"Yes, I did"). DOUBTFUL: it could be either ("my daughter", "it is really", "seven two nine").

How it is read, rule by rule in the order of `_RULES`; the first that has something to say decides:

1. Punctuation. A trailing comma, dash or ellipsis is open. A final full stop proves nothing, because some recognisers
   always write one; a question mark helps a doubtful fragment, no more.
2. One word. "Yes" is all there is to say; "porridge" is, if we asked.
3. A number that is being dictated is doubtful or, if it was announced as a telephone number, open, until it has its
   digits.
4. What is left out on purpose: "yes I did", "I would love to", "better than it was", "isn't it".
5. The last word. Some kinds of word cannot be the last: articles, prepositions, conjunctions, subject pronouns,
   auxiliaries, verbs that need an object; except where the object stands in front ("what do you need"). `last_word.py`
   has these.
6. The shape: a clause that only opens ("when I was young", "to be honest"), one without its verb ("because my back",
   "my daughter"). A fragment is complete if it is what we asked for ("What did you eat?" "Some toast").

`reading.py` finds the sentence and the question, `grammar.py` has the words. Nothing here understands the sentence,
or needs punctuation or capitals. "I fell" may go on ("in the bathroom"): no reading of words can see that coming.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from voicebridge.dialogue import grammar as g
from voicebridge.dialogue.last_word import ends_with
from voicebridge.dialogue.reading import (
    COMPLETE,
    DOUBTFUL,
    OPEN,
    Asked,
    Completeness,
    Sentence,
    Verdict,
    digits_of,
    sentence_under_way,
)

__all__ = ["Completeness", "completeness"]

FEWEST_TELEPHONE_DIGITS = 7
TELEPHONE_DIGITS = 10
"""One more if it begins with a zero."""


@lru_cache(maxsize=64)  # asked again and again while a turn is waited for
def completeness(text: str, asked: str = "") -> Completeness:
    """How finished `text` is, all that the person has said in this turn so far. `asked`: the last line we said."""
    if re.search(r"([,;:–—-]|\.\.|…)[\s\"”']*$", text):
        return OPEN
    sentence = sentence_under_way(text, asked)
    if sentence is None:
        return DOUBTFUL
    for rule in _RULES:
        verdict = rule(sentence)
        if verdict is not None:
            return verdict
    return COMPLETE


def _one_word(sentence: Sentence) -> Verdict:
    word = sentence.last
    if len(sentence.words) > 1:
        return None
    if word in g.WHOLE or (sentence.is_question and word in g.WH_WORDS):
        return COMPLETE
    if word in _ANNOUNCING or digits_of(word):
        return None
    if sentence.asked is Asked.NOTHING and not sentence.is_question and not sentence.is_followed:
        return DOUBTFUL
    return DOUBTFUL if word in g.DETERMINERS | g.PLACES | g.INTERJECTIONS else None


_ANNOUNCING = (
    g.ARTICLES | g.POSSESSIVES | g.SUBJECTS | g.AUXILIARIES | g.CONTRACTIONS | g.FILLERS | g.CONNECTORS
    | g.PREPOSITIONS | g.QUANTIFIERS | g.NEED_OBJECT | g.TITLES | frozenset(("so", "well", "like"))
)  # fmt: skip


def _number(sentence: Sentence) -> Verdict:
    run = 0
    for word in reversed(sentence.words):
        if not digits_of(word) and not (len(word) == 1 and word not in "ia"):
            break
        run += 1
    told_before, said = sentence.words[: len(sentence.words) - run], sentence.words[len(sentence.words) - run :]
    digits = sum(digits_of(word) or 1 for word in said)
    if not run:
        if sentence.last in ("am", "pm") and _is_number(sentence.before):
            return COMPLETE
        return _amount(sentence) if sentence.last in g.NUMBERS else None
    if sentence.asked is Asked.NUMBER or any(word.removesuffix("'s") in g.NUMBER_ITEMS for word in told_before):
        if digits < FEWEST_TELEPHONE_DIGITS:
            return OPEN
        return COMPLETE if digits >= TELEPHONE_DIGITS + _is_zero(said[0]) else DOUBTFUL
    if run == 1 and not _is_zero(said[0]):
        return _amount(sentence)
    return COMPLETE if digits >= TELEPHONE_DIGITS + _is_zero(said[0]) else DOUBTFUL


def _is_number(word: str) -> bool:
    return word[:1].isdecimal() or word in g.NUMBERS


def _is_zero(word: str) -> bool:
    return word.startswith("0") or word in ("zero", "oh", "nought")


def _amount(sentence: Sentence) -> Completeness:
    """One number at the end: "at seven", "I am 82", "in 1945" can stand; "I have three" may want to say of what."""
    year = sentence.last.isdecimal() and len(sentence.last) == 4
    answers = sentence.asked in (Asked.FACT, Asked.TIME)
    can_stand = year or answers or sentence.before in g.BEFORE_A_NUMBER | g.NUMBERS or sentence.before == "i'm"
    return COMPLETE if can_stand else DOUBTFUL


def _left_out(sentence: Sentence) -> Verdict:
    """A verb or its object is missing because the question, or the sentence, had it already."""
    core, last, before = sentence.core, sentence.last, sentence.before
    answers = sentence.asked is Asked.YES_OR_NO or any(word in g.POLARITY for word in sentence.opening)
    if answers and 2 <= len(core) <= 4 and core[0] in g.PRONOUNS and last in g.AUXILIARIES | {"not", "to"}:
        return COMPLETE
    if answers and core[0] in g.CONTRACTIONS and last in ("not", "to"):
        return COMPLETE  # "I'd love to"
    if len(core) == 3 and core[0] in ("if", "as") and last in ("like", "want", "wish"):
        return COMPLETE
    is_echo = core[0] in ("so", "neither", "nor") or sentence.opening[-1:] == ["so"]
    if is_echo and before in g.AUXILIARIES and last in g.PRONOUNS:
        return COMPLETE  # "so do I"
    if last in g.AUXILIARIES and before in ("never", "always", "still", "already", "to"):
        return COMPLETE if before != "to" or last == "do" else OPEN
    if last in g.AUXILIARIES and before in g.PERSONAL and sentence.words[-3:-2] in (["than"], ["as"]):
        return COMPLETE  # "better than it was"
    # "You don't mind, do you", but not "I did not hear you, could you": a tag takes up the verb of its sentence.
    takes_up = any(word in g.AUXILIARIES and word[0] == before[:1] for word in sentence.words[:-2])
    is_tag = before.endswith("n't") or (before in g.AUXILIARIES and sentence.is_negative and takes_up)
    return COMPLETE if is_tag and last in g.PERSONAL and len(core) > 3 else None


def _only_opens(sentence: Sentence) -> Verdict:
    """The sentence begins with a clause after which the main one must come."""
    core = sentence.core
    if core[-2:-1] in (["when"], ["once"], ["if"]) and core[-1] in ("done", "possible", "finished", "necessary"):
        return OPEN
    if sentence.asked in (Asked.FACT, Asked.TIME, Asked.STORY):
        return None
    has_imperative = any(word in g.IMPERATIVES for word in core[2:])
    if core[0] == "to" and not has_imperative and not any(word in g.PERSONAL | g.AUXILIARIES for word in core[2:]):
        return OPEN
    if core[0] in g.CLAUSE_OPENERS and not has_imperative and len(core) < 12:
        # One subject with its verb is the opening clause's; the main one brings another.
        subjects = sum(word in g.PERSONAL | g.CONTRACTIONS for word in core[1:])
        return OPEN if subjects < 2 and not sentence.is_question else None
    return None


def _clause_without_verb(sentence: Sentence) -> Verdict:
    """The last clause has a subject and no verb: "because my back", "I think the doctor"."""
    words = sentence.words
    for place in range(len(words) - 2, max(len(words) - 6, -1), -1):
        if words[place] in g.NEED_A_CLAUSE | g.THINKING:
            clause = words[place + 1 :]
            is_noun = clause[0] in g.DETERMINERS - {"that", "this", "all", "both", "any", "no"}
            return OPEN if is_noun and len(clause) > 1 and not _has_verb(clause) else None
    return None


def _fragment(sentence: Sentence) -> Verdict:
    """No verb at all: a noun, or where and when. Complete if it is what we asked for."""
    core = sentence.core
    if len(core) > 6 or _has_verb(core) or sentence.is_question:
        return None  # of many words one is probably a verb that is not in our list
    answers = sentence.asked in (Asked.FACT, Asked.TIME)
    if sentence.asked is not Asked.TIME and (core[-1] in g.TIME_WORDS and not sentence.opening):
        return None if core[0] in g.SOCIAL else DOUBTFUL
    if answers or sentence.is_followed:
        return None
    if core[0] in g.DETERMINERS | g.PREPOSITIONS | g.PLACES | g.PRONOUNS:
        return DOUBTFUL
    answers = bool(sentence.opening) or sentence.asked is not Asked.NOTHING
    return None if answers or core[0] in g.SOCIAL else DOUBTFUL


def _has_verb(words: list[str]) -> bool:
    for before, word in zip(["", *words], words, strict=False):
        if before in g.DETERMINERS | g.ADJECTIVES - {"that", "this"} and word not in g.AUXILIARIES:
            continue  # "my garden", "the walk"
        if word in g.VERBS or (word.endswith("ed") and len(word) > 4):
            return True
        if before in g.SUBJECTS | {"it", "you", "who"} and word not in g.ADVERBS | g.NUMBERS:
            return True
    return False


_RULES: tuple[Callable[[Sentence], Verdict], ...] = (
    _one_word,
    _number,
    _left_out,
    ends_with,
    _only_opens,
    _clause_without_verb,
    _fragment,
)
