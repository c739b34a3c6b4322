"""What a whole utterance is for, as far as code must know: what is answered without a model, and what ends the call.

The rules are about the whole utterance, never about a word somewhere in it: "my husband said goodbye last year" is a
story, not a goodbye, and "hold on, I wanted to tell you about my dog" asks nobody to wait. An utterance is read from
its end, phrase by phrase; each must be of the kind that is looked for, or one that may stand around it ("sorry",
"please"). What is not understood to its first word is for the model; only a goodbye may have a story before it. Who
wants several things ("Pardon? Could you speak up?") gets the most particular of them, in the order of `_WISHES`.
Punctuation is the recogniser's guess: it helps where it is there, and nothing depends on it.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from voicebridge.dialogue import phrases
from voicebridge.dialogue.reading import WORD, words_of

_DEAR = r"dear|my dear|love|darling|sweetheart|honey|everyone|kindline"

_ATTENTIVE = (
    r"m+ ?h+m+|mhm+|uh huh|m+|h+m+|ah+|oh+|aha|yes|yeah|yep|yup|yes indeed|okay|ok|i see|right|that s right|sure|"
    r"of course|really|all right|alright|fine|good|go on|oh dear|oh my|is that so|i know|"
    r"carry on|continue|keep going|go ahead|please (?:go on|continue|carry on)|how nice|that s nice"
)

_HELLO = (
    r"hello|hallo|hullo|hi|hey|hello there|hi there|good (?:morning|afternoon|evening)|"
    r"who s (?:there|this|that|calling|speaking)|who is (?:it|there|this|that|calling|speaking)|"
    r"is (?:anybody|anyone) there"
)
_WITH_HELLO = r"yes|oh|um|uh|well|please|" + _DEAR

_THANKS = r"(?:many )?thank(?:s| you)(?: so much| very much| a lot)?|(?:that is |that s )?(?:very |so )?kind of you"
_WITH_THANKS = r"ok|okay|yes|yeah|oh|right|all right|alright|good|fine|" + _DEAR

_TALK = r"(?:talking|speaking|chatting|to talk|to speak|to chat|to hear)"
_WHEN = (
    r"(?:then|later|soon|again|again soon|tomorrow|tonight|next time|next week|another time|"
    r"(?:on )?(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday))"
)
_GOODBYE = (
    r"good ?bye|good bye bye|bye(?: bye)*|by bye|good ?night|cheerio|farewell|so long|ta ta|see you|see ya|take care|"
    rf"(?:i ll |i will |we ll |we will |let s )?(?:talk|speak|see)(?: to| with)? you {_WHEN}|"
    rf"(?:talk|speak) {_WHEN}|until {_WHEN}|"
    r"i (?:have to|ve got to|have got to|must|should|need to|ll have to|d better|had better|gotta) "
    r"(?:go|be going|run|hang up|get going)|i ll let you go|i (?:ll|will|am going to|m going to) hang up|"
    r"have a (?:nice|good|lovely|great|pleasant) (?:day|evening|night|one|afternoon|weekend|time)"
)
_AROUND_GOODBYE = (
    r"okay|ok|yes|yeah|well|right|all right|alright|then|now|so|and|but|oh|um|uh|please|no|for now|for today|"
    r"i think|i m afraid|i am afraid|it s late|that s all|that is all|"
    r"(?:many )?thanks?(?: you)?(?: so much| very much)?(?: again)?"
    r"(?: for (?:calling|ringing|your call|everything|the call|the chat))?|"
    r"(?:it was |it s been |it has been )?(?:so |very )?(?:nice|good|lovely|great|wonderful|a pleasure) "
    rf"{_TALK}(?: to| with| from)? you|"
    rf"you too|and you|same to you|god bless(?: you)?|{_DEAR}"
)

_LAST_WORDS_CHARS = 400
"""A goodbye is at the end: of a story of half an hour no more than this is looked at."""

_JOINS = frozenset(("so", "and", "then", "now", "well", "okay", "ok", "but", "right", "alright"))
_TELL = r"said|say|says|saying|told|tell|tells|waved?|waving|wrote|called|heard|kissed"
_TOLD = re.compile(rf"\b(?:{_TELL})\b")
_TOLD_LAST = re.compile(rf"\b(?:{_TELL})(?: (?:me|you|him|her|us|them|it))?[ |]*$")


def _last(phrases: str) -> re.Pattern[str]:
    """One of the phrases at the end, with what stands around it. The longest wins: it begins first."""
    return re.compile(rf"(?:^|(?<=\|)| ) *(?P<phrase>{phrases})[ |]*$")


_GOODBYE_LAST = _last(_GOODBYE)
_AROUND_GOODBYE_LAST = _last(_AROUND_GOODBYE)
_ATTENTIVE_LAST = _last(_ATTENTIVE)
_HELLO_LAST = _last(_HELLO)
_DEAR_LAST = _last(_DEAR)
_WITH_HELLO_LAST = _last(_WITH_HELLO)
_THANKS_LAST = _last(_THANKS)
_WITH_THANKS_LAST = _last(_WITH_THANKS)


class Intent(StrEnum):
    """What an utterance wants that needs no model."""

    REPEAT = "repeat"
    SLOWER = "slower"
    FASTER = "faster"
    LOUDER = "louder"
    QUIETER = "quieter"
    HOLD_ON = "hold on"
    """Wait: the person is busy for a moment."""
    STOP = "stop"
    """Do not talk."""
    GOODBYE = "goodbye"
    BACKCHANNEL = "backchannel"
    """Nothing: it is only a sign of listening."""
    HELLO = "hello"
    RETURN = "return"
    """The person is back, or wants to know whether we are."""


def _phrase_last(lines: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{phrases.one_of(lines)})(?: \|)*$")


_WISHES = (
    (Intent.HOLD_ON, _phrase_last(phrases.BUSY)),
    (Intent.LOUDER, _phrase_last(phrases.LOUDER)),
    (Intent.QUIETER, _phrase_last(phrases.QUIETER)),
    (Intent.SLOWER, _phrase_last(phrases.SLOWER)),
    (Intent.FASTER, _phrase_last(phrases.FASTER)),
    (Intent.REPEAT, _phrase_last(phrases.REPEAT)),
    (Intent.STOP, _phrase_last(phrases.STOP)),
    (Intent.HOLD_ON, _phrase_last(phrases.WAIT)),
    (Intent.RETURN, _phrase_last(phrases.RETURN)),
)
_AROUND_WISH_LAST = _phrase_last(phrases.AROUND)
_INTERRUPTION_FIRST = re.compile(rf"(?:{phrases.one_of(phrases.INTERRUPTIONS)})\b")
_MOST_WORDS_OF_A_WISH = 30


def is_goodbye(text: str) -> bool:
    """The person wants to end the call: the utterance ends with a farewell that is not part of a story."""
    rest = _normalised(text[-_LAST_WORDS_CHARS:])
    farewell, last_phrase = False, ""
    while rest:
        if farewell and rest.endswith("|") and not _TOLD_LAST.search(rest):
            return True  # whatever was said before, the farewell is a sentence of its own
        match = _GOODBYE_LAST.search(rest) or _AROUND_GOODBYE_LAST.search(rest)
        if match is None:
            # "My tea is ready so goodbye" joins it on; "he said hello and goodbye" tells of one.
            return farewell and last_phrase in _JOINS and not _TOLD.search(rest)
        farewell = farewell or match.re is _GOODBYE_LAST
        last_phrase = match["phrase"]
        rest = rest[: match.start()]
    return farewell


def is_hello(text: str) -> bool:
    """Nothing but what one says when picking up a telephone."""
    return _consists_of(text, _HELLO_LAST, _WITH_HELLO_LAST)


def is_thanks(text: str) -> bool:
    """Nothing but thanks."""
    return _consists_of(text, _THANKS_LAST, _WITH_THANKS_LAST)


def is_backchannel(text: str) -> bool:
    """Nothing but a sign of listening: "mm-hm", "yes dear", "I see". It does not ask for the floor."""
    return _consists_of(text, _ATTENTIVE_LAST, _DEAR_LAST, most_words=5)


@lru_cache(maxsize=64)  # asked again and again while a turn is waited for
def intent_of(text: str) -> Intent | None:
    """What the whole utterance wants, None if it is conversation."""
    if is_goodbye(text):
        return Intent.GOODBYE
    wish = _wish_of(text)
    if wish is not None:
        return wish
    if is_hello(text):
        return Intent.HELLO
    return Intent.BACKCHANNEL if is_backchannel(text) else None


def is_interruption(text: str) -> bool:
    """The person wants the floor at once: "stop", "wait", "no, listen", whatever follows; or anything we answer."""
    if _INTERRUPTION_FIRST.match(phrases.plain_words(text)):
        return True
    return intent_of(text) not in (None, Intent.BACKCHANNEL, Intent.HELLO, Intent.RETURN)


def new_words(before: str, whole: str) -> str:
    """What `whole` has beyond `before`, the transcript of its first part: all from the first word that differs."""
    heard = words_of(before)
    for place, match in enumerate(WORD.finditer(whole)):
        if place == len(heard) or words_of(match.group()) != heard[place : place + 1]:
            return whole[match.start() :].strip()
    return ""


def _wish_of(text: str) -> Intent | None:
    rest = phrases.plain_words(text)
    if len(rest.split()) > _MOST_WORDS_OF_A_WISH:
        return None
    if "?" in text and re.fullmatch(r"(?: oh| i am| \|)*(?: sorry| excuse me)(?: dear| love| \|)*", rest):
        return Intent.REPEAT  # not an apology
    wishes = set()
    while rest.strip(" |"):
        # The longest phrase wins: it begins first.
        ends = [(match.start(), rank) for rank, (_, wish) in enumerate(_WISHES) if (match := wish.search(rest))]
        around = _AROUND_WISH_LAST.search(rest)
        if around is not None:
            ends.append((around.start(), len(_WISHES)))
        if not ends:
            return None
        start, rank = min(ends)
        wishes.add(rank)
        rest = rest[:start]
    wishes.discard(len(_WISHES))
    return _WISHES[min(wishes)][0] if wishes else None


def _normalised(text: str) -> str:
    """Lower case, words apart by one space, "|" where the recogniser put a stop."""
    stopped = re.sub(r"[.,;:!?…–—]+(?=\s|$)", " | ", text.lower())
    return " ".join(re.sub(r"[^\w|]+", " ", stopped).split())


def _consists_of(text: str, needed: re.Pattern[str], allowed: re.Pattern[str], most_words: int = 8) -> bool:
    """Every phrase is one of `needed` or `allowed`, and at least one is of `needed`."""
    rest, found = _normalised(text), False
    if len(rest.replace("|", " ").split()) > most_words:
        return False
    while rest:
        match = needed.search(rest) or allowed.search(rest)
        if match is None:
            return False
        found = found or match.re is needed
        rest = rest[: match.start()]
    return found
