"""Can a sentence end with this word? The fifth rule of `completeness.py`, kind of word by kind of word.

A kind of word that announces another one cannot be the last: articles, prepositions, conjunctions, subject pronouns,
auxiliaries, verbs that need an object. Each has its exceptions, which are constructions of English: the object stands
in front ("what do you need", "where are you from"), the question is embedded ("I don't know where he is"), the word has
a second meaning ("I slept well").
"""

from __future__ import annotations

from collections.abc import Callable

from voicebridge.dialogue import grammar as g
from voicebridge.dialogue.reading import COMPLETE, DOUBTFUL, OPEN, Sentence, Verdict


def ends_with(sentence: Sentence) -> Verdict:
    """What the last word says about the sentence; None if any sentence may end with it."""
    for rule in _KINDS:
        verdict = rule(sentence)
        if verdict is not None:
            return verdict
    return None


def _question_begun(sentence: Sentence) -> Verdict:
    """ "Could you" and "what do you" only begin; "how are you" and "what is it" are questions."""
    core = sentence.core
    if len(core) < 2:
        return None
    if core[-2] in g.AUXILIARIES and core[-1] in g.PRONOUNS:
        if core[0] in g.WH_WORDS:
            return COMPLETE if core[-2] in g.BE else OPEN
        if len(core) == 2:
            return DOUBTFUL if sentence.is_question else OPEN
        return None if core[-2] in g.BE or sentence.is_question else OPEN  # "I did not hear you could you"
    if len(core) == 3 and core[0] in g.AUXILIARIES - g.BE and core[1] in g.PERSONAL and not sentence.is_question:
        return DOUBTFUL  # "can you call"
    if core[-2] == "how" and core[-1] in g.MEASURES and core[:-2][-1:] != ["know"]:
        return DOUBTFUL if sentence.is_question else OPEN
    if core[-2] in ("what", "which", "whose") and core[-1] in ("time", "day", "kind", "sort", "year"):
        return COMPLETE if sentence.is_question else OPEN
    return None


def _last_word(sentence: Sentence) -> Verdict:
    last, before = sentence.last, sentence.before
    if last in g.ARTICLES | g.POSSESSIVES | g.QUANTIFIERS | g.FILLERS | g.TITLES | g.CONTRACTIONS | g.CONNECTORS:
        return None if before == "ever" else OPEN
    if last in g.SUBJECTS:
        return OPEN
    if last in g.PERSONAL and before in (g.NEED_A_CLAUSE | g.CONNECTORS | g.THINKING | g.OBJECT_WH) - {"and", "than"}:
        return OPEN  # "because it", "I think there"
    if last in g.AUXILIARIES:
        return COMPLETE if _ends_an_embedded_question(sentence) else OPEN
    if last == "not":
        return OPEN if before in g.AUXILIARIES | g.CONTRACTIONS else None
    if last in ("well", "like", "so", "too"):
        return _last_word_of_two_kinds(sentence)
    if last in g.WH_WORDS:
        stands = sentence.is_question or (before in ("know", "not") and last not in g.OBJECT_WH - {"where"})
        return COMPLETE if stands else OPEN
    if last == "some" or (last == "any" and not sentence.is_negative):
        return DOUBTFUL if before in g.NEED_OBJECT | g.AUXILIARIES else OPEN
    return None


def _ends_an_embedded_question(sentence: Sentence) -> bool:
    """ "I don't know where he is", "what did you say your name was", "that is all I can"."""
    earlier = sentence.words[-7:-2]
    if sentence.last in g.BE:
        return any(word in _EMBEDDING for word in earlier) and sentence.before not in g.CONNECTORS | g.WH_WORDS | {"i"}
    return sentence.before in g.PERSONAL and any(word in ("what", "all", "everything") for word in earlier)


_EMBEDDING = frozenset(("what", "who", "where", "how", "which", "than"))


