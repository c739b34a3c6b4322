"""Telephone numbers, and every number that is no time, date, price or measure. After this no figure is left.

A telephone number is said digit by digit, with a pause where it is written in groups.
"""

from __future__ import annotations

import re

from voicebridge.dialogue.number_words import ALONE, NUMBER, digit_by_digit, in_groups, number, ordinal
from voicebridge.dialogue.spoken_amounts import spoken_amounts
from voicebridge.dialogue.spoken_times import spoken_dates, spoken_times, spoken_years

_FRACTIONS = {
    "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8"
}  # fmt: skip
_ONE_SIGN = re.compile(f"(?P<whole>[0-9] ?)?(?P<sign>[{''.join(_FRACTIONS)}])")
_TIDY = [
    (re.compile("[\u00a0\u2009\u202f](?=[0-9a-zA-Zµ°%€])"), " "),
    (re.compile(r"(?<![\w.,+-])([1-9][0-9]{0,2}) (?=000(?![0-9]| [0-9]))"), r"\1,"),
    (re.compile(r"(?<![\w.])\.(?=[0-9])"), "0."),
    (re.compile(r"(?:(?<![\s\S])|(?<=[^0-9] )|(?<=\())[-−](?=[$£€]?[0-9])"), "minus "),
    (re.compile(r"\bno(s)?\. ?(?=[0-9])|№ ?(?=[0-9])|#(?=[0-9])"), "number "),
    (re.compile(r"\bNo(s)?\. ?(?=[0-9])"), "Number "),
    (re.compile(r"\b[Pp]\. ?(?=[0-9])"), "page "),
    (re.compile(r"\b[Pp]p\. ?(?=[0-9])"), "pages "),
    (re.compile(r"~ ?(?=[$£€]?[0-9])"), "about "),
]

_END = r"(?![\w/-]|[.,:][0-9])"
_ALONE = r"(?<![\w.,:/$£€+-])"
_FROM_ABROAD = re.compile(rf"{_ALONE}\+ ?[0-9][0-9 .()-]{{4,22}}[0-9]{_END}")
_AREA_CODE_FIRST = re.compile(rf"{_ALONE}\(?0[0-9][0-9 ()-]{{4,22}}[0-9]{_END}")
_AMERICAN = re.compile(
    rf"{_ALONE}(?:1[-. ])?(?:\([2-9][0-9]{{2}}\) ?|[2-9][0-9]{{2}}[-. ])[2-9][0-9]{{2}}[-. ][0-9]{{4}}{_END}"
)
_LOCAL = re.compile(rf"{_ALONE}(?:555-[0-9]{{4}}|[2-9][0-9]{{2}}-0[0-9]{{3}}){_END}")
_EMERGENCY = re.compile(rf"{_ALONE}(?:911|999(?! [a-z]+s\b))(?![°%]){_END}")
_DIALLED = re.compile(
    r"(?P<why>\b(?i:call|calling|dial|dialling|dialing|ring|ringing|phone|telephone|text|pin|nhs|code|extension|"
    r"number) (?:is |on )?)(?P<digits>[0-9]{3,8}(?:[ -][0-9]{3,8}){0,3})"
    r"(?![\w%°-]|[.,:/][0-9]| (?:people|men|women|children|[a-z]+s)\b)"
)

_SAYINGS = {"24/7": "twenty-four seven", "9/11": "nine eleven", "50/50": "fifty-fifty", "20/20": "twenty twenty"}
_SLASHES = re.compile(r"(?<![0-9])[0-9]+(?:/[0-9]+)+")
_FEET = re.compile(rf"{ALONE}([0-9]{{1,2}})['’′] ?([0-9]{{1,2}})(?:[\"”″]|'')")
_RANGE = re.compile(rf"(?<![\w.,:/-])({NUMBER}) ?[-–—] ?({NUMBER})(?!\w|-[0-9]|[.,:/][0-9])")
_ORDINAL = re.compile(r"(?<![0-9.,])([0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:st|nd|rd|th)\b(?: ?[-–] ?(?=[0-9]))?")
_SIGNS = [
    (re.compile(r"(?<=[0-9]) ?\+ ?(?=[0-9])"), " plus "),
    (re.compile(r"(?<!\S)\+(?=[0-9])"), "plus "),
    (re.compile(r"(?<=[0-9])\+"), " plus"),
    (re.compile(r"(?<=[0-9]) ?= ?(?=[0-9])"), " equals "),
    (re.compile(r"(?<=[0-9]):(?=[0-9])"), " to "),
    (re.compile(r"(?<=[0-9]),(?=[0-9](?![0-9]{2}(?![0-9])))"), ", "),
]
_ANY = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)*")


def spoken_numbers(text: str) -> str:
    """Everything with a figure in it."""
    text = _ONE_SIGN.sub(_fraction_sign, text)
    for pattern, replacement in _TIDY:
        text = pattern.sub(replacement, text)
    text = spoken_dates(text)
    for pattern in (_FROM_ABROAD, _AREA_CODE_FIRST, _AMERICAN, _LOCAL):
        text = pattern.sub(_telephone_number, text)
    text = _EMERGENCY.sub(lambda match: digit_by_digit(match[0]), text)
    text = _DIALLED.sub(lambda match: match["why"] + in_groups(match["digits"]), text)
    text = spoken_times(spoken_amounts(text))
    text = _FEET.sub(lambda match: f"{number(match[1])} foot {number(match[2])}", text)
    text = _ORDINAL.sub(_ordinal, spoken_years(_SLASHES.sub(_slashes, text)))
    text = _RANGE.sub(lambda match: f"{number(match[1])} to {number(match[2])}", text)
    for pattern, replacement in _SIGNS:
        text = pattern.sub(replacement, text)
    return _ANY.sub(_any_number, text)


def _fraction_sign(match: re.Match[str]) -> str:
    whole = match["whole"]
    return (f"{whole[0]} " if whole else "") + _FRACTIONS[match["sign"]]


def _telephone_number(match: re.Match[str]) -> str:
    written = match[0].replace("(0)", "")
    if not 7 <= sum(character.isdigit() for character in written) <= 15:
        return match[0]
    return ("plus " if written.startswith("+") else "") + in_groups(written)


def _slashes(match: re.Match[str]) -> str:
    numbers = [part.removeprefix("0") or "0" for part in match[0].split("/")]
    if match[0] in _SAYINGS:
        return _SAYINGS[match[0]]
    is_blood_pressure = len(numbers) == 2 and re.fullmatch("1[0-9]{2}|[7-9][0-9]|2[0-4][0-9]", numbers[0])
    return (" over " if is_blood_pressure else " slash ").join(number(part) for part in numbers)


def _ordinal(match: re.Match[str]) -> str:
    to = " to " if match[0][-1] in " -–" else ""
    return ordinal(int(match[1].replace(",", ""))) + to


def _any_number(match: re.Match[str]) -> str:
    """In words, apart from the letters that it touches: "B12" is "B twelve"."""
    around = match.string[max(0, match.start() - 1) : match.start()], match.string[match.end() : match.end() + 1]
    before, behind = (" " if character.isalpha() else "" for character in around)
    return before + number(match[0]) + behind
