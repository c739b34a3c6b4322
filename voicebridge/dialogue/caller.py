"""The person's side of the call: whether they speak, and the turn they are taking.

What it means for us is decided in `turn_taking.py` and `answering.py`.
"""

from __future__ import annotations

from callregistry.call_events import Kind
from voicebridge.dialogue.events import (
    Command,
    DiscardUtterance,
    Record,
    Transcribe,
    Transcribed,
    TranscriptionFailed,
)
from voicebridge.dialogue.states import CallerState
from voicebridge.dialogue.turn import Turn

_REMEMBERED_PAUSES = 20


class Caller:
    """What is to be done about what is heard it adds to `commands`; requests for transcription are numbered."""

    def __init__(self, commands: list[Command]) -> None:
        self._commands = commands
        self._next_request = 1
        self.state = CallerState.SILENT
        self.turn: Turn | None = None
        """What the person says or has said, until its answer is heard or it turns out to be nothing."""
        self.answered: Turn | None = None
        """The turn whose answer has just begun to sound: whoever goes on now goes on with that."""
        self.last_words: Turn | None = None
        """What was being said when the stream ended, until all of it is transcribed and told."""
        self.speech_since = 0.0
        self.pause_since = 0.0
        self.pauses_s: list[float] = []
        """The latest silences after which this talker went on with a turn."""

    @property
    def waits(self) -> bool:
        """A turn is over, and has not been answered."""
        return self.state is CallerState.SILENT and self.turn is not None

    @property
    def is_done(self) -> bool:
        """Nothing is being said, and nothing that was said waits for its answer."""
        return self.state is CallerState.SILENT and self.turn is None

    @property
    def spoken_s(self) -> float:
        """How long the turn has lasted, to its last sound."""
        return max(0.0, self.pause_since - self.turn.began_at) if self.turn else 0.0

    def speaks(self, since: float, *, over_greeting: bool) -> None:
        """Begin a turn, or go on with the one that has not been answered or only just."""
        if self.state is CallerState.SILENT:
            self._commands.append(Record(Kind.PERSON_SPEAKING, {"speaking": True}))
        self.turn = self.turn or self.answered
        self.answered = None
        if self.turn is None:
            self.turn = Turn(began_at=since, over_greeting=over_greeting)
        else:
            self.pauses_s = [*self.pauses_s, max(0.0, since - self.pause_since)][-_REMEMBERED_PAUSES:]
        self.turn.goes_on()
        self.state = CallerState.SPEAKING
        self.speech_since = since

    def pauses(self, since: float) -> None:
        """A breath, or the end."""
        assert self.turn is not None, "whoever speaks has a turn"
        self.state = CallerState.PAUSED
        self.pause_since = since
        self.turn.pauses(since)

    def tells(self, now: float, *, heard_until: float | None = None, closes_part: bool = False) -> None:
        """What has been said so far goes to speech to text: all until the pause, or until `heard_until`."""
        assert self.turn is not None, "whoever speaks has a turn"
        until = self.pause_since if heard_until is None else heard_until
        self.turn.asked(self._next_request, heard_until=until, closes_part=closes_part)
        self.turn.requested_at = now
        self._commands.append(Transcribe(self._next_request, closes_part))
        self._next_request += 1

    def hears(self, event: Transcribed | TranscriptionFailed) -> Turn | None:
        """The turn that `event` tells of, after it has been told; None if nobody waits for it any more."""
        for turn in (self.turn, self.last_words):
            if turn is not None and turn.is_waiting_for(event.request):
                if isinstance(event, Transcribed):
                    turn.understood(event)
                else:
                    turn.gave_up(event.request)
                return turn
        return None

    def ends_turn(self) -> None:
        """It was the end; the turn waits for its answer."""
        self.state = CallerState.SILENT
        self._commands.append(Record(Kind.PERSON_SPEAKING, {"speaking": False}))

    def is_answered(self) -> None:
        """The answer to the turn can be heard."""
        assert self.turn is not None, "an answer is the answer to a turn"
        self.turn.is_answered()
        self.answered, self.turn = self.turn, None

    def settles(self) -> None:
        """What has been said is settled: its audio is needed no more."""
        if self.state is not CallerState.SILENT:
            self.ends_turn()
        if self.turn is not None or self.answered is not None:
            self._commands.append(DiscardUtterance())
        self.turn = self.answered = None

    def leaves(self, now: float) -> None:
        """The stream is over. What was being said goes to speech to text all the same."""
        if self.turn is not None and (self.state is CallerState.SPEAKING or not self.turn.is_asked):
            self.tells(now)
        if self.state is not CallerState.SILENT:
            self.ends_turn()
        self.last_words, self.turn, self.answered = self.turn, None, None