def _last_word_of_two_kinds(sentence: Sentence) -> Verdict:
    last, before = sentence.last, sentence.before
    if last == "well":  # an opening, or "I slept well"
        return OPEN if before in g.OPENERS - {"so", "right", "actually"} | {""} else COMPLETE
    if last == "like":  # "I would like", but "what is it like"
        return None if sentence.has_object_in_front or "if" in sentence.words else OPEN
    if last == "so":  # "and so", but "I think so"
        return COMPLETE if before in g.SAYING | g.CAN_BE_LEFT_ALONE else OPEN
    if before in g.BE | g.CONTRACTIONS | {"not", "far", "much", "bit"}:
        return OPEN  # "it's too"
    # "Me too". Recognisers also hear it where a sentence breaks off: "I need a ride to".
    return COMPLETE if len(sentence.core) == 2 else DOUBTFUL


def _preposition(sentence: Sentence) -> Verdict:
    last, before = sentence.last, sentence.before
    if last in g.PREPOSITIONS:
        stands = sentence.has_object_in_front or (last == "for" and before in g.WH_WORDS) or before == "about"
        return COMPLETE if stands else OPEN
    if last == "before":
        return None if sentence.is_negative else OPEN
    if last in g.PLACES:
        if (before, last) in g.PARTICLE_PAIRS or sentence.has_object_in_front:
            return None
        return DOUBTFUL if before in g.OBJECTS | g.BE | g.VERBS else OPEN
    return None


def _object_missing(sentence: Sentence) -> Verdict:
    last, before, core = sentence.last, sentence.before, sentence.core
    if last in g.NEED_OBJECT and before not in g.DETERMINERS:
        stands = sentence.has_object_in_front or before in g.BE or "if" in core or "as" in core
        return None if stands else OPEN
    if last in g.THINKING and len(core) <= 3:
        return OPEN
    if last in g.PASSIVE_NAMES and before in g.BE:
        return None if sentence.has_object_in_front else OPEN
    if last in g.RARELY_LAST:
        return None if sentence.has_object_in_front else DOUBTFUL
    if last in ("see", "think") and core[:2] == ["let", "me"]:
        return OPEN
    if last in g.OBJECTS and before in g.GIVING and not sentence.has_object_in_front:
        return OPEN if before in g.GIVING_MORE else DOUBTFUL
    if last in ("her", "his") and before not in g.VERBS - g.BE:
        return DOUBTFUL
    if last == "that":
        return OPEN if before in g.ANTECEDENTS | g.CONNECTORS else DOUBTFUL if before in g.SAYING else None
    if last in ("this", "these", "those"):  # "I had porridge this", but "I like this"
        return None if before in g.VERBS | g.PREPOSITIONS | g.PLACES else DOUBTFUL
    return None


def _noun_missing(sentence: Sentence) -> Verdict:
    last, before = sentence.last, sentence.before
    if last.endswith("'s") and len(sentence.words) > 1 and last not in ("let's", "o'clock's"):
        return DOUBTFUL if sentence.words[-3:-2] in (["at"], ["to"]) else OPEN  # "my daughter's"
    has_owner = before in g.ARTICLES | g.POSSESSIVES or (before.endswith("'s") and before not in g.CONTRACTIONS)
    if last in g.ORDINALS and has_owner:
        return DOUBTFUL if "on" in sentence.words[-3:] else OPEN
    if last in ("last", "next") and before not in ("at", "what's", "who's"):
        return OPEN
    if last in g.ADJECTIVES and before in g.ARTICLES | g.POSSESSIVES | {"some", "those", "these"}:
        if (before, last) == ("a", "little"):
            return None
        return OPEN if before in ("a", "an") else DOUBTFUL
    if last in g.ADVERBS:
        if before in ("not", "yes", "no", "oh", "never") or len(sentence.words) == 1:
            return None
        return OPEN if before in g.SUBJECTS | g.CONTRACTIONS | g.BE | g.ARTICLES else DOUBTFUL
    if last == "then" and before in ("and", "but", "or"):
        return OPEN
    if last == "all":
        return None if before in ("that's", "is", "at", "them", "us", "and", "you", "for", "it") else DOUBTFUL
    return None


_KINDS: tuple[Callable[[Sentence], Verdict], ...] = (
    _question_begun,
    _last_word,
    _preposition,
    _object_missing,
    _noun_missing,
)
