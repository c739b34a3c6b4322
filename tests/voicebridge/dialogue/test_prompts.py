"""What the model is told, and how we introduce ourselves."""

from __future__ import annotations

import pytest

from voicebridge.dialogue.prompts import CLOSING_HINT, SUMMARISE, greeting_text, is_introduction, system_prompt
from voicebridge.dialogue.sentences import SentenceSplitter


def sentences(text: str) -> list[str]:
    splitter = SentenceSplitter(first_clause=False)
    return splitter.feed(text) + splitter.flush()


@pytest.mark.parametrize("topic", [None, "the garden"])
@pytest.mark.parametrize("person", [None, "Anna Miller"])
def test_the_first_sentence_says_who_calls_for_whom_and_that_it_is_a_machine(
    person: str | None, topic: str | None
) -> None:
    first = sentences(greeting_text(person, "your daughter Ruth", topic))[0]
    assert "Kindline" in first
    assert "on behalf of your daughter Ruth" in first
    assert "automated AI voice" in first
    assert person is None or f"Hello {person}," in first


def test_the_greeting_says_what_the_call_is_about_and_asks_one_question() -> None:
    assert sentences(greeting_text("Anna", None, "the garden")) == [
        "Hello Anna, this is Kindline, an automated AI voice.",
        "I would like to talk with you about the garden.",
        "How are you today?",
    ]


def test_the_greeting_is_put_as_it_is_said() -> None:
    greeting = greeting_text("Mrs. Miller", "Dr. Brown", "your visit on 3 May at 9:30")
    assert greeting.startswith(
        "Hello Missus Miller, this is Kindline, an automated AI voice, calling on behalf of Doctor"
    )
    assert "about your visit on the third of May at nine thirty." in greeting


def test_the_model_is_told_what_is_known_of_the_call() -> None:
    prompt = system_prompt("Anna", "her daughter Ruth", "the garden", today="Sunday, the third of May")
    for fact in ("Anna", "her daughter Ruth", "the garden", "Sunday, the third of May"):
        assert fact in prompt.partition("This call:")[2]


def test_what_is_not_known_is_not_mentioned() -> None:
    about_this_call = system_prompt(None, None, None).partition("This call:\n")[2]
    assert about_this_call == "- You have already said who you are. Do not introduce yourself again."


@pytest.mark.parametrize(
    "rule",
    ["Never pretend to be human", "No medical advice", "Never ask for money, a PIN", "one question at a time"]
    + ["hang up now and call the local emergency", "Plain, everyday words", "one or two sentences"],
)
def test_the_laws_of_the_voice_are_told(rule: str) -> None:
    assert rule in " ".join(system_prompt(None, None, None).split())


def test_the_hints_can_be_recognised() -> None:
    assert "said goodbye" in CLOSING_HINT
    assert SUMMARISE.startswith("Summarise")


@pytest.mark.parametrize(
    ("heard", "enough"),
    [
        ("", False),
        ("Hello Ada, this is Kindline, an automated", False),
        ("Hello Ada, this is Kindline, an automated AI voice, calling on behalf of Sunrise", False),
        ("Hello. This is Kindline, an automated A I voice.", True),
        (greeting_text("Ada", "Sunrise House", None), True),
    ],
)
def test_a_greeting_has_introduced_us_once_its_first_sentence_was_heard(heard: str, enough: bool) -> None:
    assert is_introduction(heard) is enough
