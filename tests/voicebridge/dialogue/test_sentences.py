"""From a stream of text to sentences that can be spoken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebridge.dialogue.sentences import SentenceSplitter, for_the_ear

LIKELY = "Oh how lovely, it was; Dr. Smith! No. 5 — 1,200 and, or “so” (then) a b: c? …"


def split(text: str, pieces: int = 0, max_chars: int = 220, *, first_clause: bool = False) -> list[str]:
    """The sentences of `text`, fed whole or in pieces of a size."""
    splitter = SentenceSplitter(max_chars, first_clause=first_clause)
    step = pieces or len(text) or 1
    sentences = [sentence for at in range(0, len(text), step) for sentence in splitter.feed(text[at : at + step])]
    return sentences + splitter.flush()


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Hello Anna. How are you?", ["Hello Anna.", "How are you?"]),
        ("Yes!! Really?! Good.", ["Yes!!", "Really?!", "Good."]),
        ("Dr. Miller, Mr. and Mrs. Brown came. Good.", ["Doctor Miller, Mister and Missus Brown came.", "Good."]),
        ("It is on St. James Street. Yes.", ["It is on Saint James Street.", "Yes."]),
        ("Fruit, e.g. Apples, is good. Yes.", ["Fruit, for example Apples, is good.", "Yes."]),
        ("At 9 a.m. or 4 p.m. then. Fine.", ["At nine in the morning or four in the afternoon then.", "Fine."]),
        ("She comes at 10 a.m. The door is open.", ["She comes at ten in the morning.", "The door is open."]),
        ("Take 2.5 of it at 9.30 today. Fine.", ["Take two point five of it at nine thirty today.", "Fine."]),
        ("That was in 1950. Then we moved.", ["That was in nineteen fifty.", "Then we moved."]),
        ("Well... let me see. Wait... What?", ["Well... let me see.", "Wait...", "What?"]),
        ("Well… let me see. Oh… Yes.", ["Well… let me see.", "Oh…", "Yes."]),
        ('"How are you?" she said. "Fine." He left.', ['"How are you?" she said.', '"Fine."', "He left."]),
        ("“Is it late?” Yes.", ["“Is it late?”", "Yes."]),
        ("I know J. Smith. You and I. We two.", ["I know J. Smith.", "You and I.", "We two."]),
        ("No. I do not know house no. 5 there.", ["No.", "I do not know house number five there."]),
        ("1. Tea. 2 cups", ["Tea.", "two cups"]),
        ("1. Rest.\n2. Drink tea\n- and call me", ["Rest.", "Drink tea", "and call me"]),
        ("Really? that is nice.", ["Really?", "that is nice."]),
        ("One line\nand another", ["One line", "and another"]),
        ("**Hello there.** How are you?", ["Hello there.", "How are you?"]),
        ("Not finished", ["Not finished"]),
        ("  \n ... \n", []),
        ("", []),
    ],
)
def test_text_is_cut_where_a_sentence_ends(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences
    for pieces in (1, 2, 3, 5):
        assert split(text, pieces) == sentences, "the cuts of the stream make no difference"


def test_a_sentence_leaves_with_the_first_letter_of_the_next() -> None:
    splitter = SentenceSplitter()
    assert splitter.feed("Good morning. H") == ["Good morning."]
    assert splitter.feed("ow are you?") == []
    assert splitter.feed(" ") == []
    assert splitter.feed("I") == ["How are you?"]
    assert splitter.flush() == ["I"]
    assert splitter.flush() == []


def test_the_first_sentence_leaves_with_its_end() -> None:
    splitter = SentenceSplitter()
    assert splitter.feed("Good morning.") == []
    assert splitter.feed(" ") == ["Good morning."]
    assert SentenceSplitter().feed("How lovely!") == ["How lovely!"]


def test_of_the_first_sentence_a_clause_leaves_and_later_ones_stay_whole() -> None:
    text = "Oh, how lovely, it must have been fun. I am glad, dear Anna, that you went there."
    assert split(text, first_clause=True) == [
        "Oh, how lovely,",
        "it must have been fun.",
        "I am glad, dear Anna, that you went there.",
    ]
    assert split(text)[0] == "Oh, how lovely, it must have been fun."


def test_what_cannot_be_spoken_is_not_a_first_piece() -> None:
    assert split("😀\n**Oh, how lovely, it must have been fun.**", first_clause=True) == [
        "Oh, how lovely,",
        "it must have been fun.",
    ]


def test_marks_behind_the_first_end_are_not_the_beginning_of_the_next() -> None:
    assert split('Really?!" she said. Yes.', first_clause=True) == ["Really?", "she said.", "Yes."]
    assert split("**Hello there!** How are you?", first_clause=True) == ["Hello there!", "How are you?"]


def test_another_language_is_left_as_it_is_written() -> None:
    splitter = SentenceSplitter(language="de")
    assert splitter.feed("Um 9 Uhr kommt Dr. Braun. Gut") + splitter.flush() == ["Um 9 Uhr kommt Dr. Braun.", "Gut"]


def test_a_long_sentence_is_cut_at_a_clause() -> None:
    text = "We went to the garden where the roses were, the apples had fallen and the neighbours came over to us."
    assert split(text, max_chars=60) == [
        "We went to the garden where the roses were,",
        "the apples had fallen and the neighbours came over to us.",
    ]


def test_without_a_clause_it_is_cut_before_a_joining_word() -> None:
    assert split("we saw the old white house and went up to the big red door of it", max_chars=40) == [
        "we saw the old white house",
        "and went up to the big red door of it",
    ]


def test_without_a_joining_word_it_is_cut_at_a_word() -> None:
    assert split("one two three four five six", max_chars=15) == ["one two three", "four five six"]


def test_without_a_space_it_is_cut_all_the_same() -> None:
    assert split("x" * 50, max_chars=20) == ["x" * 20, "x" * 20, "x" * 10]


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("**Very** *good*, `really`!", "Very good, really!"),
        ("# A title", "A title"),
        ("> quoted", "quoted"),
        ("* first\n* second", "first second"),
        ("See [the page](https://example.org/a?b=1) now", "See the page now"),
        ("![a picture](x.png)", "a picture"),
        ("It is at https://example.org/x today", "It is at today"),
        ("Good 😀 morning 👍🏽!", "Good morning!"),
        ("I ❤️ it", "I it"),
        ("👨‍👩‍👧 family", "family"),
        ("20°C in the café, naïve", "20°C in the café, naïve"),
        ("an _old_ snake_case", "an old snake_case"),
        ("Once upon a [interrupted: not heard] time", "Once upon a time"),
        ("about 3 - 4 days", "about 3 - 4 days"),
        ("house #5, ~10 minutes", "house #5, ~10 minutes"),
        ("😀", ""),
        ("—", ""),
    ],
)
def test_only_what_can_be_spoken_is_left(written: str, spoken: str) -> None:
    assert for_the_ear(written) == spoken


@given(
    st.text(alphabet="ab .!?…\n\"')*D—,;:-(é😀", max_size=120),
    st.integers(1, 7),
    st.integers(5, 60),
    st.booleans(),
)
def test_any_text_is_cut_the_same_in_any_pieces_and_nothing_is_lost(
    text: str, pieces: int, max_chars: int, first_clause: bool
) -> None:
    sentences = split(text, max_chars=max_chars, first_clause=first_clause)
    assert split(text, pieces, max_chars, first_clause=first_clause) == sentences
    letters = [character for character in "".join(sentences) if character.isalpha()]
    assert letters == [character for character in text if character.isalpha()]
    assert all(len(sentence) <= max_chars + 1 for sentence in sentences)


@given(st.lists(st.sampled_from(LIKELY.split())))
def test_likely_text_is_cut_the_same_in_any_pieces(words: list[str]) -> None:
    text = " ".join(words)
    whole = split(text, first_clause=True)
    for pieces in (1, 2, 5):
        assert split(text, pieces, first_clause=True) == whole
