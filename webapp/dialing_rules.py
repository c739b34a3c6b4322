"""May this number be called? Pure: text in, an E.164 number out, or a refusal that says which mistake it is.

The order of the questions matters. Emergency and short codes come before parsing, because the library cannot parse
them. The country comes before the kind of line: the library takes Cuban, Somali and satellite numbers for ordinary
mobiles, and toll fraud lives there.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType, ValidationResult

from webapp.region_names import region_name

_SEPARATORS = frozenset(" -.()/\u00a0\u2010\u2011\u2012\u2013\u2014")
_LONGEST_TEXT = 40
_LONGEST_SHORT_CODE = 6

CALLABLE_TYPES = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,  # many homes have nothing else: France's 09, Germany's 032
    }
)
_TYPE_NAMES = {
    PhoneNumberType.PREMIUM_RATE: "a premium-rate number",
    PhoneNumberType.SHARED_COST: "a shared-cost number",
    PhoneNumberType.TOLL_FREE: "a toll-free number, which belongs to a business",
    PhoneNumberType.PERSONAL_NUMBER: "a personal number that is forwarded at the caller's expense",
    PhoneNumberType.PAGER: "a pager",
    PhoneNumberType.UAN: "a company number (UAN)",
    PhoneNumberType.VOICEMAIL: "a voicemail service",
}
_INTERNATIONAL_SERVICES = {
    800: "an international toll-free number",
    808: "an international shared-cost number",
    870: "a satellite telephone (Inmarsat)",
    878: "a universal personal number",
    881: "a satellite telephone",
    882: "an international network",
    883: "an international network",
    888: "a disaster-relief number",
    979: "an international premium-rate number",
}


@dataclass(eq=False)
class NumberRefused(Exception):  # noqa: N818 - reads as what happened
    """This number is not dialled. `message` says why, `help` what to do, for the operator."""

    code: Literal["invalid_number", "number_refused"]
    """Whether it is not a number, or one that may not be called."""
    message: str
    help: str | None = None


@dataclass(frozen=True, slots=True)
class DialingRules:
    """What the operator of this installation allows."""

    default_region: str
    """Two-letter code of the country that numbers without a country code are in."""
    dial_regions: tuple[str, ...]
    own_numbers: frozenset[str]
    """E.164."""

    def check(self, text: str) -> str:
        """`text`, as a person types it, as E.164. Raises `NumberRefused`."""
        dialled = _clean(text)
        _refuse_service_codes(dialled, self.default_region)
        number = self._parse(dialled)
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        if e164 in self.own_numbers:
            raise NumberRefused("number_refused", "This is Kindline's own number; it would only reach itself.")
        self._refuse_region(number)
        _refuse_type(number)
        return e164

    def _parse(self, dialled: str) -> PhoneNumber:
        try:
            number = phonenumbers.parse(dialled, self.default_region)
        except NumberParseException as error:
            raise self._unreadable(dialled, error) from None
        if number.country_code in _INTERNATIONAL_SERVICES:
            raise _service_number(number.country_code)
        possible = phonenumbers.is_possible_number_with_reason(number)
        if possible != ValidationResult.IS_POSSIBLE:
            raise self._wrong_length(dialled, number, possible)
        if not phonenumbers.is_valid_number(number):
            raise NumberRefused(
                "invalid_number",
                f"No telephone in {_country(number)} has this number.",
                "Check it digit by digit, the area code too.",
            )
        return number

    def _unreadable(self, dialled: str, error: NumberParseException) -> NumberRefused:
        if error.error_type == NumberParseException.INVALID_COUNTRY_CODE:
            return NumberRefused(
                "invalid_number",
                "There is no country with this country code.",
                "After the + comes the country code: 1 for the United States and Canada, 44 for the United Kingdom.",
            )
        if error.error_type == NumberParseException.TOO_LONG:
            return self._too_long(dialled)
        return _too_short()

    def _wrong_length(self, dialled: str, number: PhoneNumber, possible: int) -> NumberRefused:
        if possible == ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            return NumberRefused(
                "invalid_number",
                "The area code is missing.",
                f"Type the whole number as it is dialled from anywhere in {_country(number)}.",
            )
        if possible == ValidationResult.TOO_SHORT:
            return _too_short()
        return self._too_long(dialled)

    def _too_long(self, dialled: str) -> NumberRefused:
        meant = _with_plus(dialled)
        if meant is not None:
            return NumberRefused(
                "invalid_number",
                f"This is no number in {region_name(self.default_region)}, and the + of a country code is missing.",
                f"Did you mean {meant}?",
            )
        return NumberRefused(
            "invalid_number",
            "This number has too many digits, or not as many as its country uses.",
            "Check it digit by digit. Numbers in other countries begin with + and the country code.",
        )

    def _refuse_region(self, number: PhoneNumber) -> None:
        region = phonenumbers.region_code_for_number(number)
        if region not in self.dial_regions:
            allowed = ", ".join(region_name(code) for code in self.dial_regions)
            raise NumberRefused(
                "number_refused",
                f"This number is in {_country(number)}, and only these countries may be called: {allowed}.",
                f"To allow it, add {region} to DIAL_REGIONS in .env and restart.",
            )


def _clean(text: str) -> str:
    """The digits, with a leading + where one was typed. Full-width and other scripts' digits count as digits."""
    text = unicodedata.normalize("NFKC", text).strip().removeprefix("tel:")
    if not text:
        raise NumberRefused("invalid_number", "Type a telephone number.")
    if len(text) > _LONGEST_TEXT:
        raise NumberRefused("invalid_number", "This is too long to be a telephone number.")
    kept = []
    for character in text:
        if character.isdecimal():
            kept.append(str(unicodedata.decimal(character)))
        elif character == "+" and not kept:
            kept.append("+")
        elif character not in _SEPARATORS:
            raise _stray(character)
    if not any(character.isdecimal() for character in text):
        raise NumberRefused("invalid_number", "There are no digits in this.", "Type a telephone number.")
    return "".join(kept)


