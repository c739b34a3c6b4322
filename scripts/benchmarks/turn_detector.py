"""The product's own ears and turn taking as a detector of turns, without a network, a clock or a provider.

What a scorer of recorded turns wants: `feed(frame, t_ms)` takes 20 ms of mu-law and gives "speech_start" when a turn of
the person begins, and "end_of_turn" when our answer begins to be heard, both as of the end of the frame.

Speech to text is played by whoever knows the words (`DetectorWithWords`), or is blind (`Detector`: the patience is that
for silence alone). The providers of the answer are in time: it sounds as soon as it is released, or `audible_ms` later,
and until then the turn machine may take it back. It has no length: what the person says next is a new turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from callregistry.call_events import Kind
from voicebridge.audio.utterance import Utterance
from voicebridge.dialogue import events as ev
from voicebridge.dialogue.endpointing import Patience, patience_for
from voicebridge.dialogue.states import Phase, Timing
from voicebridge.dialogue.turn_taking import TurnTaking
from voicebridge.ears import Ears

FRAME_MS = 20
TRANSCRIBED_AFTER_MS = 460
"""After the end of the speech: the words of the scorer come 450 ms after it."""
_NO_NEWS_AFTER_MS = 900
"""Words that have not come by then will not come: what was heard had none."""
_NEVER_S = 1e9


class SilenceAlone(Patience):
    """The patience of a turn whose words are not known."""

    def until_sound_s(self, words: str | None, **facts: object) -> float:
        """As if there was no transcript yet."""
        return super().until_sound_s(None, **facts)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class _Asked:
    request: int
    utterance: Utterance


class Detector:
    """By sound alone. `end_of_turn_ms`: the silence before the answer. `draft_after_ms`: a pause of this length has the
    turn transcribed, instead of the fading of the voice."""

    def __init__(
        self, *, end_of_turn_ms: int | None = None, audible_ms: int = 0, draft_after_ms: int | None = None
    ) -> None:
        usual = Patience()
        silence_s = usual.unknown_s if end_of_turn_ms is None else end_of_turn_ms / 1000
        self._prepare(SilenceAlone(unknown_s=silence_s), audible_ms, draft_after_ms)

    _deadline: float | None

    def feed(self, frame: bytes, t_ms: int) -> list[str]:
        """What became of 20 ms of mu-law that began at `t_ms`."""
        self._now_ms = t_ms + FRAME_MS
        now = self._now_ms / 1000
        self._told: list[str] = []
        for event in self._ears.hear(frame, now):
            if isinstance(event, ev.SpeechFading) and not self._begins_as_voice_fades:
                continue
            if isinstance(event, ev.SpeechPaused | ev.SpeechFading):
                self._pause_ms = round(event.at * 1000)
            self._happens(event, now)
        if self._asked:
            self._bring_words(now)
        if self._deadline is not None and self._deadline <= now:
            self._carry_out(self._machine.handle_timer(now))
            self._deadline = self._machine.next_deadline()
        if self._sounds:
            self._sound(now)
        return self._told

    drafts = 0
    """How many answers have been begun."""
    transcriptions = 0
    """How often speech to text has been asked."""

    def _prepare(self, patience: Patience, audible_ms: int, draft_after_ms: int | None) -> None:
        usual = Timing()
        draft_after_s = usual.draft_after_s if draft_after_ms is None else draft_after_ms / 1000
        self._timing = replace(usual, patience=patience, draft_after_s=draft_after_s, idle_s=_NEVER_S)
        self._audible_ms = audible_ms
        self._begins_as_voice_fades = draft_after_ms is None
        self._ears = Ears()
        self._now_ms = self._pause_ms = 0
        self._begin_call(0.0)

    def _begin_call(self, now: float) -> None:
        """The greeting is over."""
        self._machine = TurnTaking(self._timing)
        self._machine.handle(ev.StreamStarted(), now)
        self._machine.handle(ev.ReplyFinished(reply=1), now)
        self._deadline = self._machine.next_deadline()
        self._asked: list[_Asked] = []
        self._sounds: dict[int, int] = {}
        """When a reply will be heard."""

    def _happens(self, event: ev.Event, now: float) -> None:
        self._carry_out(self._machine.handle(event, now))
        self._deadline = self._machine.next_deadline()

    def _carry_out(self, commands: list[ev.Command]) -> None:
        for command in commands:
            match command:
                case ev.Record(kind=Kind.PERSON_SPEAKING, data={"speaking": True}):
                    self._told.append("speech_start")
                case ev.Transcribe(request=request, closes_part=closes_part):
                    self.transcriptions += 1
                    utterance = self._ears.part() if closes_part else self._ears.utterance()
                    self._asked.append(_Asked(request, utterance))
                case ev.DiscardUtterance():
                    self._settle()
                case ev.StartReply():
                    self.drafts += 1
                case ev.ReleaseReply(reply=reply):
                    self._sounds[reply] = self._now_ms + self._audible_ms
                case ev.SayLine(reply=reply) | ev.SayAgain(reply=reply):
                    self._sounds[reply] = self._now_ms
                case ev.StopReply(reply=reply):
                    self._sounds.pop(reply, None)
                case _:
                    pass

    def _settle(self) -> None:
        self._ears.discard()

    def _bring_words(self, now: float) -> None:
        for asked in list(self._asked):
            text = self._text_of(asked)
            if text is not None:
                self._asked.remove(asked)
                said = asked.utterance
                self._happens(ev.Transcribed(asked.request, text, said.audio_ms, said.voiced_ms, 0, said.snr_db), now)

    def _text_of(self, asked: _Asked) -> str | None:
        """The words of what was asked for, None while they are not known yet."""
        return "Something has been said."

    def _sound(self, now: float) -> None:
        for reply in [reply for reply, at_ms in self._sounds.items() if at_ms <= self._now_ms]:
            if self._sounds.pop(reply, None) is not None:
                self._told.append("end_of_turn")
                self._happens(ev.ReplyStarted(reply), now)
                self._happens(ev.ReplyFinished(reply), now)
        if self._machine.phase is Phase.OVER:
            self._begin_call(now)


class DetectorWithWords(Detector):
    """By sound and words. `transcript_at` gives the words that are known at a time in ms, for the whole recording.

    `end_of_turn_ms`: the patience after a finished sentence; the others follow it as with the setting of that name.
    """

    def __init__(
        self,
        transcript_at: Callable[[int], str],
        *,
        end_of_turn_ms: int | None = None,
        audible_ms: int = 0,
        draft_after_ms: int | None = None,
    ) -> None:
        self._transcript_at = transcript_at
        self._settled = self._latest = ""
        self._prepare(
            Patience() if end_of_turn_ms is None else patience_for(end_of_turn_ms), audible_ms, draft_after_ms
        )

    def _settle(self) -> None:
        super()._settle()
        self._settled = self._latest

    def _text_of(self, asked: _Asked) -> str | None:
        waited_ms = self._now_ms - self._pause_ms
        if waited_ms < TRANSCRIBED_AFTER_MS:
            return None
        words = self._transcript_at(self._now_ms)
        if words == self._latest and waited_ms < _NO_NEWS_AFTER_MS:
            return None
        self._latest = words
        return words.removeprefix(self._settled).strip()
