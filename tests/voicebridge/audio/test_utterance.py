"""What the person says is kept whole, from just before its first sound, until the turn is settled."""

from __future__ import annotations

from voicebridge.audio.codec import decode
from voicebridge.audio.utterance import Utterance, UtteranceBuffer


def frame(code: int) -> bytes:
    """20 ms that can be told apart."""
    return bytes([code]) * 160


def heard(*codes: int) -> bytes:
    return decode(b"".join(frame(code) for code in codes))


def speak(buffer: UtteranceBuffer, *codes: int) -> list[bool]:
    """Voice; what `feed` said to each frame."""
    return [buffer.feed(frame(code), voiced_ms=20) for code in codes]


def be_silent(buffer: UtteranceBuffer, *codes: int) -> list[bool]:
    return [buffer.feed(frame(code)) for code in codes]


def test_the_moments_before_the_first_word_are_kept() -> None:
    buffer = UtteranceBuffer(preroll_ms=60)
    be_silent(buffer, *range(10, 20))
    buffer.begin()
    speak(buffer, 20)
    assert buffer.utterance() == Utterance(heard(17, 18, 19, 20), audio_ms=80, voiced_ms=20)


def test_how_far_it_stood_out_is_handed_on() -> None:
    buffer = UtteranceBuffer()
    buffer.begin()
    assert buffer.utterance(12.5).snr_db == 12.5
    assert buffer.part(7.0).snr_db == 7.0


def test_voice_is_never_longer_than_the_audio() -> None:
    buffer = UtteranceBuffer()
    buffer.begin()
    buffer.feed(frame(1), voiced_ms=140)
    assert buffer.utterance().voiced_ms == 20


def test_nothing_has_been_said_before_anybody_speaks() -> None:
    buffer = UtteranceBuffer()
    be_silent(buffer, 1)
    assert buffer.utterance() == Utterance(b"", 0, 0)
    assert not buffer.is_open
    buffer.begin()
    assert buffer.utterance().pcm16 == heard(1), "the pre-roll is still there"


def test_it_can_be_asked_for_again_and_again() -> None:
    buffer = UtteranceBuffer()
    buffer.begin()
    speak(buffer, 1)
    assert buffer.utterance() == buffer.utterance()
    buffer.pause()
    buffer.begin()
    speak(buffer, 2)
    assert buffer.utterance().pcm16 == heard(1, 2), "the turn went on: all of it"


def test_a_pause_within_it_is_kept_short() -> None:
    buffer = UtteranceBuffer(preroll_ms=40, tail_ms=40)
    buffer.begin()
    speak(buffer, 1)
    buffer.pause()
    be_silent(buffer, *range(2, 10))
    assert buffer.utterance().pcm16 == heard(1, 2, 3)
    buffer.begin()
    speak(buffer, 20)
    assert buffer.utterance().pcm16 == heard(1, 2, 3, 8, 9, 20)


def test_a_short_pause_is_kept_whole() -> None:
    buffer = UtteranceBuffer(preroll_ms=40, tail_ms=40)
    buffer.begin()
    speak(buffer, 1)
    buffer.pause()
    be_silent(buffer, 2, 3, 4)
    buffer.begin()
    speak(buffer, 5)
    assert buffer.utterance().pcm16 == heard(1, 2, 3, 4, 5), "no moment twice, none lost"


def test_a_long_story_is_taken_in_parts_without_a_gap() -> None:
    buffer = UtteranceBuffer(max_ms=60)
    buffer.begin()
    assert speak(buffer, 1, 2, 3) == [False, False, True]
    assert buffer.part().pcm16 == heard(1, 2, 3)
    assert buffer.is_open
    assert speak(buffer, 4, 5, 6) == [False, False, True]
    assert buffer.part() == Utterance(heard(4, 5, 6), audio_ms=60, voiced_ms=60)


def test_a_full_buffer_says_so_once_and_keeps_the_newest() -> None:
    buffer = UtteranceBuffer(max_ms=40)
    buffer.begin()
    assert speak(buffer, 1, 2, 3, 4) == [False, True, False, False]
    assert buffer.utterance().pcm16 == heard(3, 4)


def test_a_full_buffer_overflows_in_a_pause_as_well() -> None:
    buffer = UtteranceBuffer(max_ms=40)
    buffer.begin()
    speak(buffer, 1, 2)
    buffer.pause()
    be_silent(buffer, 3)
    assert buffer.utterance().pcm16 == heard(2, 3)


def test_a_settled_turn_is_gone() -> None:
    buffer = UtteranceBuffer()
    buffer.begin()
    speak(buffer, 1)
    buffer.pause()
    buffer.discard()
    assert not buffer.is_open
    buffer.begin()
    assert buffer.utterance() == Utterance(b"", 0, 0)


def test_what_is_being_said_when_a_turn_is_settled_stays() -> None:
    buffer = UtteranceBuffer(preroll_ms=20, tail_ms=20)
    buffer.begin()
    speak(buffer, 1)
    buffer.pause()
    be_silent(buffer, 2, 3, 4)
    buffer.begin()
    speak(buffer, 5, 6)
    buffer.discard()
    assert buffer.is_open
    speak(buffer, 7)
    assert buffer.utterance() == Utterance(heard(4, 5, 6, 7), audio_ms=80, voiced_ms=60)
