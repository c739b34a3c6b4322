"""The person's side of the call: whether they speak, and the turn they are taking.

What it means for us is `turn_taking.py`'s.
"""

from __future__ import annotations

from callregistry.call_events import Kind
from voicebridge.dialogue.events import (
    Command,
    DiscardUtterance,
    Event,
    Record,
    Transcribe,
    Transcribed,
    TranscriptionFailed,
)
from voicebridge.dialogue.states import CallerState
from voicebridge.dialogue.turn import Turn


class Caller:
    """What is to be done about what is heard it adds to `commands`; parts to be transcribed are numbered."""

    def __init__(self, commands: list[Command]) -> None:
        self._commands = commands
        self._next_request = 1
        self.state = CallerState.SILENT
        self.turn: Turn | None = None
        """What the person says or has said, until its answer is heard or it turns out to be nothing."""
        self.last_words: Turn | None = None
        """What was being said when the stream ended, until all of it is transcribed."""
        self.speech_since = 0.0
        self.pause_since = 0.0
        self.turn_over_at = 0.0

    @property
    def waits(self) -> bool:
        """A turn is over, and has not been answered."""
        return self.state is CallerState.SILENT and self.turn is not None

    @property
    def is_done(self) -> bool:
        """Nothing is being said, and nothing that was said waits for its words or its answer."""
        return self.state is CallerState.SILENT and self.turn is None

    def speaks(self, since: float, *, over_greeting: bool) -> None:
        """Begin a turn, or go on with the one that has not been answered."""
        if self.state is CallerState.SILENT:
            self._commands.append(Record(Kind.PERSON_SPEAKING, {"speaking": True}))
        self.state = CallerState.SPEAKING
        self.speech_since = since
        if self.turn is None:
            self.turn = Turn(over_greeting=over_greeting)

    def pauses(self, since: float) -> None:
        """A breath, or the end."""
        self.state = CallerState.PAUSED
        self.pause_since = since

    def tells_a_part(self) -> None:
        """What has been said so far goes to speech to text; the turn goes on."""
        self._transcribe(final=False)

    def ends_turn(self, now: float) -> None:
        """It was the end."""
        self._fall_silent()
        self.turn_over_at = now
        self._transcribe(final=True)

    def is_cut_off(self) -> None:
        """What is being said will not be answered any more."""
        if self.state is not CallerState.SILENT:
            self._fall_silent()
            self._commands.append(DiscardUtterance())
        self.turn = None

    def leaves(self, now: float) -> None:
        """The stream is over. What was being said goes to speech to text all the same."""
        if self.state is not CallerState.SILENT:
            self.ends_turn(now)
        self.last_words = self.turn if self.turn is not None and self.turn.pending else None
        self.turn = None

    def hears_of_last_words(self, event: Event) -> Turn | None:
        """The last turn, once `event` has completed it."""
        turn = self.last_words
        if (
            turn is None
            or not isinstance(event, Transcribed | TranscriptionFailed)
            or event.request not in turn.pending
        ):
            return None
        if isinstance(event, Transcribed):
            turn.answered(event)
        else:
            turn.gave_up(event.request)
        if turn.pending:
            return None
        self.last_words = None
        return turn

    def _fall_silent(self) -> None:
        self.state = CallerState.SILENT
        self._commands.append(Record(Kind.PERSON_SPEAKING, {"speaking": False}))

    def _transcribe(self, *, final: bool) -> None:
        assert self.turn is not None, "whoever speaks has a turn"
        self.turn.ended_at = self.pause_since
        self.turn.asked(self._next_request)
        self._commands.append(Transcribe(self._next_request, final))
        self._next_request += 1
