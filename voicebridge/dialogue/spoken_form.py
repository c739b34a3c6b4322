"""What is written becomes what is said: numbers, times, doses and abbreviations in words, for a voice on the telephone.

Each kind is a rule of its own; a rule that is not sure leaves the text as it is. What needs nothing is not changed,
and the spoken form of a spoken form is itself. Each rule reads the text once, so that the time grows with its length
and no faster. Markdown and emoji are gone before (`for_the_ear`).

Addresses come first (their dots and slashes are no one else's), then all that has figures, then words.
"""

from __future__ import annotations

import re

from voicebridge.dialogue.number_words import cardinal, ordinal
from voicebridge.dialogue.spoken_numbers import spoken_numbers

_LABEL = r"[\w-]{1,63}"
_EMAIL = re.compile(rf"(?<![\w.+-])[\w+-]{{1,64}}(?:\.[\w+-]{{1,64}}){{0,4}}@{_LABEL}(?:\.{_LABEL}){{1,4}}")
_WEB = re.compile(
    rf"(?<![^\W\d]|[@.-])(?:(?:https?://(?:www\.)?|www\.)(?P<site>{_LABEL}(?:\.{_LABEL}){{0,5}})"
    rf"|(?P<plain>[a-z0-9-]{{1,63}}(?:\.[a-z0-9-]{{1,63}}){{0,4}}\.(?:com|org|net|uk|gov|edu|info|ie|eu|nz|au)))"
    r"(?![\w@-])(?::[0-9]+)?(?:[/?#](?:[^\s\"'<>]*[\w/])?)?",
    re.IGNORECASE,
)
_IN_ADDRESSES = {".": " dot ", "@": " at ", "-": " dash ", "_": " underscore ", "+": " plus "}
_HAS_FIGURES = re.compile(r"[0-9½⅓⅔¼¾⅛⅜⅝⅞]|[-–] ?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b")

_TITLES = {
    "Dr": "Doctor", "Mr": "Mister", "Mrs": "Missus", "Prof": "Professor", "Rev": "Reverend", "Capt": "Captain",
    "Sgt": "Sergeant", "Mt": "Mount", "St": "Saint",
}  # fmt: skip
_NEW_SENTENCE = r"(?:I|We|You|He|She|It|They|That|This|The|There|How|What|When|Where|Is|Are|Do|Did|Have|Would)\b"
_TITLE = re.compile(rf"\b(?P<title>{'|'.join(_TITLES)})\b(?!\. {_NEW_SENTENCE})\.?(?= (?:and |& )?[A-Z])")
_BEHIND_NAMES = {
    "St": "Street", "Rd": "Road", "Ave": "Avenue", "Dr": "Drive", "Ln": "Lane", "Blvd": "Boulevard", "Jr": "Junior",
    "Sr": "Senior",
}  # fmt: skip
_SENTENCE_ENDS = r"(?P<end>(?=[\"'”’)]*(?:\Z|\s+[\"'“‘(]*[A-Z])))"
"""What stands before it ends a sentence, too, so that its dot is needed."""
_BEHIND_NAME = re.compile(
    rf"\b(?P<name>[A-Z][\w'’]{{1,30}},?) (?P<word>{'|'.join(_BEHIND_NAMES)})\b(?:\.{_SENTENCE_ENDS}?)?(?![\w'’])"
)

_SHORT = {
    "e.g": "for example", "i.e": "that is", "etc": "and so on", "approx": "approximately", "appt": "appointment",
    "appts": "appointments", "dept": "department", "govt": "government", "incl": "including", "vs": "versus",
    "asap": "as soon as possible", "tbc": "to be confirmed",
}  # fmt: skip
_SHORT_WORD = re.compile(
    rf"(?<![\w.])(?P<word>(?i:{'|'.join(map(re.escape, _SHORT))}))\b(?:\.{_SENTENCE_ENDS}?)?(?!\w)"
)
_NEVER_LAST = frozenset(("e.g", "i.e", "approx", "vs", "incl"))
_SHORT_WITH_DOT = {
    "apt": "apartment", "ext": "extension", "max": "maximum", "min": "minimum", "tel": "telephone",
    "temp": "temperature", "vol": "volume", "fig": "figure", "ave": "average", "avg": "average", "no": "number",
}  # fmt: skip
_SHORT_INSIDE = re.compile(rf"(?<![\w.])(?P<word>(?i:{'|'.join(_SHORT_WITH_DOT)}))(?:\.(?= [a-z])|(?=: [a-z]))")
"""Words in their own right: only a dot in the middle of a sentence makes them abbreviations."""

