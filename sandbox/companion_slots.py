"""What the scripted companion picks out of a sentence to say it back: people, days, times, numbers (pure).

Words are matched as Whisper writes them: names with a capital letter, numbers as words or digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_RELATION = (
    r"daughter|son|husband|wife|sister|brother|friend|neighbou?r|granddaughter|grandson|grandchild|niece|nephew|cousin"
    r"|mother|father|doctor|nurse|cat|dog"
)
_COUNTED = (
    r"children|grandchildren|great-grandchildren|sons|daughters|sisters|brothers|friends|cats|dogs|grandsons"
    r"|granddaughters|pills|tablets|hours|cups"
)
_NUMBER = (
    r"\d+|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    r"|eighteen|nineteen|twenty"
)
_DAY = r"Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_HOUR = rf"(?:1[0-2]|[1-9]|one|{_NUMBER})"

_PERSON_NAMED = re.compile(
    rf"\b[Mm]y (?P<relation>(?i:{_RELATION}))(?:,| is| is called| called| named|'s name is|,? her name is"
    r"|,? his name is)? (?P<name>[A-Z][a-z]+(?:-[A-Z][a-z]+)?)\b"
)
_PERSON = re.compile(rf"\bmy (?P<relation>{_RELATION})\b", re.IGNORECASE)
_OWN_NAME = re.compile(r"\b(?:[Mm]y name is|[Mm]y name's|[Tt]his is|[Cc]all me|I am called) (?P<name>[A-Z][a-z]+)\b")
_DAYS = re.compile(rf"\b(?:{_DAY})s?\b")
_RELATIVE_DAY = re.compile(
    r"\b(?:tomorrow|tonight|this (?:afternoon|evening)|at the weekend|on the weekend|next week)\b", re.IGNORECASE
)
_CLOCK = re.compile(
    rf"\b(?:half past|quarter past|quarter to|a quarter past|a quarter to) {_HOUR}\b"
    rf"|\b{_HOUR} o'clock\b|\b\d{{1,2}}[:.]\d\d(?: ?[ap]\.?m\b)?|\b{_HOUR} ?[ap]\.?m\b|\bnoon\b|\bmidday\b",
    re.IGNORECASE,
)
_COUNT = re.compile(rf"\b(?P<count>(?:one|{_NUMBER}) (?:{_COUNTED}))\b", re.IGNORECASE)
_AGE = re.compile(
    r"\b(?:I'm|I am|turn(?:ed)?|be) (?P<age>[5-9]\d|1[01]\d|(?:fif|six|seven|eigh|nine)ty(?:-\w+)?)\b"
    r"(?! (?:min|per|mil))"
)
_NOT_A_NAME = {"And", "But", "The", "Who", "Is", "In", "At", "On", "He", "She", "It", *_DAY.split("|"), "Kindline"}


@dataclass(frozen=True, slots=True)
class Slots:
    """What was found, in the companion's own words; None where there was nothing."""

    relation: str | None = None
    """For example `daughter`."""
    name: str | None = None
    """That person's name."""
    own_name: str | None = None
    """The name of who is speaking."""
    day: str | None = None
    """With its preposition: `on Thursday`, `tomorrow`. Days gone by are nothing to say back: `yesterday` is none."""
    time: str | None = None
    """With its preposition: `at half past three`."""
    count: str | None = None
    """For example `two grandchildren`."""
    age: str | None = None

    @property
    def person(self) -> str | None:
        """`your daughter Anna`, `your daughter`."""
        if self.relation is None:
            return None
        return f"your {self.relation} {self.name}" if self.name else f"your {self.relation}"

    @property
    def when(self) -> str | None:
        """`on Thursday at half past three`."""
        return " ".join(part for part in (self.day, self.time) if part) or None


def slots_in(text: str) -> Slots:
    """The slots of one turn; of several people, days or times the first."""
    named = _PERSON_NAMED.search(text)
    if named is not None and named["name"] in _NOT_A_NAME:
        named = None
    person = named or _PERSON.search(text)
    clock = _CLOCK.search(text)
    count = _COUNT.search(text)
    age = _AGE.search(text)
    return Slots(
        relation=person["relation"].lower() if person else None,
        name=named["name"] if named else None,
        own_name=own_name_in(text),
        day=_day(text),
        time=_with_at(clock.group()) if clock else None,
        count=count["count"].lower() if count else None,
        age=age["age"] if age else None,
    )


def own_name_in(text: str) -> str | None:
    """The name that the speaker gives as the own one."""
    match = _OWN_NAME.search(text)
    return match["name"] if match and match["name"] not in _NOT_A_NAME else None


def _day(text: str) -> str | None:
    weekday = _DAYS.search(text)
    if weekday is not None:
        return f"on {weekday.group()}"
    relative = _RELATIVE_DAY.search(text)
    return relative.group().lower() if relative else None


def _with_at(time: str) -> str:
    return f"at {time[0].lower()}{time[1:]}"
