"""What is written becomes what is said."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.voicebridge.dialogue.replies import REPLIES
from voicebridge.dialogue.spoken_form import spoken_form

TIMES = [
    ("At 9:30 then", "At nine thirty then"),
    ("at 9.30 am", "at nine thirty in the morning"),
    ("at 9.30 or so", "at nine thirty or so"),
    ("Before 9.05, please", "Before nine oh five, please"),
    ("at 14:05", "at two oh five in the afternoon"),
    ("at 9:00", "at nine o'clock"),
    ("7 pm", "seven in the evening"),
    ("7PM?", "seven in the evening?"),
    ("Come at 9 p.m.", "Come at nine in the evening."),
    ("At 9 a.m. we eat", "At nine in the morning we eat"),
    ("At 9 a.m. Then we eat", "At nine in the morning. Then we eat"),
    ("At 9 a.m. Monday", "At nine in the morning Monday"),
    ("12 pm and 12 am", "twelve noon and midnight"),
    ("0:30 and 23:15", "twelve thirty at night and eleven fifteen at night"),
    ("at 7 pm tonight", "at seven tonight"),
    ("at 9:30 am tomorrow morning", "at nine thirty tomorrow morning"),
    ("at 8 pm on 3 May", "at eight in the evening on the third of May"),
    ("7 o'clock", "seven o'clock"),
    ("9-11 am", "nine until eleven in the morning"),
    ("9 am - 5 pm", "nine in the morning until five in the afternoon"),
    ("10:30–11:15", "ten thirty until eleven fifteen"),
    ("9:00-17:00", "nine o'clock until five in the afternoon"),
    ("Open 9-5", "Open nine to five"),
    ("13 pm", "one in the afternoon"),
]
DATES = [
    ("3 May", "the third of May"),
    ("the 3rd of May", "the third of May"),
    ("The 3 May is fine", "The third of May is fine"),
    ("May 3rd, 2026", "May third, twenty twenty-six"),
    ("May 3 2026", "May third twenty twenty-six"),
    ("on May 3 it rained", "on May third it rained"),
    ("In March 10 people came", "In March ten people came"),
    ("3-5 May", "the third to the fifth of May"),
    ("May 3-5", "May third to fifth"),
    ("Sat 3 Sept. 2026", "Saturday the third of September twenty twenty-six"),
    ("Thurs, 4 Jun", "Thursday, the fourth of June"),
    ("on 5 Dec.", "on the fifth of December."),
    ("Jan. 5 is cold", "January fifth is cold"),
    ("Jan sat down.", "Jan sat down."),
    ("Mon-Fri", "Monday to Friday"),
    ("2026-05-03", "the third of May twenty twenty-six"),
    ("3.5.2026", "the third of May twenty twenty-six"),
    ("25/12", "the twenty-fifth of December"),
    ("12/25/2026", "December twenty-fifth twenty twenty-six"),
    ("05-05-2026", "the fifth of May twenty twenty-six"),
    ("03/05", "three slash five"),
    ("03/05/2026", "three slash five slash twenty twenty-six"),
    ("on 3/4", "on three slash four"),
    ("born in 1938", "born in nineteen thirty-eight"),
    ("1905", "nineteen oh five"),
    ("in 2005 and 2010", "in two thousand and five and twenty ten"),
    ("in 1066", "in ten sixty-six"),
    ("May 2026", "May twenty twenty-six"),
    ("1939-45", "nineteen thirty-nine to forty-five"),
    ("1939–1945", "nineteen thirty-nine to nineteen forty-five"),
    ("the 1950s, the '60s and the 70's", "the nineteen fifties, the sixties and the seventies"),
    ("the 1900s", "the nineteen hundreds"),
    ("1234 steps", "one thousand two hundred and thirty-four steps"),
]
AMOUNTS = [
    ("2.5 mg", "two point five milligrams"),
    ("1mg", "one milligram"),
    ("10 ml", "ten millilitres"),
    ("5 km or 1 mi", "five kilometres or one mile"),
    ("20 °C", "twenty degrees Celsius"),
    ("-5°C", "minus five degrees Celsius"),
    ("18-20 °C", "eighteen to twenty degrees Celsius"),
    ("6 ft", "six feet"),
    ("60 km/h", "sixty kilometres per hour"),
    ("30 mph", "thirty miles per hour"),
    ("2 tablets/day", "two tablets per day"),
    ("5 min. walk", "five minute walk"),
    (
        "a 500 mg tablet, a 5 km walk, a 20-mg dose",
        "a five hundred milligram tablet, a five kilometre walk, a twenty milligram dose",
    ),
    ("1/2 tablet", "half a tablet"),
    ("1/2 hour", "half an hour"),
    ("½ hour", "half an hour"),
    ("1½ tablets", "one and a half tablets"),
    ("2 1/2 mg", "two and a half milligrams"),
    ("1 3/4 hour", "one and three quarters hour"),
    ("3/4 cup", "three quarters of a cup"),
    ("1/4 of it", "a quarter of it"),
    ("1/3 the dose", "a third of the dose"),
    ("1/2 the dose", "half the dose"),
    ("2/3", "two thirds"),
    ("5/4", "five slash four"),
    ("2x daily", "twice daily"),
    ("1x a day, 3x a week", "once a day, three times a week"),
    ("2-3x daily", "two to three times daily"),
    ("2 x 500 mg", "two times five hundred milligrams"),
    ("3x4 m", "three by four metres"),
    ("a 4x4", "a four by four"),
    ("3 x 4", "three times four"),
    ("$5.50", "five dollars and fifty cents"),
    ("£3", "three pounds"),
    ("£1", "one pound"),
    ("€1,200", "one thousand two hundred euros"),
    ("£0.50 or 50p or 1p", "fifty pence or fifty pence or one penny"),
    ("$0.00", "zero dollars"),
    ("£2.00", "two pounds"),
    ("$1.5", "one point five dollars"),
    ("$5m", "five million dollars"),
    ("£2.5 billion", "two point five billion pounds"),
    ("$20-30", "twenty to thirty dollars"),
    ("a £10 note", "a ten pound note"),
    ("20 € or 30 GBP", "twenty euros or thirty pounds"),
    ("50%", "fifty percent"),
    ("10-20 %", "ten to twenty percent"),
]
NUMBERS = [
    ("020 7946 0958", "zero two zero, seven nine four six, zero nine five eight"),
    ("(020) 7946 0958.", "zero two zero, seven nine four six, zero nine five eight."),
    ("+1 202 555 0101", "plus one, two zero two, five five five, zero one zero one"),
    ("+44 (0)20 7946 0958", "plus four four, two zero, seven nine four six, zero nine five eight"),
    ("+5 more", "plus five more"),
    ("05 06 07", "zero five zero six zero seven"),
    ("(202) 555-0101", "two zero two, five five five, zero one zero one"),
    ("1-800-555-0199", "one, eight zero zero, five five five, zero one nine nine"),
    ("555-0101", "five five five, zero one zero one"),
    ("07700900123", "zero seven seven zero zero, nine zero zero, one two three"),
    ("2025550101", "two zero two, five five five, zero one zero one"),
    ("123456789", "one two three, four five six, seven eight nine"),
    ("Call 999.", "Call nine nine nine."),
    ("911 or 112", "nine one one or one hundred and twelve"),
    ("dial 112 now", "dial one one two now"),
    ("NHS 111", "NHS one one one"),
    ("999 sheep's wool", "nine nine nine sheep's wool"),
    ("call 100 people", "call one hundred people"),
    ("The code is 4071", "The code is four zero seven one"),
    ("No. 5", "Number five"),
    ("nos. 5 and 6, #7, p. 8, pp. 8-9", "number five and six, number seven, page eight, pages eight to nine"),
    ("~10 or 65+", "about ten or sixty-five plus"),
    ("1st, 2nd, 23rd", "first, second, twenty-third"),
    ("5th-7th", "fifth to seventh"),
    ("2-3 times", "two to three times"),
    ("100-200", "one hundred to two hundred"),
    ("1,234,567", "one million two hundred and thirty-four thousand five hundred and sixty-seven"),
    ("2.5 million", "two point five million"),
    ("5000000", "five million"),
    ("10 000 steps", "ten thousand steps"),
    ("0800 000 000", "zero eight zero zero, zero zero zero, zero zero zero"),
    (".5 of it", "zero point five of it"),
    ("1.2.3", "one point two point three"),
    ("1,2,3", "one, two, three"),
    ("2+2=4", "two plus two equals four"),
    ("3:2", "three to two"),
    ("007", "zero zero seven"),
    ("B12 and 3D", "B twelve and three D"),
    ("COVID-19", "COVID-nineteen"),
    ("an 85-year-old", "an eighty-five-year-old"),
    ("120/80", "one hundred and twenty over eighty"),
    ("24/7 on 9/11", "twenty-four seven on nine eleven"),
    ("5'4\"", "five foot four"),
]
WORDS = [
    ("Dr. Smith and Dr Who", "Doctor Smith and Doctor Who"),
    ("Mr. and Mrs. Brown", "Mister and Missus Brown"),
    ("the dr", "the dr"),
    ("12 Elm Dr.", "twelve Elm Drive."),
    ("St. Mary's on St. James St. in town", "Saint Mary's on Saint James Street in town"),
    ("on Oxford St. We went", "on Oxford Street. We went"),
    ("Luther King Jr. was", "Luther King Junior was"),
    ("fruit, e.g. apples, nuts etc.", "fruit, for example apples, nuts and so on."),
    ("nuts, etc. and E.g. tea", "nuts, and so on and For example tea"),
    ("approx. 5, i.e. a few", "approximately five, that is a few"),
    ("an appt asap", "an appointment as soon as possible"),
    ("Apt. 5, tel: none", "Apartment five, telephone: none"),
    ("That is apt. It fits.", "That is apt. It fits."),
    ("I said no. I did.", "I said no. I did."),
    ("Elizabeth II and Henry VIII", "Elizabeth the second and Henry the eighth"),
    ("King George V, Pope John XXIII", "King George the fifth, Pope John the twenty-third"),
    ("Elizabeth I know", "Elizabeth I know"),
    ("World War II, World War I", "World War two, World War one"),
    ("Part IV, Part I liked", "Part four, Part I liked"),
    ("tea & cake, M&S, a &amp; b", "tea and cake, M and S, a and b"),
    ("his/her", "his or her"),
    ("and/or", "and or"),
    ("w/ milk, w/o sugar", "with milk, without sugar"),
    ("anna.smith@example.com", "anna dot smith at example dot com"),
    ("see www.nhs.uk/help.", "see nhs dot uk."),
    ("https://www.age-uk.org.uk/a?b=1, yes", "age dash uk dot org dot uk, yes"),
    ("Example.com", "example dot com"),
]


@pytest.mark.parametrize(("written", "said"), TIMES + DATES + AMOUNTS + NUMBERS + WORDS)
def test_what_is_written_becomes_what_is_said(written: str, said: str) -> None:
    assert spoken_form(written) == said
    assert spoken_form(said) == said


def test_another_language_passes_unchanged() -> None:
    assert spoken_form("Um 9:30 Uhr, Dr. Braun", "de") == "Um 9:30 Uhr, Dr. Braun"
    assert spoken_form("9:30", "en-GB") == "nine thirty"


@pytest.mark.parametrize("reply", REPLIES)
def test_plain_speech_is_not_changed(reply: str) -> None:
    assert spoken_form(reply) == reply


ANYTHING = st.text() | st.text(alphabet="0123459 .,:/-+'’%°$£€xmgapMay½&@wIVSt", max_size=60)
LIKELY = """\
1|2|30|05|1938|2026|1,200|2.5|911|020 7946 0958|+1 202|555-0101|am|pm|a.m.|p.m.|:|.|,|/|-|–|+|=|x|%|°|°C|mg|m|g|/h|$
£|€|p|¢|May|Jan|Sept.|Mon|Sat|of|the|st|rd|th|s|'|”|(|)|½|&|@|www.|http://|example|.com|Dr.|St.|St|Mrs|Jr.|etc|etc.|e.g.|i.e.|vs.
No.|no.|#|pp.|~|Elizabeth|King|II|V|I|World War|Part|w/|w/o|and|or|and/or|apt.|tel:|at|on|people|times
tablet|note|1/2|24/7|!|?|…|é|ß|²|٣|_|B|"""
PARTS = [part for line in LIKELY.splitlines() for part in line.split("|")]


def check_laws(text: str) -> None:
    said = spoken_form(text)
    assert spoken_form(said) == said
    assert not re.search("[0-9]", said)


@given(ANYTHING)
def test_any_text_has_a_spoken_form_without_figures_that_stays_as_it_is(text: str) -> None:
    check_laws(text)


@given(st.lists(st.sampled_from(PARTS), max_size=8), st.sampled_from(["", " "]))
def test_so_has_any_order_of_likely_parts(parts: list[str], gap: str) -> None:
    check_laws(gap.join(parts))


@pytest.mark.parametrize(
    "part",
    ["1", "1-", "1/", "1,", "1.", "1,000,", "0 ", " ", "a.", "a-", "a@", "A'", "(", "-", "+1 ", "www.", "http://", "&"]
    + ["St. ", "Elizabeth ", "5 mg at 9:30 am on 3 May, ", "£5 ", "a/", "1x", "½"],
)
def test_the_time_grows_with_the_length_and_no_faster(part: str) -> None:
    # A rule that is quadratic takes a minute and more.
    begun_at = time.process_time()
    spoken_form(part * (40_000 // len(part)))
    assert time.process_time() - begun_at < 15
