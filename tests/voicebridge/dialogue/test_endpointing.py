"""How long we are silent before we speak: by the words, by the talker's habit, by the setting."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebridge.dialogue.endpointing import Patience, patience_for

USUAL = Patience()
FINISHED = "I had porridge and a cup of tea this morning."


def waits(
    words: str | None,
    *,
    asked: str = "",
    spoken_s: float = 2.0,
    pauses_s: Sequence[float] = (),
    patience: Patience = USUAL,
) -> float:
    return round(patience.until_sound_s(words, asked=asked, spoken_s=spoken_s, pauses_s=pauses_s), 3)


@pytest.mark.parametrize(
    ("words", "asked", "seconds"),
    [
        (FINISHED, "", 1.3),
        ("Yes, I did.", "Did you sleep well?", 1.3),
        ("Porridge.", "What did you have for breakfast?", 1.3),
        ("My daughter", "", 1.6),
        ("I went to the", "", 1.9),
        ("My number is 0 7 9 4", "", 1.9),
        (None, "", 1.6),
        ("", "", 1.6),
    ],
)
def test_the_words_decide(words: str | None, asked: str, seconds: float) -> None:
    assert waits(words, asked=asked) == seconds


@pytest.mark.parametrize(
    ("why", "pauses_s", "seconds"),
    [
        ("nothing is known of him", [], 1.3),
        ("one long pause may be an accident", [1.5], 1.3),
        ("two are a habit, and a little more is waited", [1.5, 1.4], 1.6),
        ("his pauses are short", [0.4, 0.6, 0.5, 0.3], 1.3),
        ("the longest is an accident, the second longest counts", [0.5, 2.5, 1.3], 1.5),
        ("never much more than usual", [3.0, 3.0, 3.0], 1.8),
        ("what was long ago is forgotten", [2.0, 2.0, *[0.5] * 8], 1.3),
    ],
)
def test_who_often_pauses_long_gets_more_patience(why: str, pauses_s: list[float], seconds: float) -> None:
    assert waits(FINISHED, pauses_s=pauses_s) == seconds, why


def test_a_short_finished_answer_is_answered_soon_whatever_the_habit() -> None:
    assert waits("Yes, I did.", pauses_s=[1.6, 1.6]) == 1.3
    assert waits("I went to the", pauses_s=[1.6, 1.9]) > 1.9 - 0.001


def test_a_pausing_talker_is_waited_for_while_the_words_are_unknown() -> None:
    assert waits(None, pauses_s=[1.7, 1.7]) == 1.9


@pytest.mark.parametrize(("spoken_s", "seconds"), [(0.0, 1.9), (5.0, 1.9), (10.0, 1.853), (15.0, 1.805), (90.0, 1.805)])
def test_a_long_turn_is_waited_for_a_little_less(spoken_s: float, seconds: float) -> None:
    assert waits("and then we went to the", spoken_s=spoken_s) == pytest.approx(seconds, abs=0.001)


def test_a_short_answer_is_not_hurried() -> None:
    assert waits("Yes, I did.", spoken_s=60) == 1.3


@pytest.mark.parametrize(
    ("setting_ms", "complete_s", "doubtful_s", "open_s", "unknown_s"),
    [
        (1300, 1.3, 1.6, 1.9, 1.6),
        (900, 0.9, 1.6, 1.9, 1.2),
        (2000, 2.0, 2.3, 2.6, 2.3),
    ],
)
def test_one_setting_makes_the_patience(
    setting_ms: int, complete_s: float, doubtful_s: float, open_s: float, unknown_s: float
) -> None:
    patience = patience_for(setting_ms)
    assert waits(FINISHED, patience=patience) == complete_s
    assert waits("My daughter", patience=patience) == pytest.approx(doubtful_s)
    assert waits("I went to the", patience=patience) == pytest.approx(open_s)
    assert waits(None, patience=patience) == pytest.approx(unknown_s)


@given(
    st.none() | st.text(max_size=60),
    st.floats(min_value=0, max_value=3600),
    st.lists(st.floats(min_value=0, max_value=60), max_size=20),
    st.integers(min_value=200, max_value=5000),
)
def test_patience_is_never_nothing_and_never_endless(
    words: str | None, spoken_s: float, pauses_s: list[float], setting_ms: int
) -> None:
    patience = patience_for(setting_ms)
    seconds = patience.until_sound_s(words, asked="", spoken_s=spoken_s, pauses_s=pauses_s)
    assert 0.95 * patience.complete_s - 1e-9 <= seconds <= patience.open_s + patience.habit_most_s + 1e-9
