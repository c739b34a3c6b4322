"""Twilio's playout buffer, in media time."""

from sandbox.playout_buffer import PlayoutBuffer


def test_media_of_any_size_is_played_in_order_in_frames_of_160_bytes() -> None:
    buffer = PlayoutBuffer()
    buffer.media(b"a" * 100)
    buffer.media(b"b" * 300)
    assert buffer.play()[0] == b"a" * 100 + b"b" * 60
    assert buffer.play()[0] == b"b" * 160
    assert buffer.play()[0] == b"b" * 80 + b"\xff" * 80


def test_an_empty_buffer_plays_mu_law_silence() -> None:
    assert PlayoutBuffer().play() == (b"\xff" * 160, [])


def test_a_mark_is_echoed_when_all_media_before_it_has_been_played() -> None:
    buffer = PlayoutBuffer()
    buffer.media(b"a" * 320)
    assert buffer.mark("half") == []
    buffer.media(b"b" * 160)
    assert buffer.mark("end") == []
    assert [buffer.play()[1] for _ in range(3)] == [[], ["half"], ["end"]]


def test_a_mark_is_echoed_at_once_when_nothing_is_buffered() -> None:
    buffer = PlayoutBuffer()
    assert buffer.mark("now") == ["now"]
    buffer.media(b"a" * 160)
    buffer.play()
    assert buffer.mark("again") == ["again"]


def test_clear_empties_the_buffer_and_echoes_all_pending_marks_in_order() -> None:
    buffer = PlayoutBuffer()
    buffer.media(b"a" * 1000)
    buffer.mark("one")
    buffer.media(b"b" * 1000)
    buffer.mark("two")
    buffer.play()
    assert buffer.clear() == ["one", "two"]
    assert buffer.buffered == 0
    assert buffer.play() == (b"\xff" * 160, [])
    buffer.media(b"c" * 160)
    assert buffer.play()[0] == b"c" * 160


def test_what_does_not_fit_into_ten_minutes_is_discarded() -> None:
    buffer = PlayoutBuffer()
    minute = b"a" * 8000 * 60
    assert [buffer.media(minute) for _ in range(10)] == [0] * 10
    assert buffer.media(b"b" * 160) == 160
    buffer.play()
    assert buffer.media(b"b" * 200) == 40
