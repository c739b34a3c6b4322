"""The ears of one call: audio from the telephone in, what was heard out. They keep the audio of the utterance."""

from __future__ import annotations

from voicebridge.audio.echo import Echo
from voicebridge.audio.utterance import Utterance, UtteranceBuffer
from voicebridge.audio.vad import VoiceActivity, VoiceEvent, VoiceFading, VoicePaused, VoiceStarted
from voicebridge.dialogue.events import Event, SpeechFading, SpeechPaused, SpeechStarted, SpeechSuspected, UtteranceFull


class Ears:
    """One per call."""

    def __init__(self) -> None:
        self._echo = Echo()
        self._voice = VoiceActivity(self._echo)
        self._utterance = UtteranceBuffer()
        self._told_ms, self._told_at = -1, 0.0

    def hear(self, audio: bytes, now: float) -> list[Event]:
        """Takes a piece of the person's audio (mu-law, 8 kHz, any length) that arrived at `now`."""
        voiced_before_ms = self._voice.voiced_ms
        changes = self._voice.feed(audio, now)
        heard = [self._told(change, self._when(change.at_ms, now)) for change in changes]
        if self._utterance.feed(audio, self._voice.voiced_ms - voiced_before_ms):
            return [*heard, UtteranceFull()]
        return heard

    def utterance(self) -> Utterance:
        """What has been said so far. It stays."""
        return self._utterance.utterance(self._voice.snr_db)

    def part(self) -> Utterance:
        """What has been said so far; a long story goes on without it."""
        return self._utterance.part(self._voice.snr_db)

    def discard(self) -> None:
        """The turn is settled. What is being said right now stays."""
        self._utterance.discard()

    def spoke(self, audio: bytes, plays_at: float) -> None:
        """Our own voice (mu-law, 8 kHz) begins to sound at `plays_at` (loop time)."""
        self._echo.spoke(audio, plays_at)

    def silenced(self, now: float) -> None:
        """What of our voice was to sound after `now` will not."""
        self._echo.silenced(now)

    def _when(self, at_ms: int, now: float) -> float:
        """The moment of the audio fed on the clock of `now`: however unevenly it arrives, the same one each time."""
        if at_ms != self._told_ms:
            self._told_ms, self._told_at = at_ms, now - (self._voice.now_ms - at_ms) / 1000
        return self._told_at

    def _told(self, change: VoiceEvent, at: float) -> Event:
        if isinstance(change, VoiceStarted):
            self._utterance.begin()
            return SpeechStarted(at)
        if isinstance(change, VoicePaused):
            self._utterance.pause()
            return SpeechPaused(at, change.pitched_ms)
        if isinstance(change, VoiceFading):
            return SpeechFading(at)
        return SpeechSuspected(at)
