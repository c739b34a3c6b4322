"""The ears of a call: what is heard becomes events, at the right moments; what was said stays until it is settled."""

from __future__ import annotations

import pytest

from tests.voicebridge.audio.sounds import line, mulaw, silence, speech_like
from voicebridge.dialogue.events import Event, SpeechFading, SpeechPaused, SpeechStarted, SpeechSuspected, UtteranceFull
from voicebridge.ears import Ears

BEGAN = 100.0
"""The moment the stream began."""


def hear(ears: Ears, audio: bytes, begins: float = BEGAN) -> list[Event]:
    """Plays it to them as the telephone does."""
    events: list[Event] = []
    for begin in range(0, len(audio), 160):
        piece = audio[begin : begin + 160]
        events += ears.hear(piece, begins + (begin + len(piece)) / 8000)
    return events


def test_speech_and_its_pauses_are_told_with_their_moments() -> None:
    events = hear(Ears(), line(silence(1.0), speech_like(1.0), silence(0.8), speech_like(1.0), silence(0.5)))
    assert [type(event) for event in events] == [
        SpeechStarted,
        SpeechFading,
        SpeechPaused,
        SpeechSuspected,
        SpeechStarted,
        SpeechFading,
        SpeechPaused,
    ]
    moments = [event.at for event in events if not isinstance(event, UtteranceFull) and hasattr(event, "at")]
    assert moments == pytest.approx([101.0, 102.0, 102.0, 102.8, 102.8, 103.8, 103.8], abs=0.08)
    paused = events[2]
    assert isinstance(paused, SpeechPaused)
    assert paused.pitched_ms is not None
    assert paused.pitched_ms > 400


def test_audio_that_comes_unevenly_has_one_moment_for_one_end_of_a_voice() -> None:
    ears, events = Ears(), list[Event]()
    audio = line(silence(1.0), speech_like(1.0), silence(0.5))
    for count, begin in enumerate(range(0, len(audio), 160)):
        late_s = 0.09 * (count % 7) / 7
        events += ears.hear(audio[begin : begin + 160], BEGAN + begin / 8000 + late_s)
    [fading] = [event for event in events if isinstance(event, SpeechFading)]
    [paused] = [event for event in events if isinstance(event, SpeechPaused)]
    assert fading.at == paused.at == pytest.approx(BEGAN + 2.0, abs=0.15)


def test_what_was_said_is_there_as_often_as_it_is_asked_for() -> None:
    ears = Ears()
    hear(ears, line(silence(1.0), speech_like(1.0), silence(1.0)))
    said = ears.utterance()
    assert said == ears.utterance()
    assert said.audio_ms == pytest.approx(400 + 1000 + 400, abs=200)
    assert said.voiced_ms == pytest.approx(1000, abs=200)
    assert said.snr_db is not None
    assert said.snr_db > 30
    ears.discard()
    assert ears.utterance().audio_ms == 0


def test_a_story_longer_than_the_buffer_goes_on_in_parts() -> None:
    ears = Ears()
    events = hear(ears, line(silence(1.0), speech_like(26.0)))
    assert [type(event) for event in events].count(UtteranceFull) == 1
    assert ears.part().audio_ms == 25_000
    hear(ears, line(speech_like(1.0)), BEGAN + 27)
    assert ears.utterance().audio_ms == 1000


def test_what_is_being_said_while_a_turn_is_settled_stays() -> None:
    ears = Ears()
    hear(ears, line(silence(1.0), speech_like(1.0), silence(1.5), speech_like(0.6)))
    ears.discard()
    assert ears.utterance().audio_ms == pytest.approx(500 + 600, abs=200)


def test_our_own_voice_is_not_heard_when_it_comes_back() -> None:
    said = speech_like(3.0)
    ears = Ears()
    ears.spoke(mulaw(said), BEGAN + 1.0)
    assert hear(ears, line(silence(1.2), 0.2 * said, silence(0.5))) == []


def test_what_we_were_kept_from_saying_does_not_come_back() -> None:
    said = speech_like(3.0)
    ears = Ears()
    ears.spoke(mulaw(said), BEGAN + 1.0)
    ears.silenced(BEGAN + 0.5)
    assert hear(ears, line(silence(1.2), 0.2 * said, silence(0.5))) != []
