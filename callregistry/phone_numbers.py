"""Telephone numbers in logs: recognisable to the operator, useless to a thief."""

from __future__ import annotations

import re

_E164 = r"(?:\+|%2[Bb])[1-9]\d{6,14}(?!\d)"
_SEPARATED = r"\+[1-9]\d{0,2}(?:[ .-]?\(?\d{1,4}\)?){2,5}(?!\w)"
_NATIONAL = r"(?:\(\d{2,5}\) ?\d{2,4}(?:[ -]?\d{2,4}){1,2}|(?<![\w.-])\d{3}[.-]\d{3}[.-]\d{4})(?!\w)"
_BARE = r"(?<![\w.-])\d{10,15}(?![\w-]|\.\d)"
"""Digits only where they stand alone: not in an id (call_..., CA..., a UUID) or a number of seconds."""
_NUMBER = re.compile("|".join((_E164, _SEPARATED, _NATIONAL, _BARE)))
_FEWEST_DIGITS = 7


def mask(number: str) -> str:
    """`+15550100001` becomes `+1•••••••001`; anything too short to mask is hidden whole."""
    if len(number) < 8:
        return "•" * len(number)
    return number[:2] + "•" * (len(number) - 5) + number[-3:]


def mask_all(text: str) -> str:
    """`text` with every telephone number in it masked, however it is written."""
    return _NUMBER.sub(lambda found: _mask_written(found.group()), text)


def _mask_written(number: str) -> str:
    """Masks a number as it is written: `%2B12025550101`, `+1 202 555 0101`, `(202) 555-0101`, `12025550101`."""
    international = number[0] in "+%"
    digits = re.sub(r"\D", "", number[3:] if number[0] == "%" else number)
    if len(digits) < _FEWEST_DIGITS:
        return number
    return mask(f"+{digits}" if international else digits)