def _stray(character: str) -> NumberRefused:
    if character.isalpha():
        return NumberRefused(
            "invalid_number",
            "There are letters in this number.",
            "Type digits only. Extensions cannot be dialled.",
        )
    if character == "+":
        return NumberRefused("invalid_number", "A + belongs only at the beginning of a number.")
    return NumberRefused(
        "invalid_number", "There are signs in this that do not belong to a telephone number.", "Type digits only."
    )


def _refuse_service_codes(dialled: str, region: str) -> None:
    """Emergency numbers of any country, and the short codes of our own, however they are written."""
    digits = dialled.lstrip("+")
    if len(digits) > _LONGEST_SHORT_CODE:
        return
    if any(phonenumbers.is_emergency_number(digits, country) for country in phonenumbers.SUPPORTED_REGIONS):
        raise NumberRefused(
            "number_refused",
            f"{digits} is an emergency number. Kindline never calls emergency services.",
            "If somebody needs help now, call them yourself from a telephone.",
        )
    country_code = phonenumbers.country_code_for_region(region)
    short = PhoneNumber(country_code=country_code, national_number=int(digits))
    if phonenumbers.is_valid_short_number_for_region(short, region):
        raise NumberRefused(
            "number_refused", f"{digits} is a service number (short code), not the telephone of a person."
        )


def _refuse_type(number: PhoneNumber) -> None:
    kind = phonenumbers.number_type(number)
    if kind not in CALLABLE_TYPES:
        name = _TYPE_NAMES.get(kind, "of an unknown kind")
        raise NumberRefused(
            "number_refused", f"This is {name}. Kindline calls ordinary landlines and mobile telephones only."
        )


def _service_number(country_code: int) -> NumberRefused:
    name = _INTERNATIONAL_SERVICES[country_code]
    return NumberRefused(
        "number_refused",
        f"This is {name} (+{country_code}). Kindline calls ordinary landlines and mobile telephones only.",
    )


def _too_short() -> NumberRefused:
    return NumberRefused(
        "invalid_number", "This number is too short.", "Type the whole number, with its area code or country code."
    )


def _with_plus(dialled: str) -> str | None:
    """What `dialled` would be if a + (or 00 for it) had been meant; None if that makes no sense either."""
    if dialled.startswith("+"):
        return None
    try:
        number = phonenumbers.parse("+" + dialled.removeprefix("00"))
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _country(number: PhoneNumber) -> str:
    assert number.country_code is not None  # `parse` always finds one
    region = phonenumbers.region_code_for_number(number)
    return region_name(region or phonenumbers.region_code_for_country_code(number.country_code))
