"""Telephone numbers in logs: recognisable to the operator, useless to a thief."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\+\d{7,15}(?!\d)")


def mask(number: str) -> str:
    """`+15550100001` becomes `+1•••••••001`; anything too short to mask is hidden whole."""
    if len(number) < 8:
        return "•" * len(number)
    return number[:2] + "•" * (len(number) - 5) + number[-3:]


def mask_all(text: str) -> str:
    """`text` with every E.164 number in it masked."""
    return _NUMBER.sub(lambda found: mask(found.group()), text)