_ROMAN = r"(?P<roman>X{0,2}(?:IX|IV|V?I{0,3}))\b(?![.'’]\w)"
_ROYAL = (
    "Elizabeth|Henry|George|Edward|Charles|William|James|Richard|Louis|John|Paul|Benedict|Pius|Leo|Gregory|Nicholas|"
    "Catherine|Alexander|Napoleon|Frederick|Wilhelm|Philip|Peter|Ivan|Juliana|Margrethe|Christian|Harald|Gustaf|Carlos"
)
_RULER = re.compile(rf"\b(?P<crown>(?:King|Queen|Pope|Tsar|Emperor|Kaiser) )?(?P<name>{_ROYAL}) {_ROMAN}")
_PART = re.compile(rf"\b(?P<name>World War|Part|Chapter|Act|Phase|Volume|Type|Grade|Stage|Super Bowl) {_ROMAN}")
_ROMAN_DIGITS = {"I": 1, "V": 5, "X": 10}

_PER = re.compile(r"(?<=s)/(?=(?:day|night|week|month|year|hour|minute|person)\b)")
_WITH = re.compile(r"\bw/(?P<out>o\b)? ?(?=\w)")
_AND_OR = re.compile(r"\band/or\b")
_EITHER = re.compile(r"(?<=\w) ?/ ?(?=\w)")
_AND = re.compile(r"&(?:amp;)?")

_ROUNDS = 4
"""What a rule has made of one thing may show another what stands beside it ("w/ 2.5"): rarely, and in few steps."""


def spoken_form(text: str, language: str = "en") -> str:
    """The words of `text` as a voice should say them. Only English: any other language comes back as it is."""
    if language.partition("-")[0] != "en":
        return text
    for _ in range(_ROUNDS):
        said = _once(text)
        if said == text:
            break
        text = said
    return text


def _once(text: str) -> str:
    text = _AND.sub(_and, _WEB.sub(_web_address, _EMAIL.sub(lambda match: _address(match[0]), text)))
    if _HAS_FIGURES.search(text):
        text = spoken_numbers(text)
    text = _EITHER.sub(" or ", _AND_OR.sub("and or", _WITH.sub(_with, _PER.sub(" per ", text))))
    text = _SHORT_WORD.sub(_short_word, text)
    text = _SHORT_INSIDE.sub(lambda match: _like(match["word"], _SHORT_WITH_DOT[match["word"].lower()]), text)
    text = _TITLE.sub(lambda match: _TITLES[match["title"]], text)
    return _PART.sub(_part, _RULER.sub(_ruler, _BEHIND_NAME.sub(_behind_name, text)))


def _web_address(match: re.Match[str]) -> str:
    """The site's name alone: nobody writes down the rest."""
    return _address(match["site"] or match["plain"].lower().removeprefix("www."))


def _address(written: str) -> str:
    return "".join(_IN_ADDRESSES.get(character, character) for character in written)


def _with(match: re.Match[str]) -> str:
    return "without " if match["out"] else "with "


def _short_word(match: re.Match[str]) -> str:
    word = match["word"].lower()
    return _like(match["word"], _SHORT[word]) + ("" if word in _NEVER_LAST else _dot(match))


def _behind_name(match: re.Match[str]) -> str:
    return f"{match['name']} {_BEHIND_NAMES[match['word']]}{_dot(match)}"


def _dot(match: re.Match[str]) -> str:
    return "" if match["end"] is None else "."


def _like(word: str, replacement: str) -> str:
    """The replacement, with a capital where the word has one."""
    return replacement[0].upper() + replacement[1:] if word[0].isupper() else replacement


def _ruler(match: re.Match[str]) -> str:
    # One letter may be an initial or the word "I".
    if len(match["roman"]) < (1 if match["crown"] else 2):
        return match[0]
    return f"{match['crown'] or ''}{match['name']} the {ordinal(_value(match['roman']))}"


def _part(match: re.Match[str]) -> str:
    if len(match["roman"]) < (1 if match["name"] == "World War" else 2):
        return match[0]
    return f"{match['name']} {cardinal(_value(match['roman']))}"


def _value(roman: str) -> int:
    values = [_ROMAN_DIGITS[letter] for letter in roman]
    return sum(
        -value if value < following else value for value, following in zip(values, [*values[1:], 0], strict=True)
    )


def _and(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 1) : match.start()]
    behind = match.string[match.end() : match.end() + 1]
    return f"{' ' if before.strip() else ''}and{' ' if behind.strip() else ''}"
