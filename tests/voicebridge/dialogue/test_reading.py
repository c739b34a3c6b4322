"""Which words are judged, and which question they may answer."""

from __future__ import annotations

import pytest

from voicebridge.dialogue.reading import Asked, question_asked, sentence_under_way, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I went out. It rained.", "it rained"),
        ("It rained", "it rained"),
        ("Did it? Yes, it did!", "yes it did"),
        ("I saw Dr. Miller.", "i saw dr miller"),
        ("It is 5 5 5. 1 2 3. 4", "it is 5 5 5 1 2 3 4"),
        ("5 5 5. 1 2 3.", "5 5 5 1 2 3"),
        ("Tea, please, dear.", "tea"),
        ("It was hard, you know.", "it was hard"),
        ("Do you know?", "do you know"),
        ("Thank you.", "thank you"),
        ("No, thank you, my dear.", "no"),
        ("I would love", "i would love"),
        ("Yes, love.", "yes"),
        ("It’s at 9:30.", "it's at 9:30"),
        ("I went. ...", "i went"),
    ],
)
def test_the_last_sentence_without_its_courtesies_is_judged(text: str, words: str) -> None:
    sentence = sentence_under_way(text, asked="")
    assert sentence is not None
    assert " ".join(sentence.words) == words


@pytest.mark.parametrize("text", ["", " ", "...", "?!", "–"])
def test_without_words_there_is_no_sentence(text: str) -> None:
    assert sentence_under_way(text, asked="") is None


def test_openers_are_not_its_core() -> None:
    sentence = sentence_under_way("Oh well, yes, I did.", asked="")
    assert sentence is not None
    assert (sentence.opening, sentence.core) == (["oh", "well", "yes"], ["i", "did"])
    assert (sentence.last, sentence.before) == ("did", "i")


def test_one_word_has_none_before_it() -> None:
    sentence = sentence_under_way("Porridge", asked="")
    assert sentence is not None
    assert (sentence.last, sentence.before, sentence.core) == ("porridge", "", ["porridge"])


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("", Asked.NOTHING),
        ("That is lovely.", Asked.NOTHING),
        ("Did you sleep well?", Asked.YES_OR_NO),
        ("That is lovely. Have you eaten?", Asked.YES_OR_NO),
        ("What did you have for breakfast?", Asked.FACT),
        ("Who's coming?", Asked.FACT),
        ("How many grandchildren do you have?", Asked.FACT),
        ("Would you like tea or coffee?", Asked.FACT),
        ("In the morning or in the evening?", Asked.TIME),
        ("When did you fall?", Asked.TIME),
        ("What time do you get up?", Asked.TIME),
        ("How long have you lived there?", Asked.TIME),
        ("What is your telephone number?", Asked.NUMBER),
        ("How are you today?", Asked.STORY),
        ("Why is that?", Asked.STORY),
        ("What did you do today?", Asked.STORY),
        ("What happened then?", Asked.STORY),
        ("How are you? It is a fine day.", Asked.STORY),
        ("Really?", Asked.YES_OR_NO),
    ],
)
def test_our_last_question_tells_what_may_answer_it(line: str, asked: Asked) -> None:
    assert question_asked(line) is asked


def test_words_keep_their_apostrophes_and_times() -> None:
    assert words_of("Don’t come at 9.30, O'Brien!") == ["don't", "come", "at", "9.30", "o'brien"]
