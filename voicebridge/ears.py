"""The ears of one call: audio from the telephone in, what was heard out. They keep the audio of the utterance."""

from __future__ import annotations

from voicebridge.audio.utterance import Utterance, UtteranceBuffer
from voicebridge.audio.vad import VoiceActivity, VoiceStarted
from voicebridge.dialogue.events import Event, SpeechPaused, SpeechStarted, UtteranceFull


class Ears:
    """One per call."""

    def __init__(self) -> None:
        self._voice = VoiceActivity()
        self._utterance = UtteranceBuffer()

    def hear(self, audio: bytes, now: float) -> list[Event]:
        """Takes a piece of the person's audio (mu-law, 8 kHz, any length) that arrived at `now`."""
        voiced_before_ms = self._voice.voiced_ms
        changes = self._voice.feed(audio)
        heard: list[Event] = []
        for change in changes:
            at = now - (self._voice.now_ms - change.at_ms) / 1000
            if isinstance(change, VoiceStarted):
                self._utterance.begin()
                heard.append(SpeechStarted(at))
            else:
                self._utterance.pause()
                heard.append(SpeechPaused(at))
        if self._utterance.feed(audio, self._voice.voiced_ms - voiced_before_ms):
            heard.append(UtteranceFull())
        return heard

    def utterance(self) -> Utterance:
        """What has been said so far. It stays."""
        return self._utterance.utterance()

    def part(self) -> Utterance:
        """What has been said so far; a long story goes on without it."""
        return self._utterance.part()

    def discard(self) -> None:
        """The turn is settled. What is being said right now stays."""
        self._utterance.discard()

    def spoke(self, audio: bytes, plays_at: float) -> None:
        """Our own voice (mu-law, 8 kHz) begins to sound at `plays_at` (loop time)."""

    def silenced(self, now: float) -> None:
        """What of our voice was to sound after `now` will not."""
