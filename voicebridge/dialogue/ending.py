"""How a call ends, and that it does: silence, the time limit, trouble, goodbyes.

- Silence counts from when our voice has finished playing: there is no hurry; then a question; then a goodbye. Sounds
  without words do not count as company. Somebody who asked us to hold on is waited for much longer.
- Near the time limit we say goodbye as soon as neither speaks, and later whoever speaks.
- A stage that fails is replaced by a spoken line, the third failure in a row by a goodbye. An answer that was spoken to
  its end makes up for all.
- After a goodbye of ours has been played the call is hung up, unless the person speaks: then the words decide.
"""

from __future__ import annotations

from callregistry.call_events import Kind
from voicebridge.dialogue.events import HangUp, HangUpReason, LineName, Role
from voicebridge.dialogue.states import AgentState, CallerState, Phase
from voicebridge.dialogue.talk import Deadlines, Talk

_NO_HURRY, _QUESTION, _GOODBYE = range(3)


class Ending:
    """The rules that lead to the end of one call."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self.hang_up: HangUpReason | None = None
        """While CLOSING: why the call will end."""
        self._silence = _QUESTION
        """What is said next into a silence. Who has not said a word yet is not told to take their time."""
        self._failures = 0
        self._owes_goodbye = False
        """While CLOSING: our goodbye could not be spoken."""

    @property
    def is_deaf(self) -> bool:
        """We must end: what is said now is not heard any more."""
        return self.hang_up in {HangUpReason.TIME_LIMIT, HangUpReason.TECHNICAL}

    def deadlines(self) -> Deadlines:
        """What ends the call by waiting."""
        talk, timing = self._talk, self._talk.timing
        assert talk.began_at is not None
        ends_at = talk.began_at + timing.max_call_s
        yield ends_at, self._time_is_over
        if talk.phase is not Phase.CLOSING:
            nobody_speaks = talk.caller.state is CallerState.SILENT and not talk.agent.is_heard
            yield ends_at - timing.wind_down_s * (1.0 if nobody_speaks else 0.5), self._wind_down
        if talk.caller.is_done and talk.agent.reply is None:
            yield talk.quiet_since + self._silence_s(), self._nobody_speaks

    def words_came(self, *, closing: bool) -> None:
        """A turn with words is answered; if `closing`, with our goodbye."""
        self._talk.phase = Phase.CLOSING if closing else Phase.TALKING
        self.hang_up = HangUpReason.SAID_GOODBYE if closing else None
        self._silence, self._owes_goodbye = _NO_HURRY, False

    def goes_on(self) -> None:
        """The person took it back before our goodbye was heard."""
        if self.hang_up is not None:
            self._talk.phase, self.hang_up = Phase.TALKING, None

    def answer_was_heard(self) -> None:
        """All of it: what failed before is made up for."""
        self._failures = 0

    def failed(self, stage: str, problem: str) -> None:
        """A stage gave up."""
        self._failures += 1
        self._talk.decisions.record(Kind.STAGE_FAILED, stage=stage, problem=problem)

    def answer_failed(self, *, was_answer: bool) -> None:
        """A reply came to nothing. A ready line that cannot be spoken is not replaced by another one."""
        self._owes_goodbye = self._talk.phase is Phase.CLOSING and was_answer

    def apologise(self, now: float) -> None:
        """Something failed, and the person is waiting."""
        if self._failures >= self._talk.timing.failures_in_a_row:
            self._say_last(LineName.GOODBYE_TROUBLE, HangUpReason.TECHNICAL, now)
        else:
            self._talk.agent.say(LineName.TROUBLE, Role.LINE, now)

    def close(self, now: float) -> None:
        """Both have said what they had to say."""
        assert self.hang_up is not None, "only a call that is closing is closed"
        if self._owes_goodbye:
            self._owes_goodbye = False
            self._talk.agent.say(LineName.GOODBYE, Role.GOODBYE, now)
        else:
            self._hang_up_because(self.hang_up)

    def end(self) -> None:
        """Nothing is said or heard any more."""
        talk = self._talk
        talk.phase = Phase.OVER
        talk.agent.state, talk.agent.reply, talk.agent.filler = AgentState.IDLE, None, None
        talk.caller.state, talk.caller.turn, talk.caller.answered = CallerState.SILENT, None, None

    def _silence_s(self) -> float:
        timing = self._talk.timing
        if self._talk.phase is Phase.PATIENT:
            return timing.hold_on_s
        return timing.idle_s if self._silence == _NO_HURRY else timing.idle_again_s

    def _nobody_speaks(self, now: float) -> None:
        if self._talk.phase is Phase.PATIENT:
            self._talk.phase, self._silence = Phase.TALKING, _QUESTION
        if self._silence == _GOODBYE:
            self._say_last(LineName.GOODBYE_SILENCE, HangUpReason.SILENCE, now)
            return
        line = LineName.TAKE_YOUR_TIME if self._silence == _NO_HURRY else LineName.STILL_THERE
        self._silence += 1
        self._talk.agent.say(line, Role.LINE, now)

    def _wind_down(self, now: float) -> None:
        self._say_last(LineName.GOODBYE_TIME, HangUpReason.TIME_LIMIT, now)

    def _say_last(self, line: LineName, reason: HangUpReason, now: float) -> None:
        """Our goodbye, whoever speaks: what is being said to us is not answered any more."""
        self._talk.agent.stops()
        self._talk.caller.settles()
        self._talk.phase, self.hang_up = Phase.CLOSING, reason
        self._talk.agent.say(line, Role.GOODBYE, now)

    def _time_is_over(self, now: float) -> None:
        self._hang_up_because(self.hang_up or HangUpReason.TIME_LIMIT)

    def _hang_up_because(self, reason: HangUpReason) -> None:
        self._talk.agent.stops()
        self._talk.decisions.commands.append(HangUp(reason))
        self.end()
