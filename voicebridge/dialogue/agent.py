"""Our side of the call: what we are doing, and the one reply that is alive. When it does what is not decided here."""

from __future__ import annotations

from dataclasses import dataclass

from callregistry.call_events import Kind
from voicebridge.dialogue.events import (
    Command,
    HoldReply,
    LineName,
    Manner,
    Record,
    ReleaseReply,
    ResumeReply,
    Role,
    SayAgain,
    SayFiller,
    SayGreeting,
    SayLine,
    StartReply,
    StopReply,
)
from voicebridge.dialogue.states import AgentState
from voicebridge.dialogue.turn import Turn


@dataclass(slots=True)
class Reply:
    """The reply that is alive."""

    number: int
    role: Role
    since: float
    """When it was asked for, then when it was released, then since when it sounds."""
    turn: int | None = None
    is_draft: bool = False
    """Nothing of it has happened yet."""


class Agent:
    """What it is told to do it adds to `commands`; every reply gets the next number."""

    def __init__(self, commands: list[Command], first_reply: int) -> None:
        self._commands = commands
        self._next_number = first_reply
        self.state = AgentState.IDLE
        self.reply: Reply | None = None
        self.filler: int | None = None
        """The holding word that sounds while the reply is not ready."""

    @property
    def is_heard(self) -> bool:
        """A reply of ours sounds, or has been stopped in the middle and may go on."""
        return self.state in {AgentState.SPEAKING, AgentState.HELD}

    @property
    def has_draft(self) -> bool:
        """An answer is being prepared, and nothing of it has happened."""
        return self.reply is not None and self.reply.is_draft

    def becomes(self, state: AgentState) -> None:
        """Change the state, and let it be seen."""
        if state is not self.state:
            self.state = state
            self._commands.append(Record(Kind.AGENT_STATE, {"state": state.value}))

    def greet(self, now: float) -> None:
        """The greeting lies ready: it sounds at once."""
        self._commands.append(SayGreeting(self._begin(Role.GREETING, now).number))
        self.becomes(AgentState.SPEAKING)

    def say(self, line: LineName, role: Role, now: float) -> None:
        """A fixed line lies ready: it sounds at once."""
        self._commands.append(SayLine(self._begin(role, now).number, line, role))
        self.becomes(AgentState.SPEAKING)

    def say_again(self, manner: Manner, opener: LineName | None, now: float) -> None:
        """What we said last is kept: it sounds at once."""
        self._commands.append(SayAgain(self._begin(Role.REPEAT, now).number, manner, opener))
        self.becomes(AgentState.SPEAKING)

    def drafts(self, turn: Turn, number: int, *, closing: bool, now: float) -> None:
        """Prepare an answer to `turn`, which has this number."""
        reply = self._begin(Role.ANSWER, now)
        reply.turn, reply.is_draft = number, True
        turn.drafts += 1
        self._commands.append(StartReply(reply.number, number, turn.text, turn.ended_at, closing))

    def tells_of_draft(self, what: str) -> None:
        """Let the draft be seen: begun, withdrawn or released."""
        assert self.reply is not None
        self._commands.append(
            Record(Kind.REPLY_DRAFT, {"reply": self.reply.number, "turn": self.reply.turn, "what": what})
        )

    def releases(self, now: float) -> None:
        """The answer that was prepared may be heard."""
        assert self.reply is not None, "there is something to release"
        self._commands.append(ReleaseReply(self.reply.number))
        self.reply.is_draft, self.reply.since = False, now
        self.becomes(AgentState.THINKING)

    def fills(self, line: LineName) -> None:
        """A holding word, while the answer is not ready."""
        self.filler = self._next_number
        self._next_number += 1
        self._commands.append(SayFiller(self.filler, line))

    def drops_filler(self) -> None:
        """It is not wanted any more; when the answer sounds, it has come too late."""
        if self.filler is not None:
            self._commands.append(StopReply(self.filler))
            self.filler = None

    def holds(self) -> None:
        """Stop, for the time being."""
        assert self.reply is not None, "who speaks has a reply"
        self._commands.append(HoldReply(self.reply.number))
        self.becomes(AgentState.HELD)

    def resumes(self) -> None:
        """Go on where we stopped."""
        assert self.reply is not None, "what was held is alive"
        self._commands.append(ResumeReply(self.reply.number))
        self.becomes(AgentState.SPEAKING)

    def stops(self) -> None:
        """Cancel what is alive. What had been prepared and not released never happened."""
        if self.reply is not None:
            if self.reply.is_draft:
                self.tells_of_draft("withdrawn")
            self._commands.append(StopReply(self.reply.number))
            self.reply = None
        self.drops_filler()  # last: an answer that waits for the end of the holding word would begin

    def _begin(self, role: Role, now: float) -> Reply:
        assert self.reply is None, "never two replies"
        self.reply = Reply(self._next_number, role, now)
        self._next_number += 1
        return self.reply
