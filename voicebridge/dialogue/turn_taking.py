"""Who speaks when. Every rule that couples the two sides of a call is in this file.

THE LAW. Pure: no clock, no I/O; `now` is an argument. Events come in, commands go out, and between two events the one
`next_deadline()` stands for everything that happens by waiting. `handle` never raises; an event that means nothing in
a state is ignored, on purpose, and counted. A recorded call, played again, gives the same decisions.

THREE AUTOMATA, coupled.

*Caller*: SILENT until the ears hear somebody; SPEAKING; PAUSED while it may be a breath. A pause of `end_of_turn_s`
ends the turn, and the caller is SILENT again. What is said is transcribed when the turn ends, and a long story also in
parts while it goes on; the turn is complete when all its parts are known.

*Agent*: IDLE (it listens); THINKING (it waits for the words of a turn that is over, or for the first sound of its
answer); SPEAKING. At most one reply is alive. Fixed lines and the greeting lie ready, so they are SPEAKING at once.

*Phase*: OPENING (the greeting), TALKING, CLOSING (somebody has said goodbye, or we must end), OVER.

THE RULES ON THEIR COMBINATION.

1. Speech while THINKING takes the answer back before it is heard. The turn goes on, and all of its words are answered.
2. Speech while SPEAKING for `barge_in_s` without a pause stops us; over the greeting `greeting_barge_in_s`, because a
   "Hello?" when picking up is no interruption. Our goodbye is stopped only by words.
3. Shorter speech does not stop us. If it turns out to be real words, we stop and answer them. If it is a sign of
   listening, a hello over the greeting, or nothing, it never happened. But once we have finished, a "yes" that began
   while we spoke is an answer like any other.
4. A turn without words: if it was clearly a voice, or had silenced us, we ask, at most twice in a row; else we listen.
5. A stage that fails is replaced by a spoken line; the third failure in a row by a goodbye. An answer that was spoken
   to its end makes up for all.
6. Silence counts from when our voice has finished playing: a question, then a goodbye. Sounds without words do not
   count as company. Near the time limit we say goodbye as soon as neither speaks, and later whoever speaks.
7. After a goodbye of ours has been played the call is hung up, unless the person speaks: then the words decide, and
   only another goodbye ends it. Where we must end (time limit, trouble) nothing is heard any more.
8. No state is without a deadline, except listening to live speech, which the time limit ends.
9. When the stream is over nothing is answered any more; but what was being said then is still transcribed, and told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from callregistry.call_events import Kind
from voicebridge.dialogue import events
from voicebridge.dialogue.agent import Agent
from voicebridge.dialogue.caller import Caller
from voicebridge.dialogue.decisions import Decisions
from voicebridge.dialogue.events import Command, HangUpReason, LineName, Role
from voicebridge.dialogue.intents import is_goodbye
from voicebridge.dialogue.states import AgentState, CallerState, Phase, Timing
from voicebridge.dialogue.turn import Turn

__all__ = ["AgentState", "CallerState", "Phase", "Timing", "TurnTaking"]


class TurnTaking:
    """One call's conversation. `first_reply`, `first_turn`: where the numbers go on after an earlier stream."""

    def __init__(self, timing: Timing | None = None, *, first_reply: int = 1, first_turn: int = 1) -> None:
        self._timing = timing or Timing()
        self.decisions = Decisions()
        self._caller = Caller(self.decisions.commands)
        self._agent = Agent(self.decisions.commands, first_reply)
        self.phase = Phase.OPENING
        self._next_turn = first_turn
        self._began_at: float | None = None
        self._idle_since = 0.0
        """When we last fell silent."""
        self._asked_if_there = False
        self._misheard = 0
        self._failures = 0
        self._hang_up: HangUpReason | None = None
        """While CLOSING: why the call will end."""
        self._owes_goodbye = False
        """While CLOSING: our goodbye could not be spoken."""

    @property
    def caller(self) -> CallerState:
        """What the ears hear."""
        return self._caller.state

    @property
    def agent(self) -> AgentState:
        """What we do."""
        return self._agent.state

    @property
    def reply(self) -> int | None:
        """The number of the reply that is alive."""
        return self._agent.reply.number if self._agent.reply else None

    @property
    def awaits_last_words(self) -> bool:
        """The stream is over, and the last that was said is still being transcribed."""
        return self._caller.last_words is not None

    # --- the interface: an event or the clock in, commands out

    def handle(self, event: events.Event, now: float) -> list[Command]:
        """What to do about `event`. Never raises."""
        if isinstance(event, events.StreamStopped):
            self._stream_stopped(now)
        elif isinstance(event, events.StreamStarted):
            self._stream_started(event, now)
        elif self._began_at is None or self.phase is Phase.OVER:
            self._after_the_end(event)
        else:
            self._happened(event, now)
        return self.decisions.given()

    def next_deadline(self) -> float | None:
        """When `handle_timer` is to be called; it may have passed already. None: only an event can change anything."""
        return min((at for at, _ in self._deadlines()), default=None)

    def handle_timer(self, now: float) -> list[Command]:
        """Do what is due. Calling it early does nothing."""
        while due := [(at, act) for at, act in self._deadlines() if at <= now]:
            _, act = min(due, key=lambda deadline: deadline[0])
            act(now)
        return self.decisions.given()

    def _happened(self, event: events.Event, now: float) -> None:
        match event:
            case events.SpeechStarted(at=at):
                self._speech_started(min(at, now))
            case events.SpeechPaused(at=at) if self.caller is CallerState.SPEAKING:
                self._caller.pauses(min(at, now))
            case events.UtteranceFull() if self.caller is not CallerState.SILENT:
                self._caller.tells_a_part()
            case events.Transcribed() | events.TranscriptionFailed():
                self._understood(event, now)
            # What still arrives from a cancelled reply carries its old number, and is dropped here.
            case events.ReplyStarted(reply=number) if number == self.reply and self.agent is AgentState.THINKING:
                self._audible(now)
            case events.ReplyFinished(reply=number) if number == self.reply:
                self._spoken(now)
            case events.ReplyFailed(reply=number, stage=stage) if number == self.reply:
                self._gave_up(stage, "gave_up", now)
            case events.DigitPressed(digit=digit):
                self.decisions.record(Kind.DTMF, digit=digit)
            case _:
                self.decisions.ignore()

    def _deadlines(self) -> Iterator[tuple[float, Callable[[float], None]]]:
        """Everything that will happen by waiting, from the state as it is."""
        if self._began_at is None or self.phase is Phase.OVER:
            return
        timing, caller, reply = self._timing, self._caller, self._agent.reply
        ends_at = self._began_at + timing.max_call_s
        yield ends_at, self._time_is_over
        if self.phase is not Phase.CLOSING:
            nobody_speaks = caller.state is CallerState.SILENT and self.agent is not AgentState.SPEAKING
            yield ends_at - timing.wind_down_s * (1.0 if nobody_speaks else 0.5), self._wind_down
        if caller.state is CallerState.PAUSED:
            yield caller.pause_since + timing.end_of_turn_s, self._end_turn
        if caller.state is CallerState.SPEAKING and self._sound_may_stop_us():
            opening = self.phase is Phase.OPENING
            yield caller.speech_since + (timing.greeting_barge_in_s if opening else timing.barge_in_s), self._barge_in
        if caller.waits and caller.turn is not None and caller.turn.pending:
            yield caller.turn_over_at + timing.transcribing_s, self._transcribing_took_too_long
        if reply and self.agent is AgentState.THINKING:
            yield reply.since + timing.thinking_s, self._thought_too_long
        elif reply:
            yield reply.since + timing.speaking_s, self._spoke_too_long
        elif caller.is_done:
            yield (
                self._idle_since + (timing.idle_again_s if self._asked_if_there else timing.idle_s),
                self._nobody_speaks,
            )

    # --- the call begins and ends

    def _stream_started(self, event: events.StreamStarted, now: float) -> None:
        if self._began_at is not None or self.phase is Phase.OVER:
            self.decisions.ignore()
            return
        self._began_at = now
        if event.resumed:
            self.phase = Phase.TALKING
            self._agent.say(LineName.CUT_OFF, Role.LINE, now)
        else:
            self._agent.greet(now)

    def _stream_stopped(self, now: float) -> None:
        if self.phase is not Phase.OVER:
            self._caller.leaves(now)
        self._end()

    def _after_the_end(self, event: events.Event) -> None:
        """Rule 9."""
        turn = self._caller.hears_of_last_words(event)
        if turn is None:
            self.decisions.ignore()
        elif turn.text:
            self._tell(turn)

    def _nobody_speaks(self, now: float) -> None:
        """Rule 6."""
        if self._asked_if_there:
            self._say_last(LineName.GOODBYE_SILENCE, HangUpReason.SILENCE, now)
        else:
            self._asked_if_there = True
            self._agent.say(LineName.STILL_THERE, Role.LINE, now)

    def _wind_down(self, now: float) -> None:
        self._say_last(LineName.GOODBYE_TIME, HangUpReason.TIME_LIMIT, now)

    def _say_last(self, line: LineName, reason: HangUpReason, now: float) -> None:
        """Our goodbye, whoever speaks: what is being said to us is not answered any more."""
        self._agent.stop()
        self._caller.is_cut_off()
        self.phase, self._hang_up = Phase.CLOSING, reason
        self._agent.say(line, Role.GOODBYE, now)

    def _close(self, now: float) -> None:
        """Rule 7: both have said what they had to say."""
        assert self._hang_up is not None
        if self._owes_goodbye:
            self._owes_goodbye = False
            self._agent.say(LineName.GOODBYE, Role.GOODBYE, now)
        else:
            self._hang_up_because(self._hang_up)

    def _time_is_over(self, now: float) -> None:
        self._hang_up_because(self._hang_up or HangUpReason.TIME_LIMIT)

    def _hang_up_because(self, reason: HangUpReason) -> None:
        self._agent.stop()
        self.decisions.commands.append(events.HangUp(reason))
        self._end()

    def _end(self) -> None:
        self.phase = Phase.OVER
        self._agent.state, self._agent.reply = AgentState.IDLE, None
        self._caller.state, self._caller.turn = CallerState.SILENT, None

    # --- the person speaks

    def _speech_started(self, at: float) -> None:
        deaf = self._hang_up in (HangUpReason.TIME_LIMIT, HangUpReason.TECHNICAL)
        if deaf or self.caller is CallerState.SPEAKING:
            self.decisions.ignore()
            return
        if self.agent is AgentState.THINKING:
            self._take_answer_back()
        self._caller.speaks(at, over_greeting=self.phase is Phase.OPENING)

    def _take_answer_back(self) -> None:
        """Rule 1. Nothing of it has been heard: it never happened."""
        if self._agent.reply:
            self._agent.stop()
            self.phase, self._hang_up = Phase.TALKING, None
        self._agent.becomes(AgentState.IDLE)

    def _sound_may_stop_us(self) -> bool:
        """Rule 2."""
        return self.agent is AgentState.SPEAKING and self.phase is not Phase.CLOSING

    def _barge_in(self, now: float) -> None:
        assert self._caller.turn is not None
        self._caller.turn.interrupted_us = True
        self._agent.stop()
        self._fall_silent(now)

    def _end_turn(self, now: float) -> None:
        self._caller.ends_turn(now)
        if self.agent is AgentState.IDLE:
            self._agent.becomes(AgentState.THINKING)

    # --- what the person said

    def _understood(self, event: events.Transcribed | events.TranscriptionFailed, now: float) -> None:
        turn = self._caller.turn
        if turn is None or event.request not in turn.pending:
            self.decisions.ignore()
            return
        if isinstance(event, events.Transcribed):
            turn.answered(event)
        else:
            turn.gave_up(event.request)
            self._failed("stt", "gave_up")
        if self._caller.waits and not turn.pending:
            self._complete(turn, now)

    def _transcribing_took_too_long(self, now: float) -> None:
        turn = self._caller.turn
        assert turn is not None
        for request in turn.pending:
            turn.gave_up(request)
        self._failed("stt", "timeout")
        self._complete(turn, now)

    def _complete(self, turn: Turn, now: float) -> None:
        """The turn is over, and all that can be known of it is known."""
        if not turn.text:
            self._no_words(turn, now)
        elif turn.needs_no_answer(self.phase, self.agent):
            self._forget_turn(now)
        else:
            self._answer(turn, now)

    def _no_words(self, turn: Turn, now: float) -> None:
        """Rule 4, and the ears' part of rule 5."""
        unclear = turn.interrupted_us or turn.voiced_ms >= self._timing.clearly_a_voice_ms
        if self.agent is AgentState.SPEAKING or self.phase is Phase.CLOSING:
            self._forget_turn(now)
        elif turn.failed:
            self._caller.turn = None
            self._apologise(now)
        elif unclear and self._misheard < self._timing.misheard_in_a_row:
            self._caller.turn = None
            self._misheard += 1
            self._agent.say(LineName.DID_NOT_HEAR, Role.LINE, now)
        else:
            self._forget_turn(now)

    def _forget_turn(self, now: float) -> None:
        """It was nothing that wants an answer."""
        self._caller.turn = None
        if self.agent is not AgentState.SPEAKING:
            self._agent.becomes(AgentState.IDLE)
            if self._hang_up:
                self._close(now)

    def _answer(self, turn: Turn, now: float) -> None:
        self._agent.stop()
        number = self._tell(turn)
        closing = is_goodbye(turn.text)
        self.phase = Phase.CLOSING if closing else Phase.TALKING
        self._hang_up = HangUpReason.SAID_GOODBYE if closing else None
        self._owes_goodbye = self._asked_if_there = False
        self._misheard = 0
        self._agent.answer(turn, number, closing=closing, now=now)

    def _tell(self, turn: Turn) -> int:
        """The turn's words for the log, under its number."""
        if turn.number is None:
            turn.number = self._next_turn
            self._next_turn += 1
        facts = {"turn": turn.number, "text": turn.text, "audio_ms": turn.audio_ms, "stt_ms": turn.stt_ms}
        self.decisions.record(Kind.PERSON_SAID, **facts)
        return turn.number

    # --- our voice

    def _audible(self, now: float) -> None:
        assert self._agent.reply is not None
        self._agent.reply.since = now
        self._caller.turn = None
        self._agent.becomes(AgentState.SPEAKING)

    def _spoken(self, now: float) -> None:
        """It has been played to its end."""
        if self._agent.reply and self._agent.reply.role is Role.ANSWER:
            self._failures = 0
        self._reply_is_gone(now)
        if self._hang_up and self._caller.is_done:
            self._close(now)

    def _spoke_too_long(self, now: float) -> None:
        self.decisions.commands.append(events.StopReply(self.reply or 0))
        self._spoken(now)

    def _thought_too_long(self, now: float) -> None:
        self.decisions.commands.append(events.StopReply(self.reply or 0))
        self._gave_up("llm", "timeout", now)

    def _gave_up(self, stage: str, problem: str, now: float) -> None:
        """Rule 5. Nothing is said over the person: who speaks now is answered next."""
        assert self._agent.reply is not None
        # A ready line that cannot be spoken is not replaced by another one.
        self._owes_goodbye = self.phase is Phase.CLOSING and self._agent.reply.role is Role.ANSWER
        self._failed(stage, problem)
        self._reply_is_gone(now)
        if not self._caller.is_done:
            return
        if self._hang_up:
            self._close(now)
        else:
            self._apologise(now)

    def _apologise(self, now: float) -> None:
        if self._failures >= self._timing.failures_in_a_row:
            self._say_last(LineName.GOODBYE_TROUBLE, HangUpReason.TECHNICAL, now)
        else:
            self._agent.say(LineName.TROUBLE, Role.LINE, now)

    def _failed(self, stage: str, problem: str) -> None:
        self._failures += 1
        self.decisions.record(Kind.STAGE_FAILED, stage=stage, problem=problem)

    def _reply_is_gone(self, now: float) -> None:
        self._agent.reply = None
        if self.agent is AgentState.THINKING:
            self._caller.turn = None  # it has had its answer, such as it was
        self._fall_silent(now)

    def _fall_silent(self, now: float) -> None:
        self._idle_since = now
        if self.phase is Phase.OPENING:
            self.phase = Phase.TALKING
        self._agent.becomes(AgentState.THINKING if self._caller.waits else AgentState.IDLE)
