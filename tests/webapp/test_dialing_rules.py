"""Which numbers are called, which are not, and what the operator is told."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.dialing_rules import DialingRules, NumberRefused
from webapp.region_names import NAMES, region_name

OWN = "+12025550199"
US = DialingRules("US", ("US",), frozenset({OWN}))
GB = DialingRules("GB", ("GB", "IE"), frozenset())
FR = DialingRules("FR", ("FR",), frozenset())
EVERYWHERE = DialingRules("US", tuple(phonenumbers.SUPPORTED_REGIONS), frozenset())


def refusal(rules: DialingRules, text: str) -> NumberRefused:
    with pytest.raises(NumberRefused) as refused:
        rules.check(text)
    return refused.value


@pytest.mark.parametrize(
    ("rules", "typed", "e164"),
    [
        (US, "+12025550143", "+12025550143"),
        (US, "  +1 (202) 555-0143 ", "+12025550143"),
        (US, "202 555 0143", "+12025550143"),
        (US, "1-202-555-0143", "+12025550143"),
        (US, "(202) 555.0143", "+12025550143"),
        (US, "tel:+12025550143", "+12025550143"),
        (US, "+1\u00a0202\u2011555\u20110143", "+12025550143"),
        (US, "+1202555\uff10\uff11\uff14\uff13", "+12025550143"),
        (US, "٢٠٢٥٥٥٠١٤٣", "+12025550143"),
        (GB, "020 7946 0018", "+442079460018"),
        (GB, "07400 123456", "+447400123456"),
        (GB, "+44 (0)20 7946 0018", "+442079460018"),
        (GB, "00353 1 222 2222", "+35312222222"),
        (FR, "09 12 34 56 78", "+33912345678"),
    ],
)
def test_a_number_is_read_as_people_of_its_country_write_it(rules: DialingRules, typed: str, e164: str) -> None:
    assert rules.check(typed) == e164


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Type a telephone number"),
        ("   ", "Type a telephone number"),
        ("\u200b", "signs in this"),
        ("+", "no digits"),
        ("()-", "no digits"),
        ("1-800-FLOWERS", "letters"),
        ("202 555 0143 x12", "letters"),
        ("call me", "letters"),
        ("202+5550143", "only at the beginning"),
        ("++12025550143", "only at the beginning"),
        ("202#555#0143", "signs in this"),
        ("+1;202", "signs in this"),
        ("1" * 41, "too long"),
        ("1" * 30, "too many digits"),
        ("+1202555014355", "too many digits"),
        ("5550143", "area code is missing"),
        ("202555014", "too short"),
        ("+1202555", "too short"),
        ("+1", "too short"),
        ("1", "too short"),
        ("00", "too short"),
        ("+0012025550143", "no country"),
        ("+999123456789", "no country"),
        ("+2101234567", "no country"),
        ("+12021550143", "No telephone in United States"),
        ("+442999999999", "No telephone in United Kingdom"),
    ],
)
def test_each_mistake_has_its_own_words(typed: str, words: str) -> None:
    refused = refusal(US, typed)
    assert refused.code == "invalid_number"
    assert words in refused.message


@pytest.mark.parametrize("typed", ["44 7400 123456", "0044 7400 123456", "447400123456"])
def test_a_missing_plus_is_named_and_the_number_that_was_meant_is_offered(typed: str) -> None:
    refused = refusal(US, typed)
    assert "the + of a country code is missing" in refused.message
    assert refused.help == "Did you mean +44 7400 123456?"


@pytest.mark.parametrize(
    "typed", ["911", "9-1-1", "+911", "112", "+112", "999", "000", "110", "119", "1 1 2", "\uff19\uff11\uff11"]
)
def test_emergency_numbers_of_any_country_are_never_called(typed: str) -> None:
    refused = refusal(US, typed)
    assert refused.code == "number_refused"
    assert "emergency" in refused.message


@pytest.mark.parametrize(("rules", "typed"), [(US, "988"), (US, "411"), (US, "211"), (GB, "101"), (GB, "118118")])
def test_short_codes_are_not_the_telephone_of_a_person(rules: DialingRules, typed: str) -> None:
    refused = refusal(rules, typed)
    assert refused.code == "number_refused"


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+5352345678", "Cuba"),
        ("+252612345678", "Somalia"),
        ("+6745551234", "Nauru"),
        ("+18765551234", "Jamaica"),
        ("+18095551234", "Dominican Republic"),
        ("+12423591234", "Bahamas"),
        ("+14165550123", "Canada"),
        ("+447400123456", "United Kingdom"),
        ("011 44 7400 123456", "United Kingdom"),
    ],
)
def test_a_country_that_is_not_allowed_is_named_with_the_setting(number: str, country: str) -> None:
    refused = refusal(US, number)
    assert refused.code == "number_refused"
    assert f"is in {country}" in refused.message
    assert "United States" in refused.message
    assert refused.help is not None
    assert "DIAL_REGIONS" in refused.help


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("+19005551234", "premium-rate"),
        ("+449098790879", "premium-rate"),
        ("+33899123456", "premium-rate"),
        ("+37190123456", "premium-rate"),
        ("+491801234567", "shared-cost"),
        ("+15005550006", "personal number"),
        ("+447012345678", "personal number"),
        ("+18005551234", "toll-free"),
        ("+447640123456", "pager"),
        ("+445512345678", "company number"),
        ("+881612345678", "satellite"),
        ("+870301234567", "satellite"),
        ("+882131234567", "international network"),
        ("+883510012345", "international network"),
        ("+979123456789", "premium-rate"),
        ("+80012345678", "toll-free"),
        ("+80812345678", "shared-cost"),
        ("+878101234567890", "universal personal"),
        ("+888123456789", "disaster-relief"),
    ],
)
def test_numbers_that_cost_extra_are_refused_even_where_every_country_is_allowed(number: str, words: str) -> None:
    assert words in refusal(EVERYWHERE, number).message


def test_a_voicemail_service_is_refused() -> None:
    number = phonenumbers.example_number_for_type("IL", phonenumbers.PhoneNumberType.VOICEMAIL)
    assert number is not None
    text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    assert "voicemail" in refusal(EVERYWHERE, text).message


@pytest.mark.parametrize("typed", [OWN, "202 555 0199", "1 (202) 555-0199"])
def test_our_own_number_is_not_called_however_it_is_written(typed: str) -> None:
    assert "own number" in refusal(US, typed).message


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_only_landlines_mobiles_and_home_internet_lines_of_a_country_pass(region: str) -> None:
    rules = DialingRules(region, (region,), frozenset())
    kinds = phonenumbers.PhoneNumberType
    for kind in (kinds.PREMIUM_RATE, kinds.SHARED_COST, kinds.PERSONAL_NUMBER, kinds.PAGER, kinds.UAN, kinds.TOLL_FREE):
        number = phonenumbers.example_number_for_type(region, kind)
        if number is not None and phonenumbers.number_type(number) == kind:
            refusal(rules, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    for kind in (kinds.FIXED_LINE, kinds.MOBILE):
        number = phonenumbers.example_number_for_type(region, kind)
        if number is not None and phonenumbers.region_code_for_number(number) == region:
            e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            assert rules.check(e164) == e164


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS - {"US"}))
def test_no_example_number_of_another_country_passes_where_only_the_united_states_are_allowed(region: str) -> None:
    for kind in phonenumbers.PhoneNumberType.values():
        number = phonenumbers.example_number_for_type(region, kind)
        if number is not None and phonenumbers.region_code_for_number(number) == region:
            refusal(US, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_a_refusal_with_words(text: str) -> None:
    outcome: str
    try:
        outcome = US.check(text)
    except NumberRefused as refused:
        outcome = refused.message
    assert outcome.startswith("+1") or outcome.endswith((".", "?"))


@given(st.text(alphabet="0123456789+ -()", max_size=20))
def test_whatever_passes_is_an_ordinary_line_of_an_allowed_country(text: str) -> None:
    try:
        e164 = US.check(text)
    except NumberRefused:
        return
    number = phonenumbers.parse(e164)
    assert phonenumbers.region_code_for_number(number) == "US"
    assert US.check(e164) == e164


def test_every_region_has_a_name() -> None:
    assert NAMES.keys() >= phonenumbers.SUPPORTED_REGIONS
    assert region_name("CU") == "Cuba"
    assert region_name("QQ") == "QQ"


@pytest.mark.parametrize(
    "text", ["0", "00", "7", "+1", "+12", "0000000000000", "999999999999999", "21", "0021", "11234567890123"]
)
def test_what_cannot_even_be_read_as_a_number_is_refused_with_words(text: str) -> None:
    with pytest.raises(NumberRefused) as refused:
        US.check(text)
    assert "number" in refused.value.message
