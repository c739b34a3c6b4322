"""Money, doses and other measures, and fractions, as they are said.

A dose keeps its exact figures: "2.50 mg" is "two point five zero milligrams".
"""

from __future__ import annotations

import re
from math import gcd

from voicebridge.dialogue.number_words import ALONE, NUMBER, before, cardinal, number, ordinal

_UNITS = {
    "mg": "milligram", "mcg": "microgram", "µg": "microgram", "μg": "microgram", "g": "gram", "kg": "kilogram",
    "ml": "millilitre", "mL": "millilitre", "cl": "centilitre", "dl": "decilitre", "l": "litre", "L": "litre",
    "mm": "millimetre", "cm": "centimetre", "m": "metre", "km": "kilometre", "ft": "foot", "yd": "yard",
    "yds": "yard", "mi": "mile", "mph": "mile per hour", "kph": "kilometre per hour", "m²": "square metre",
    "km²": "square kilometre", "lb": "pound", "lbs": "pound", "oz": "ounce", "tsp": "teaspoon", "tbsp": "tablespoon",
    "°C": "degree Celsius", "° C": "degree Celsius", "°F": "degree Fahrenheit", "° F": "degree Fahrenheit",
    "°": "degree", "℃": "degree Celsius", "℉": "degree Fahrenheit", "%": "percent",
    "sec": "second", "secs": "second", "min": "minute", "mins": "minute", "h": "hour", "hr": "hour", "hrs": "hour",
    "wk": "week", "wks": "week", "yr": "year", "yrs": "year", "kcal": "kilocalorie", "cal": "calorie",
    "IU": "international unit", "bpm": "beat per minute", "mmHg": "millimetre of mercury", "mmol": "millimole",
    "W": "watt", "kW": "kilowatt", "kWh": "kilowatt hour", "V": "volt", "GB": "gigabyte", "MB": "megabyte",
}  # fmt: skip
_PER = _UNITS | {"d": "day", "day": "day", "week": "week", "month": "month", "hour": "hour", "dose": "dose"}
_LENGTHS = frozenset(("mm", "cm", "m", "km", "ft", "yd"))


