"""The notation of the phrases, and how what was said is made comparable."""

from __future__ import annotations

import re

import pytest

from voicebridge.dialogue.phrases import one_of, plain_words


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("", ""),
        ("Hold on.", " hold on |"),
        ("You're TOO quiet!", " you are too quiet |"),
        ("I can't, cannot, won't", " i can not | can not | will not"),
        ("I'll say what's this, let's go", " i will say what is this | let us go"),
        ("my daughter’s dog", " my daughter s dog"),
        ("the doorbell's ringing", " the doorbell is ringing"),
    ],
)
def test_what_was_said_is_made_plain(text: str, plain: str) -> None:
    assert plain_words(text) == plain


@pytest.mark.parametrize(
    ("phrases", "text", "matches"),
    [
        ("say (that|it) again", "say it again", True),
        ("say (that|it) again", "say again", False),
        ("[please] stop", "stop", True),
        ("[please] stop", "please stop", True),
        ("[oh], stop", "oh, stop", True),
        ("[oh], stop", "oh stop", True),
        ("wait\nhold on", "hold on", True),
        ("hold on {MOMENT}", "hold on a little minute", True),
        ("let me get _", "let me get my reading glasses", True),
        ("let me get _", "let me get", False),
        ("let me get _", "let me get it and tell you", False),
        ("let me get _", "let me get the", False),
    ],
)
def test_the_notation_of_phrases(phrases: str, text: str, *, matches: bool) -> None:
    assert bool(re.fullmatch(one_of(phrases), plain_words(text))) is matches
