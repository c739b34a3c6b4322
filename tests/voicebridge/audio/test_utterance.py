"""What the person says is kept whole, from just before its first sound."""

from __future__ import annotations

from voicebridge.audio.codec import decode
from voicebridge.audio.utterance import Utterance, UtteranceBuffer


def frame(code: int) -> bytes:
    """20 ms that can be told apart."""
    return bytes([code]) * 160


def heard(*codes: int) -> bytes:
    return decode(b"".join(frame(code) for code in codes))


def test_the_moments_before_the_first_word_are_kept() -> None:
    buffer = UtteranceBuffer(preroll_ms=60)
    for code in range(10, 20):
        buffer.feed(frame(code))
    buffer.begin()
    buffer.feed(frame(20), voiced_ms=20)
    assert buffer.take(final=True) == Utterance(heard(17, 18, 19, 20), audio_ms=80, voiced_ms=20)


def test_the_voice_of_the_frame_that_began_it_counts() -> None:
    buffer = UtteranceBuffer(preroll_ms=300)
    buffer.feed(frame(1))
    buffer.feed(frame(2), voiced_ms=140)
    buffer.begin()
    buffer.feed(frame(3), voiced_ms=20)
    assert buffer.take(final=True).voiced_ms == 60, "never more than there is audio"
    buffer.feed(frame(4), voiced_ms=20)
    buffer.feed(frame(5))
    buffer.begin()
    assert buffer.take(final=True).voiced_ms == 0


def test_nothing_is_taken_before_anybody_speaks() -> None:
    buffer = UtteranceBuffer()
    buffer.feed(frame(1), voiced_ms=20)
    assert buffer.take(final=True) == Utterance(b"", 0, 0)
    assert not buffer.is_open
    buffer.begin()
    assert buffer.take(final=True).pcm16 == heard(1), "the pre-roll is still there"


def test_what_was_taken_is_not_in_the_next_utterance() -> None:
    buffer = UtteranceBuffer(preroll_ms=300)
    buffer.begin()
    buffer.feed(frame(1), voiced_ms=20)
    buffer.take(final=True)
    buffer.feed(frame(2))
    buffer.begin()
    buffer.feed(frame(3), voiced_ms=20)
    assert buffer.take(final=True).pcm16 == heard(2, 3)


def test_a_long_story_is_taken_in_parts_without_a_gap() -> None:
    buffer = UtteranceBuffer(max_ms=60)
    buffer.begin()
    assert [buffer.feed(frame(code), voiced_ms=20) for code in range(1, 4)] == [False, False, True]
    assert buffer.take(final=False).pcm16 == heard(1, 2, 3)
    assert buffer.is_open
    assert [buffer.feed(frame(code), voiced_ms=20) for code in range(4, 7)] == [False, False, True]
    assert buffer.take(final=True) == Utterance(heard(4, 5, 6), audio_ms=60, voiced_ms=60)


def test_a_full_buffer_says_so_once_and_keeps_the_newest() -> None:
    buffer = UtteranceBuffer(max_ms=40)
    buffer.begin()
    assert [buffer.feed(frame(code), voiced_ms=20) for code in range(1, 5)] == [False, True, False, False]
    assert buffer.take(final=True).pcm16 == heard(3, 4)


def test_the_silence_after_the_last_word_is_cut_down() -> None:
    buffer = UtteranceBuffer(tail_ms=40)
    buffer.begin()
    buffer.feed(frame(1), voiced_ms=20)
    for code in range(2, 8):
        buffer.feed(frame(code))
    assert buffer.take(final=True).pcm16 == heard(1, 2, 3)


def test_a_part_in_the_middle_keeps_its_silence() -> None:
    buffer = UtteranceBuffer(tail_ms=20)
    buffer.begin()
    for code in range(1, 5):
        buffer.feed(frame(code))
    assert buffer.take(final=False).audio_ms == 80


def test_a_discarded_utterance_is_gone() -> None:
    buffer = UtteranceBuffer()
    buffer.begin()
    buffer.feed(frame(1), voiced_ms=20)
    buffer.discard()
    assert not buffer.is_open
    buffer.begin()
    assert buffer.take(final=True) == Utterance(b"", 0, 0)
