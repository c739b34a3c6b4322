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
        full = self._utterance.feed(audio, self._voice.voiced_ms - voiced_before_ms)
        heard: list[Event] = [UtteranceFull()] if full else []
        for change in changes:
            at = now - (self._voice.now_ms - change.at_ms) / 1000
            if isinstance(change, VoiceStarted):
                self._utterance.begin()
                heard.append(SpeechStarted(at))
            else:
                heard.append(SpeechPaused(at))
        return heard

    def take(self, *, final: bool) -> Utterance:
        """What has been said so far; with `final`, the utterance ends."""
        return self._utterance.take(final=final)

    def discard(self) -> None:
        """What has been heard was nobody's turn."""
        self._utterance.discard()
