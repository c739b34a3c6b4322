"""Times of day, dates and years, as they are said.

"at 14:05" becomes "at two oh five in the afternoon": on the telephone nobody thinks in 24 hours, and "p.m." is easily
misheard. The order of a date stays as it was written, for readers on both sides of the Atlantic: "3 May" is "the third
of May", "May 3" is "May third". "03/05" is said as it stands, "three slash five": whether the writer meant March or
May is not ours to decide.
"""

from __future__ import annotations

import re

from voicebridge.dialogue.number_words import ALONE, before, cardinal, decade, number, ordinal, year

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_DAY = r"(?P<day>3[01]|[12][0-9]|0?[1-9])(?:st|nd|rd|th)?(?: ?[-–] ?(?P<last>3[01]|[12][0-9]|0?[1-9])(?:st|nd|rd|th)?)?"
_YEAR = r"(?P<year>1[1-9][0-9]{2}|20[0-9]{2})"
_ENDS_HERE = r"(?![\w/]|[.,:-][0-9])"

_SHORT_MONTH = re.compile(
    r"(?:\b(?P<before>Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?(?= [0-9])"
    r"|(?<=[0-9dht] )(?P<after>Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b(?:\.(?= [0-9a-z]|,))?)"
)
_SHORT_DAY = re.compile(
    r"\b(?P<day>Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:s|r|rs)?\b\.?"
    rf"(?P<to>(?: ?[-–] ?(?P<last>Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b)|(?=,? (?:the )?(?:[0-9]|{'|'.join(_MONTHS)})))"
)
_DAYS = {
    day[:3]: day for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
}  # fmt: skip

_MONTH_FIRST = re.compile(
    rf"\b{_MONTH} {_DAY}(?P<year_too>,? {_YEAR})?{_ENDS_HERE}"
    r"(?! (?:people|children|men|women|guests|visitors|degrees|times|days|weeks|months|years|hours|minutes)\b)"
)
_DAY_FIRST = re.compile(rf"{ALONE}{_DAY}(?: of)? {_MONTH}\b(?P<year_too>,? {_YEAR}{_ENDS_HERE})?")
_YEAR_FIRST = re.compile(rf"{ALONE}{_YEAR}-(?P<month>1[0-2]|0[1-9])-(?P<day>3[01]|[12][0-9]|0[1-9])(?![\w-])")
_DOTTED = re.compile(rf"{ALONE}(?P<day>3[01]|[12][0-9]|0?[1-9])\.(?P<month>1[0-2]|0?[1-9])\.{_YEAR}(?!\w|\.[0-9])")
_SLASHED = re.compile(
    rf"{ALONE}(?P<first>[0-3]?[0-9])/(?P<second>[0-3]?[0-9])(?:/(?P<year>[12][0-9]{{3}}))?{_ENDS_HERE}"
)

_DASHED = re.compile(rf"{ALONE}(?P<first>[0-3]?[0-9])-(?P<second>[0-3]?[0-9])-(?P<year>[12][0-9]{{3}})(?![\w-])")

_HOUR = r"(?P<{0}hour>2[0-3]|1[0-9]|0?[0-9])(?:(?P<{0}mark>[:.])(?P<{0}minute>[0-5][0-9]))?"
_HALF = r"(?: ?(?P<{0}half>[apAP])(?:[mM]\b|\.[mM]\b(?P<{0}dot>\.)?))"
_TIME = re.compile(f"{ALONE}{_HOUR}(?:{_HALF}|{_ENDS_HERE})".replace("{0}", ""))
_TIMES = re.compile(
    f"{ALONE}{_HOUR}{_HALF}? ?[-–] ?".replace("{0}", "") + f"{_HOUR}(?:{_HALF}|{_ENDS_HERE})".replace("{0}", "to_")
)
_AT = re.compile(r"\b(?:[Aa]t|[Uu]ntil|[Tt]ill|[Bb]efore|[Aa]fter|[Ss]ince) \Z")
_TOLD = re.compile(
    r" (?:in the (?:morning|afternoon|evening)|at night|tonight|"
    r"(?:this|tomorrow|yesterday|[A-Z][a-z]{2,5}day) (?:morning|afternoon|evening|night))\b"
)
"""The part of the day is said anyhow."""
_NEXT_SENTENCE = re.compile(r"[\"'”’)]*(?:\Z|\s+(?!(?:[A-Z][a-z]+day|" + "|".join(_MONTHS) + r")\b)[A-Z])")

_DECADE = re.compile(r"(?<![\w.,$£€])['’]?(?P<decade>1[1-9][0-9]0|20[0-9]0|[1-9]0)['’]?s\b")
_YEARS = re.compile(rf"{ALONE}{_YEAR} ?[-–] ?(?P<last>(?:1[1-9]|20)?[0-9]{{2}}){_ENDS_HERE}")
_ONE_YEAR = re.compile(rf"{ALONE}(?P<year>1[0-9]{{3}}|20[0-9]{{2}}){_ENDS_HERE}")
_OF_A_YEAR = re.compile(
    r"\b(?:[Ii]n|[Ss]ince|of|year|from|until|till|by|before|after|around|summer|winter|spring|autumn|fall|Christmas|"
    rf"{'|'.join(_MONTHS)}) \Z"
)
_COUNTED = re.compile(
    r" (?!(?:was|is|has|as|this|his|its|us|always|perhaps|sometimes|does)\b)(?:[a-z]+s|people|men|women|children)\b"
)


