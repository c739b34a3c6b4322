"""What a whole utterance is for: no word somewhere in a story decides it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebridge.dialogue.intents import is_backchannel, is_goodbye, is_hello


@pytest.mark.parametrize(
    "text",
    [
        "goodbye",
        "Goodbye.",
        "Good bye!",
        "Good-bye.",
        "bye bye",
        "Bye-bye, dear.",
        "Bye, bye, bye.",
        "I have to go now, bye",
        "I have to go now.",
        "I've got to go.",
        "I must go now. Goodbye.",
        "okay then, goodbye dear",
        "Okay, bye.",
        "talk to you later",
        "I'll talk to you tomorrow.",
        "Speak to you soon!",
        "See you on Sunday.",
        "Good night, love.",
        "Well, thank you for calling. Goodbye.",
        "Thank you so much for calling, it was lovely talking to you. Bye bye.",
        "Goodbye, and thank you for calling.",
        "Goodbye. Talk to you next week.",
        "Take care. Bye.",
        "My daughter is coming at five, so I have to make tea. Goodbye.",
        "my tea is ready so goodbye",
        "That will be all for today, goodbye",
        "The doctor said so. Goodbye!",
        "I'll let you go now.",
        "I'm going to hang up now.",
        "Have a nice day.",
        "No, that's all. Goodbye.",
    ],
)
def test_a_farewell_is_a_goodbye(text: str) -> None:
    assert is_goodbye(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "my husband said goodbye last year",
        "My husband said goodbye.",
        "She never got to say goodbye.",
        "He just said, goodbye.",
        "I told her: goodbye.",
        "he said hello and goodbye",
        "It was a good buy.",
        "good buy",
        "Did you say goodbye?",
        "It was a sad goodbye",
        "I have to go to the doctor.",
        "I have to go now to the shop",
        "Bye, oh wait, I have a question.",
        "We stood by the river",
        "Thank you.",
        "Thank you very much, dear.",
        "Okay.",
        "Okay then",
        "Well now",
        "Goodbye is such a sad word",
        "they all waved and waved bye bye",
        "I see you have a nice voice",
    ],
)
def test_a_story_is_not_a_goodbye(text: str) -> None:
    assert not is_goodbye(text)


@pytest.mark.parametrize(
    "text",
    [
        "Hello?",
        "hello",
        "Hello, hello?",
        "Yes, hello?",
        "Hello? Who's there?",
        "Good morning.",
        "Oh, hello dear!",
        "Hi.",
    ]
    + ["Who is it?", "Hello. Who is calling, please?", "Well, hello there."],
)
def test_picking_up_is_a_hello(text: str) -> None:
    assert is_hello(text)


@pytest.mark.parametrize(
    "text",
    ["", "Yes.", "Yes, speaking.", "Hello, I cannot hear you.", "Hello, this is Anna Miller.", "I said hello to her."]
    + ["Stop.", "Hello hello hello hello hello hello hello hello hello"],
)
def test_a_sentence_is_not_a_bare_hello(text: str) -> None:
    assert not is_hello(text)


@pytest.mark.parametrize(
    "text",
    ["mm-hm", "Mm-hmm.", "Mhm", "Uh-huh.", "Hmm.", "yes", "Yes, dear.", "yes dear", "Okay.", "OK", "I see.", "Oh!"]
    + ["Oh, I see.", "Yes, yes.", "Right.", "Oh dear.", "Really?", "That's right.", "Of course, dear."],
)
def test_a_sign_of_listening_is_a_backchannel(text: str) -> None:
    assert is_backchannel(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "No.",
        "Stop.",
        "Wait.",
        "Yes, but I am tired.",
        "Yes I did.",
        "I see him every day.",
        "What?",
        "dear",
        "Help!",
    ]
    + ["yes yes yes yes yes yes"],
)
def test_words_that_want_the_floor_are_no_backchannel(text: str) -> None:
    assert not is_backchannel(text)


@given(st.text(max_size=400))
def test_any_text_can_be_judged(text: str) -> None:
    assert isinstance(is_goodbye(text), bool)
    assert not (is_hello(text) and is_backchannel(text))


def test_a_very_long_story_is_judged_quickly() -> None:
    story = "and then we went to the market and he said bye bye so then well okay now " * 2000
    assert not is_goodbye(story + "to her")
    assert is_goodbye(story + ". Goodbye")
