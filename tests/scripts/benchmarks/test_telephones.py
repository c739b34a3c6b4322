"""What a telephone plays, and when it is heard."""

from __future__ import annotations

import pytest

from sandbox import line_audio
from scripts.benchmarks.telephones import Playout

SILENCE = line_audio.SILENT_BYTE
ANSWER = line_audio.to_ulaw(line_audio.tone(500, 0.2, -20.0))
LINE = line_audio.to_ulaw(line_audio.tone(1100, 0.2, -20.0))
SPEECH = line_audio.to_ulaw(line_audio.noise("room", -20.0, seconds=0.2))


def test_a_sound_is_heard_when_what_came_before_it_has_been_played() -> None:
    playout = Playout()
    playout.media(ANSWER, 10.0)
    playout.media(ANSWER, 10.05)
    assert [sound.at for sound in playout.sounds] == pytest.approx([10.0, 10.2], abs=0.002)
    assert playout.ends_at == pytest.approx(10.4)
    assert playout.lapses == 0


def test_silence_at_its_beginning_is_no_sound_yet() -> None:
    playout = Playout()
    playout.media(SILENCE * 800 + ANSWER, 10.0)
    playout.media(SILENCE * 160, 10.3)
    assert [sound.at for sound in playout.sounds] == pytest.approx([10.1], abs=0.002)


@pytest.mark.parametrize(("mulaw", "is_answer"), [(ANSWER, True), (LINE, False), (SPEECH, False)])
def test_an_answer_is_told_from_a_holding_word_by_its_sound(mulaw: bytes, is_answer: bool) -> None:
    playout = Playout()
    playout.media(mulaw, 1.0)
    assert playout.sounds[0].is_answer is is_answer


def test_the_answer_after_a_holding_word_is_what_counts() -> None:
    playout = Playout()
    playout.media(ANSWER, 5.0)
    playout.media(LINE, 10.0)
    playout.media(ANSWER, 10.1)
    assert playout.answer_since(9.0) == pytest.approx(10.2, abs=0.002)
    assert playout.answer_since(11.0) is None


def test_a_gap_in_our_voice_is_counted_and_the_silence_between_turns_is_not() -> None:
    playout = Playout()
    for at in (10.0, 10.2, 10.5, 13.0):  # the third comes 100 ms late, the fourth is another turn
        playout.media(ANSWER, at)
    assert playout.lapses == 1


def test_marks_are_due_when_they_have_been_reached() -> None:
    playout = Playout()
    playout.mark("0.1", 9.0)
    assert playout.due_marks(9.0) == ["0.1"]
    playout.media(ANSWER, 10.0)
    playout.mark("1.1", 10.0)
    playout.media(ANSWER, 10.01)
    playout.mark("1.2", 10.01)
    assert playout.due_marks(10.19) == []
    assert playout.due_marks(10.21) == ["1.1"]
    assert playout.due_marks(10.41) == ["1.2"]


def test_a_clear_forgets_what_is_unplayed_and_returns_every_mark() -> None:
    playout = Playout()
    playout.media(ANSWER, 10.0)
    playout.media(ANSWER, 10.0)
    playout.mark("1.1", 10.0)
    playout.clear(10.1)
    assert playout.due_marks(10.1) == ["1.1"]
    assert [(sound.at, sound.until) for sound in playout.sounds] == [pytest.approx((10.0, 10.1), abs=0.002)]
    playout.media(ANSWER, 10.15)
    assert playout.sounds[-1].at == pytest.approx(10.15, abs=0.002)