def spoken_dates(text: str) -> str:
    """Dates in figures first: they are not fractions, telephone numbers or ranges."""
    text = _YEAR_FIRST.sub(_figures, text)
    text = _DOTTED.sub(_figures, text)
    text = _SLASHED.sub(_slashed, _DASHED.sub(r"\g<first>/\g<second>/\g<year>", text))
    text = _SHORT_DAY.sub(_weekday, text)
    text = _SHORT_MONTH.sub(_month, text)
    text = _DAY_FIRST.sub(_day_first, text)
    return _MONTH_FIRST.sub(_month_first, text)


def spoken_times(text: str) -> str:
    """Times of day."""
    return _TIME.sub(_time, _TIMES.sub(_from_to, text))


def spoken_years(text: str) -> str:
    """Years and decades: what is left when dates, money and measures are gone."""
    text = _DECADE.sub(lambda match: decade(int(match["decade"])), text)
    text = _YEARS.sub(lambda match: f"{year(int(match['year']))} to {_last_year(match['last'])}", text)
    return _ONE_YEAR.sub(_one_year, text)


def _weekday(match: re.Match[str]) -> str:
    return _DAYS[match["day"]] + (f" to {_DAYS[match['last']]}" if match["last"] else "")


def _month(match: re.Match[str]) -> str:
    return next(month for month in _MONTHS if month.startswith((match["before"] or match["after"])[:3]))


def _figures(match: re.Match[str]) -> str:
    return f"the {ordinal(int(match['day']))} of {_MONTHS[int(match['month']) - 1]} {year(int(match['year']))}"


def _slashed(match: re.Match[str]) -> str:
    first, second = int(match["first"]), int(match["second"])
    written_year = match["year"]
    in_year = f" {year(int(written_year))}" if written_year else ""
    day_first, month_first = 12 < first <= 31 and 0 < second <= 12, 12 < second <= 31 and 0 < first <= 12
    if match[0] == "24/7" or not (day_first or month_first or written_year):
        return match[0]
    if day_first or (first == second and 0 < first <= 12):
        return f"the {ordinal(first)} of {_MONTHS[second - 1]}{in_year}"
    if month_first:
        return f"{_MONTHS[first - 1]} {ordinal(second)}{in_year}"
    return f"{cardinal(first)} slash {cardinal(second)} slash{in_year}"


def _day_first(match: re.Match[str]) -> str:
    the = "" if before(match).endswith(("the ", "The ")) else "the "
    last = f" to the {ordinal(int(match['last']))}" if match["last"] else ""
    return f"{the}{ordinal(int(match['day']))}{last} of {match['month']}{_year_too(match)}"


def _month_first(match: re.Match[str]) -> str:
    last = f" to {ordinal(int(match['last']))}" if match["last"] else ""
    return f"{match['month']} {ordinal(int(match['day']))}{last}{_year_too(match)}"


def _year_too(match: re.Match[str]) -> str:
    if not match["year_too"]:
        return ""
    return match["year_too"].replace(match["year"], year(int(match["year"])))


def _from_to(match: re.Match[str]) -> str:
    if not (match["half"] or match["to_half"] or (match["mark"] == match["to_mark"] == ":")):
        return match[0]
    # Not "ten to twelve": that is a time of its own.
    begin = _clock(match["hour"], match["minute"], match["half"], plain=bool(match["to_half"]) and not match["half"])
    end = _clock(match["to_hour"], match["to_minute"], match["to_half"], plain=_is_told(match))
    return f"{begin} until {end}{_stop(match, match['to_dot'])}"


def _time(match: re.Match[str]) -> str:
    if not match["half"]:
        is_time = match["mark"] == ":" or (match["mark"] and _AT.search(before(match)))
        if not is_time:
            return match[0]
    return _clock(match["hour"], match["minute"], match["half"], plain=_is_told(match)) + _stop(match, match["dot"])


def _is_told(match: re.Match[str]) -> bool:
    return _TOLD.match(match.string, match.end()) is not None


def _stop(match: re.Match[str], dot: str | None) -> str:
    """The dot of "p.m." may be the end of the sentence, too."""
    return "." if dot and _NEXT_SENTENCE.match(match.string, match.end()) else ""


def _clock(written_hour: str, written_minute: str | None, half: str | None, *, plain: bool) -> str:
    """A time in words; `plain` without the part of the day."""
    hour, minute = int(written_hour), int(written_minute or 0)
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half in "pP" else 0)
    known = bool(half) or hour > 12 or hour == 0
    words = cardinal((hour - 1) % 12 + 1)
    if minute:
        words += f" oh {cardinal(minute)}" if minute < 10 else f" {cardinal(minute)}"
    elif not known:
        return words if plain else f"{words} o'clock"
    elif hour in (0, 12) and known:
        return "twelve noon" if hour else "midnight"
    return words if plain or not known else f"{words} {_part_of_day(hour)}"


def _part_of_day(hour: int) -> str:
    if hour == 0 or hour >= 22:
        return "at night"
    if hour < 12:
        return "in the morning"
    return "in the afternoon" if hour < 18 else "in the evening"


def _last_year(written: str) -> str:
    return year(int(written)) if len(written) == 4 else number(written)


def _one_year(match: re.Match[str]) -> str:
    named = _OF_A_YEAR.search(before(match)) is not None
    # "1500 steps" are counted; "1938" alone, in such calls, is a year.
    if not named and (match["year"] < "1100" or _COUNTED.match(match.string, match.end())):
        return match[0]
    return year(int(match["year"]))
