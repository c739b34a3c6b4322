"""When a pause has begun: the ears may find that out late."""

from __future__ import annotations

from tests.voicebridge.dialogue.words import asked, drafted, heard, released, said
from tests.voicebridge.script import Script
from voicebridge.dialogue.events import SpeechPaused


def test_what_turns_out_not_to_have_been_the_person_does_not_keep_them_waiting(greeted: Script) -> None:
    script = greeted.speech(6.0, 9.0).at(9.5, heard(1, "I am in the garden."))
    script.expect(asked(1), drafted(2, 1, "I am in the garden.", 9.0))
    script.at(9.9, SpeechPaused(at=7.5)).expect(said(1, "I am in the garden."), released(2))


def test_a_pause_does_not_begin_later_than_was_told(greeted: Script) -> None:
    script = greeted.speech(6.0, 9.0).at(9.5, heard(1, "I am in the garden."), SpeechPaused(at=9.4))
    script.expect(asked(1), drafted(2, 1, "I am in the garden.", 9.0))
    script.until(10.35).expect(said(1, "I am in the garden."), released(2))
