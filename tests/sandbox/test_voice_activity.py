"""When somebody is audible on the line."""

from sandbox import line_audio
from sandbox.line_audio import FRAME_S, SILENT_FRAME
from sandbox.voice_activity import SpeechBegan, SpeechEnded, SpeechSegments

LOUD = line_audio.to_ulaw(line_audio.tone(440, FRAME_S))


def feed(*parts: tuple[bytes, float]) -> list[SpeechBegan | SpeechEnded]:
    segments = SpeechSegments()
    events = []
    frame_number = 0
    for frame, seconds in parts:
        for _ in range(round(seconds / FRAME_S)):
            event = segments.feed(frame, frame_number * FRAME_S)
            frame_number += 1
            if event is not None:
                events.append(event)
    return events


def test_speech_has_its_audible_begin_and_end() -> None:
    began, ended = feed((SILENT_FRAME, 1.0), (LOUD, 0.6), (SILENT_FRAME, 1.0))
    assert isinstance(began, SpeechBegan)
    assert isinstance(ended, SpeechEnded)
    assert round(began.at, 2) == round(ended.began, 2) == 1.0
    assert round(ended.ended, 2) == 1.6
    assert len(ended.ulaw) / 8000 > 1.1


def test_a_short_pause_does_not_end_the_speech() -> None:
    events = feed((LOUD, 0.3), (SILENT_FRAME, 0.4), (LOUD, 0.3), (SILENT_FRAME, 0.6))
    assert [type(event) for event in events] == [SpeechBegan, SpeechEnded]


def test_a_click_of_one_frame_is_not_speech() -> None:
    assert feed((SILENT_FRAME, 0.2), (LOUD, 0.02), (SILENT_FRAME, 1.0)) == []


def test_after_twenty_seconds_a_tenth_of_a_second_of_quiet_is_enough() -> None:
    events = feed((LOUD, 21.0), (SILENT_FRAME, 0.12), (LOUD, 1.0))
    assert [type(event) for event in events] == [SpeechBegan, SpeechEnded, SpeechBegan]