def _any_of(words: dict[str, str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_TO = rf"(?: ?[-–] ?(?P<last>{NUMBER}))?"
_MEASURE = re.compile(
    rf"{ALONE}(?P<number>{NUMBER}){_TO}(?P<joint>[ -]?)(?P<unit>{_any_of(_UNITS)})(?!\w)(?:\.(?= [a-z0-9]))?"
    rf"(?:/(?P<per>{_any_of(_PER)})(?!\w))?"
)
_AS_ADJECTIVE = re.compile(
    r" (?:tablet|pill|capsule|dose|injection|patch|bottle|bag|walk|run|race|drive|swim|wait|nap|bulb|zone|limit)s?\b"
)

_NAMES = {"$": ("dollar", "cent"), "£": ("pound", "penny"), "€": ("euro", "cent")}
_CODES = {"USD": "$", "GBP": "£", "EUR": "€"}
_MANY = {"k": "thousand", "K": "thousand", "m": "million", "M": "million", "bn": "billion", "B": "billion"}
_SCALE = r"(?P<scale> ?(?:thousand|million|billion|trillion|bn|[kKmMB])\b)?"
_MONEY = re.compile(rf"(?:\bUS)?(?P<sign>[$£€]) ?(?P<number>{NUMBER})(?: ?[-–] ?(?P=sign)?(?P<last>{NUMBER}))?{_SCALE}")
_MONEY_BEHIND = re.compile(
    rf"{ALONE}(?P<number>{NUMBER}){_TO} ?(?:(?P<sign>[$£€])|(?P<code>USD|GBP|EUR)\b)(?!\w)(?P<scale>)"
)
_PENCE = re.compile(rf"{ALONE}(?P<number>[0-9]+)(?:(?P<pence>p\b)| ?¢)")
_NOTE = re.compile(r" (?:note|bill|coin|voucher|ticket|prize)s?\b")

_DIVIDED = (
    "tablet|pill|capsule|dose|teaspoon|tablespoon|spoon|spoonful|cup|glass|pint|bottle|slice|loaf|portion|packet|"
    "apple|orange|onion|egg|lemon|mile|pound|ounce|inch|hour|minute|day|year|dozen|century|million|litre|kilo"
)
_FRACTION = re.compile(
    rf"{ALONE}(?:(?P<whole>[0-9]{{1,6}}) (?:and )?)?"
    rf"(?P<top>[1-9])/(?P<bottom>[2-9])(?![\w/]|[.,][0-9])"
    rf"(?:[ -]?(?P<unit>{_any_of(_UNITS)})(?!\w)| (?P<noun>(?:{_DIVIDED})\b)"
    rf"|(?P<of> (?:of|the|my|your|his|her|our|their)\b))?"
)

_FOR_A_DATE = re.compile(r"\b(?:[Oo]n|[Bb]y|[Uu]ntil|[Ss]ince|dated) \Z")
_TIMES = re.compile(rf"{ALONE}(?P<number>{NUMBER}){_TO} ?[x×](?!\w| ?[0-9])")
_BY = re.compile(rf"(?<=[0-9])(?P<gap> ?)[x×] ?(?={NUMBER}(?: ?(?P<unit>[a-zA-Zµ°%]+))?)")


def spoken_amounts(text: str) -> str:
    """Money, fractions, measures, and how many times."""
    for pattern in (_MONEY, _MONEY_BEHIND):
        text = pattern.sub(_money, text)
    text = _PENCE.sub(lambda match: _price(match["number"], "penny" if match["pence"] else "cent"), text)
    text = _FRACTION.sub(_fraction, text)
    text = _TIMES.sub(_how_often, _BY.sub(_by, text))
    return _MEASURE.sub(_measure, text)


def plural(noun: str) -> str:
    """ "mile per hour" -> "miles per hour"."""
    head, *rest = re.split(r"(?= (?:per|of|Celsius|Fahrenheit)\b)", noun, maxsplit=1)
    irregular = {"foot": "feet", "penny": "pence", "percent": "percent"}
    return irregular.get(head, head + "s") + "".join(rest)


def _numbers(match: re.Match[str]) -> str:
    return number(match["number"]) + (f" to {number(match['last'])}" if match["last"] else "")


def _price(written: str, name: str) -> str:
    return f"{number(written)} {name if written == '1' else plural(name)}"


def _money(match: re.Match[str]) -> str:
    name, small = _NAMES[match["sign"] or _CODES[match["code"]]]
    scale = (match["scale"] or "").strip()
    whole, _, cents = match["number"].partition(".")
    if scale:
        return f"{_numbers(match)} {_MANY.get(scale, scale)} {plural(name)}"
    if match["last"]:
        return f"{_numbers(match)} {plural(name)}"
    if _NOTE.match(match.string, match.end()):
        return f"{number(match['number'])} {name}"
    if len(cents) != 2:
        return _price(match["number"], name)
    prices = [_price(whole, name)] * (whole != "0") + [_price(str(int(cents)), small)] * (cents != "00")
    return " and ".join(prices) or _price("0", name)


def _fraction(match: re.Match[str]) -> str:
    top, bottom = int(match["top"]), int(match["bottom"])
    thing = _UNITS.get(match["unit"] or "", match["noun"])
    common = bottom in (2, 3, 4, 8) and gcd(top, bottom) == 1
    known = match["whole"] or thing or match["of"] or (common and not _FOR_A_DATE.search(before(match)))
    if top >= bottom or not known:
        return match[0]
    part = {2: "half", 4: "quarter"}.get(bottom) or ordinal(bottom)
    share = f"a {part}" if top == 1 else f"{cardinal(top)} {part}s"
    if match["whole"]:
        rest = plural(thing) if match["unit"] else thing
        return f"{number(match['whole'])} and {share}" + (f" {rest}" if rest else match["of"] or "")
    if thing:
        article = "an" if thing.startswith(("a", "e", "i", "o", "hour")) else "a"
        return f"half {article} {thing}" if bottom == 2 else f"{share} of {article} {thing}"
    if match["of"]:
        of = match["of"] if match["of"] == " of" or bottom == 2 else f" of{match['of']}"
        return ("half" if bottom == 2 else share) + of
    return share


def _by(match: re.Match[str]) -> str:
    """ "3 x 4 m" is a size, "2 x 500 mg" is not."""
    if match["unit"] in _UNITS:
        return " by " if match["unit"] in _LENGTHS else " times "
    return " times " if match["gap"] else " by "


def _how_often(match: re.Match[str]) -> str:
    often = None if match["last"] else {"1": "once", "2": "twice"}.get(match["number"])
    return often or f"{_numbers(match)} times"


def _measure(match: re.Match[str]) -> str:
    unit = _UNITS[match["unit"]]
    adjective = match["joint"] == "-" or _AS_ADJECTIVE.match(match.string, match.end())
    one = match["number"] == "1" and not match["last"]
    per = f" per {_PER[match['per']]}" if match["per"] else ""
    return f"{_numbers(match)} {unit if one or adjective else plural(unit)}{per}"
