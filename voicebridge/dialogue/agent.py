"""Our side of the call: what we are doing, and the one reply that is alive. When it does what is `turn_taking.py`'s."""

from __future__ import annotations

from dataclasses import dataclass

from callregistry.call_events import Kind
from voicebridge.dialogue.events import Command, LineName, Record, Role, SayGreeting, SayLine, StartReply, StopReply
from voicebridge.dialogue.states import AgentState
from voicebridge.dialogue.turn import Turn


@dataclass(slots=True)
class Reply:
    """The reply that is alive."""

    number: int
    role: Role
    since: float
    """When it was asked for; once it sounds, since when it does."""


class Agent:
    """What it is told to do it adds to `commands`; every reply gets the next number."""

    def __init__(self, commands: list[Command], first_reply: int) -> None:
        self._commands = commands
        self._next_reply = first_reply
        self.state = AgentState.IDLE
        self.reply: Reply | None = None

    def becomes(self, state: AgentState) -> None:
        """Change the state, and let it be seen."""
        if state is not self.state:
            self.state = state
            self._commands.append(Record(Kind.AGENT_STATE, {"state": state.value}))

    def greet(self, now: float) -> None:
        """The greeting lies ready: it sounds at once."""
        self._commands.append(SayGreeting(self._new_reply(Role.GREETING, now)))
        self.becomes(AgentState.SPEAKING)

    def say(self, line: LineName, role: Role, now: float) -> None:
        """A fixed line lies ready: it sounds at once."""
        self._commands.append(SayLine(self._new_reply(role, now), line, role))
        self.becomes(AgentState.SPEAKING)

    def answer(self, turn: Turn, number: int, *, closing: bool, now: float) -> None:
        """Think of what to say to `turn`, which has this number."""
        reply = self._new_reply(Role.ANSWER, now)
        self._commands.append(StartReply(reply, number, turn.text, turn.ended_at, closing))
        self.becomes(AgentState.THINKING)

    def stop(self) -> None:
        """Cancel the reply, if one is alive."""
        if self.reply:
            self._commands.append(StopReply(self.reply.number))
            self.reply = None

    def _new_reply(self, role: Role, now: float) -> int:
        assert self.reply is None, "never two replies"
        self.reply = Reply(self._next_reply, role, now)
        self._next_reply += 1
        return self.reply.number
