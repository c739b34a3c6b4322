"""Numbers in words. What the library does is left to it; here is only how a telephone voice wants it.

Every function takes ASCII digits as they were written and is quick for any number of them: what is too long to be
understood as a number is said digit by digit.
"""

from __future__ import annotations

import re
from functools import lru_cache

from num2words import num2words

NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?"
"""A number as it is written: "7", "1,200", "2.5"."""
ALONE = r"(?<![\w.,:/])"
"""In front of a pattern: what follows is not the rest of a longer word or number."""

_DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_LONGEST_NUMBER = 15
_LONGEST_UNGROUPED = 6
"""From here on it is a number of something (an account, a parcel), not how many there are."""


@lru_cache(1000)
def cardinal(number: int) -> str:
    """5 -> "five". Without the library's commas: each would be a pause."""
    return str(num2words(number)).replace(",", "")


def ordinal(number: int) -> str:
    """5 -> "fifth"."""
    return str(num2words(number, to="ordinal")).replace(",", "")


def year(number: int) -> str:
    """1905 -> "nineteen oh five"."""
    return str(num2words(number, to="year")).replace("oh-", "oh ").replace(",", "")


def decade(number: int) -> str:
    """1950 -> "nineteen fifties", 60 -> "sixties"."""
    words = year(number) if number >= 1000 else cardinal(number)
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


def number(written: str) -> str:
    """ "1,200" -> "one thousand two hundred", "2.50" -> "two point five zero", "007" -> "zero zero seven"."""
    whole, *decimals = written.split(".")
    return " point ".join([_whole(whole), *(digit_by_digit(part) for part in decimals)])


def _whole(written: str) -> str:
    digits = written.replace(",", "")
    if len(digits) > 1 and digits[0] == "0":
        return digit_by_digit(digits)
    ungrouped = digits == written and len(digits) > _LONGEST_UNGROUPED and not digits.endswith("000")
    if len(digits) > _LONGEST_NUMBER or ungrouped:
        return in_groups(digits)
    return cardinal(int(digits))


def digit_by_digit(digits: str) -> str:
    """ "911" -> "nine one one". Not "oh": on a bad line that is a sigh."""
    return " ".join(_DIGITS[int(digit)] for digit in digits)


def in_groups(written: str) -> str:
    """Digit by digit with a short pause between the groups: those that were written, else of three and four."""
    groups = [part for group in re.findall("[0-9]+", written) for part in _breaths(group)]
    return ", ".join(digit_by_digit(group) for group in groups)


def _breaths(digits: str) -> list[str]:
    """Cuts what is too long for one breath in the way telephone numbers are told: 5-3-3, 3-3-4, 3-3-3."""
    if len(digits) <= 5:
        return [digits]
    first = 5 if len(digits) % 3 == 2 else 3
    last = 4 if len(digits) % 3 == 1 else 3
    middle = digits[first : len(digits) - last]
    return [digits[:first], *(middle[at : at + 3] for at in range(0, len(middle), 3)), digits[-last:]]


def before(match: re.Match[str]) -> str:
    """The last word or two in front of a match."""
    return match.string[max(0, match.start() - 12) : match.start()]
