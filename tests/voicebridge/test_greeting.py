"""Greetings made while the phone rings."""

from __future__ import annotations

from tests.voicebridge.fakes import voice
from voicebridge.audio import codec
from voicebridge.greeting import without_lead_in

SILENCE = bytes([codec.SILENCE])


def test_a_greeting_begins_at_once() -> None:
    spoken = voice(0.5)
    for silence_ms in (0, 5, 10, 47, 300):
        audio = without_lead_in(SILENCE * 8 * silence_ms + spoken)
        assert 0 <= len(audio) - len(spoken) <= 160, "at most 20 ms before the first sound"
        assert audio.endswith(spoken)


def test_silence_inside_and_after_a_greeting_stays() -> None:
    spoken = voice(0.2) + SILENCE * 4000 + voice(0.2) + SILENCE * 800
    assert without_lead_in(SILENCE * 800 + spoken).endswith(spoken)


def test_nothing_but_silence_stays_what_it_is() -> None:
    assert without_lead_in(SILENCE * 1000) == SILENCE * 1000
    assert without_lead_in(b"") == b""
