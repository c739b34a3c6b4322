"""How early the first piece of a reply leaves."""

from __future__ import annotations

import re
from statistics import median

import pytest

from sandbox.companion_script import TOPICS
from tests.voicebridge.dialogue.replies import REPLIES
from voicebridge.dialogue.first_clause import end_of_first_piece
from voicebridge.dialogue.sentences import SentenceSplitter

SCRIPTED = tuple(f"{says} {topic.asks[0].text}" for topic in TOPICS if topic.asks for says in topic.says)


EXCLAMATIONS = {"Oh dear,", "Oh my,", "I see,", "My goodness,", "That's good,", "That is good,"}
"""What may be said on its own, however short it is."""


def tokens_of(text: str) -> list[str]:
    """Like a model's: a word with the space before it, or a mark."""
    return re.findall(r"\s?[\w'’]+|\s?[^\w\s]|\s", text)


def first_piece(reply: str, *, first_clause: bool = True) -> tuple[str, int]:
    """The first piece, and after how many tokens it left (the end of the stream counts as one)."""
    splitter = SentenceSplitter(first_clause=first_clause)
    tokens = tokens_of(reply)
    for number, token in enumerate(tokens, 1):
        if pieces := splitter.feed(token):
            return pieces[0], number
    return splitter.flush()[0], len(tokens) + 1


def leaves(text: str) -> str | None:
    """What leaves first of the text while more may come; None if nothing does."""
    pieces = SentenceSplitter().feed(text)
    return pieces[0] if pieces else None


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("Oh, how lovely, it m", "Oh, how lovely,"),
        ("Oh, how lovely, it", None),
        ("Oh dear, a", "Oh dear,"),
        ("Oh dear, I ", "Oh dear,"),
        ("I see, Anna", None),
        ("I see", None),
        ("That is lovely, s", "That is lovely,"),
        ("When you go out, please ta", "When you go out,"),
        ("I have a question: h", "I have a question:"),
        ("That is so kind; th", "That is so kind;"),
        ("That is lovely — w", "That is lovely —"),
        ("That is lovely—w", "That is lovely—"),
        ("That is lovely - w", "That is lovely -"),
        ("I had a well-made dress of w", None),
        ("Well, that would be a f", None),
        ("Dr. Smith, what a good d", None),
        ("I am glad to hear that, Anna. ", "I am glad to hear that, Anna."),
        ("I am glad to hear that, my dear. ", "I am glad to hear that, my dear."),
        ("I am glad to hear that, Mrs. Brown. ", "I am glad to hear that, Missus Brown."),
        ("I am glad to hear that, Mrs. Brown is n", "I am glad to hear that,"),
        ("It is a lovely day, isn't it? ", "It is a lovely day, isn't it?"),
        ("I like tea, coffee and c", None),
        ("I like tea, coffee, cake and b", None),
        ("I like black tea, white bread o", "I like black tea,"),
        ("I like black tea, cake a", None),
        ("I like black tea, cake and", None),
        ("We like tea, and then we w", "We like tea,"),
        ("About 1,200 people c", None),
        ("It was on May 3, 2026, when it r", None),
        ("Come at half past 9, 10 is too l", None),
        ("He said “Oh, how very lovely, it must b", None),
        ('He said "how very lovely it was, and then w', None),
        ("It was (how very lovely, it must b", None),
        ("Yes!", "Yes!"),
        ("Are you well?", "Are you well?"),
        ("5?", None),
        ('"Are you well?', None),
        ("https://example.org/a?", None),
        ("Good morning. ", "Good morning."),
        ("Good morning.", None),
        ("I know J. ", None),
        ("It is no. ", None),
        ("It is approx. ", None),
        ("It is 5. ", None),
        ("Well... ", None),
        ("Come at 9 a.m. ", None),
        ("Good morning ", None),
    ],
)
def test_what_leaves_first(text: str, piece: str | None) -> None:
    assert leaves(text) == piece


def test_the_shortest_clause_has_three_words_and_twelve_characters() -> None:
    assert end_of_first_piece("I am so sad, it is") == len("I am so sad,")
    assert end_of_first_piece("I am so so, it is") == 0
    assert end_of_first_piece("Congratulations Anna, it is") == 0


def test_the_first_piece_of_typical_replies_leaves_much_earlier() -> None:
    replies = REPLIES + SCRIPTED
    assert len(replies) >= 90
    saved = [first_piece(reply, first_clause=False)[1] - first_piece(reply)[1] for reply in replies]
    assert min(saved) >= 0
    with_clause = [tokens for tokens in saved if tokens > 1]
    assert len(with_clause) >= 0.35 * len(REPLIES)
    assert median(with_clause) >= 6


@pytest.mark.parametrize("reply", REPLIES + SCRIPTED)
def test_neither_the_first_piece_nor_the_rest_of_its_sentence_is_a_scrap(reply: str) -> None:
    sentences = SentenceSplitter(first_clause=False)
    sentence = (sentences.feed(reply) + sentences.flush())[0]
    piece, _ = first_piece(reply)
    assert sentence.startswith(piece)
    if piece != sentence:
        rest = sentence.removeprefix(piece)
        assert piece in EXCLAMATIONS or (len(piece) >= 12 and len(piece.split()) >= 3)
        assert len(rest.split()) >= 2
