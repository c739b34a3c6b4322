"""A player for scripts of a call: "at this moment this happens, and these commands follow".

    script.at(0.0, StreamStarted()).expect(SayGreeting(1))
    script.at(9.0, ReplyFinished(1)).until(21.0).expect(SayLine(2, LineName.STILL_THERE, Role.LINE))

It plays the clock: before each event, all deadlines up to it are kept. `expect` takes all commands since the last
`expect`, in their order. What only shows the state (`agent.state`, `person.speaking`, `reply.draft`) is left out unless
`Script(..., states=True)`. On a mismatch the whole timeline is printed.
"""

from __future__ import annotations

from callregistry.call_events import Kind
from voicebridge.dialogue.events import Command, Event, Record, SpeechPaused, SpeechStarted
from voicebridge.dialogue.turn_taking import TurnTaking

_STATES = (Kind.AGENT_STATE, Kind.PERSON_SPEAKING, Kind.REPLY_DRAFT)
_NOTICED_S = 0.15
"""So much later the ears know that somebody began, or stopped, to speak."""


class Script:
    """One call, played to one `TurnTaking`."""

    def __init__(self, machine: TurnTaking, *, states: bool = False) -> None:
        self.machine = machine
        self._states = states
        self._now = 0.0
        self._unexpected: list[Command] = []
        self._timeline: list[str] = []

    def at(self, now: float, *events: Event) -> Script:
        """Time passes, then these happen."""
        self.until(now)
        for event in events:
            self._timeline.append(f"{now:8.2f}  < {event}")
            self._came(self.machine.handle(event, now))
        return self

    def until(self, now: float) -> Script:
        """Time passes; what is due is done."""
        assert now >= self._now, f"the script goes back from {self._now} to {now}"
        while (deadline := self.machine.next_deadline()) is not None and deadline <= now:
            self._now = max(self._now, deadline)
            self._timeline.append(f"{self._now:8.2f}  . deadline")
            self._came(self.machine.handle_timer(self._now))
        self._now = now
        return self

    def speech(self, start: float, end: float, *, pitched_ms: int | None = None) -> Script:
        """Somebody speaks from `start` to `end`; the ears notice either a little late."""
        self.at(start + _NOTICED_S, SpeechStarted(at=start))
        return self.at(end + _NOTICED_S, SpeechPaused(at=end, pitched_ms=pitched_ms))

    def expect(self, *commands: Command) -> Script:
        """Exactly these have been given since the last time."""
        given = self.taken()
        if given != list(commands):
            expected = "\n".join(f"            {command}" for command in commands) or "            nothing"
            raise AssertionError(f"{self}\nThe last commands should have been:\n{expected}")
        return self

    def taken(self) -> list[Command]:
        """What has been given since the last time, for a closer look."""
        given, self._unexpected = self._unexpected, []
        return given

    def finish(self) -> None:
        """Nothing was given that the script did not expect."""
        if self._unexpected:
            raise AssertionError(f"{self}\nThe script does not expect the last {len(self._unexpected)} commands.")

    def _came(self, commands: list[Command]) -> None:
        for command in commands:
            self._timeline.append(f"{self._now:8.2f}    > {command}")
            if self._states or not (isinstance(command, Record) and command.kind in _STATES):
                self._unexpected.append(command)

    def __str__(self) -> str:
        state = f"{self.machine.phase}, caller {self.machine.caller}, agent {self.machine.agent}"
        return "\n".join(["", *self._timeline, f"{self._now:8.2f}  = {state}"])
