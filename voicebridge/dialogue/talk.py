"""What all rules of a call share: both sides, the phase, how patient we are, and what has been decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from voicebridge.dialogue.agent import Agent
from voicebridge.dialogue.caller import Caller
from voicebridge.dialogue.decisions import Decisions
from voicebridge.dialogue.events import Manner
from voicebridge.dialogue.states import AgentState, CallerState, Phase, Timing

Deadlines = Iterator[tuple[float, Callable[[float], None]]]
"""What will happen by waiting: when, and what is done then."""


class Talk:
    """One call's state. The rules on it are in `turn_taking.py`, `answering.py` and `ending.py`."""

    def __init__(self, timing: Timing, first_reply: int, manner: Manner) -> None:
        self.timing = timing
        self.decisions = Decisions()
        self.caller = Caller(self.decisions.commands)
        self.agent = Agent(self.decisions.commands, first_reply)
        self.phase = Phase.OPENING
        self.began_at: float | None = None
        self.quiet_since = 0.0
        """When we last fell silent."""
        self.asked = ""
        """Our last sentence, if it was heard to its end: what is said next may be the answer to it."""
        self.manner = manner
        """How we speak."""

    @property
    def is_on(self) -> bool:
        """The stream has begun, and the call is not over."""
        return self.began_at is not None and self.phase is not Phase.OVER

    def we_fall_silent(self, now: float) -> None:
        """Nothing of ours sounds any more, and nothing is on its way."""
        self.quiet_since = now
        if self.phase is Phase.OPENING:
            self.phase = Phase.TALKING
        self.rest()

    def rest(self) -> None:
        """Listen; or, in a pause of the person, prepare."""
        turn = self.caller.turn
        if self.caller.state is CallerState.PAUSED and turn is not None and turn.is_asked:
            self.agent.becomes(AgentState.DRAFTING)
        else:
            self.agent.becomes(AgentState.WAITING if self.phase is Phase.PATIENT else AgentState.IDLE)

    def stop_for_good(self, now: float) -> None:
        """What we were saying is not gone on with."""
        self.agent.stops()
        self.asked = ""
        self.we_fall_silent(now)
