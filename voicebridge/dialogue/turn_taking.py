"""Who speaks when. What happens in a call comes in here, and what is to be done goes out.

THE LAW. Pure: no clock, no I/O; `now` is an argument. Events come in, commands go out, and between two events the one
`next_deadline()` stands for everything that happens by waiting. `handle` never raises; an event that means nothing in
a state is ignored, on purpose, and counted. A recorded call, played again, gives the same decisions.

THREE AUTOMATA, coupled.

*Caller*: SILENT until the ears hear somebody; SPEAKING; PAUSED while it may be a breath.

*Agent*: IDLE (it listens; WAITING, if it was asked to hold on); DRAFTING (the person pauses, an answer is prepared, and
nothing of it is heard); THINKING (the turn is over, the answer's first sound is awaited); SPEAKING; HELD (stopped in
mid-sentence by a sound of the person, it may go on). At most one reply is alive.

*Phase*: OPENING (the greeting), TALKING, PATIENT (the person asked us to hold on), CLOSING (somebody has said goodbye,
or we must end), OVER.

THE RULES ON THEIR COMBINATION. Those about both sides' sound are here; what words lead to is in `answering.py`, how a
call ends in `ending.py`.

1. Speech before our answer is heard takes it back: nothing of it has happened. The turn goes on, and all of its words
   are answered.
2. Speech within `repair_s` of our first sound does the same, only that we have to stop: it was one turn.
3. Speech over our voice holds us: we stop, and keep what was not heard. A noise, or a sign of listening ("mm-hm"): we
   go on where we stopped. Words, or speech that does not end: we have been interrupted (`barge_in.py`).
4. The greeting is held only by longer speech, because a "Hello?" when picking up is no interruption; our goodbye only
   by words.
5. Once we have finished, a "yes" that began while we spoke is an answer like any other.
6. No state is without a deadline, except listening to live speech, which the time limit ends.
7. When the stream is over nothing is answered any more; but what was being said then is still transcribed, and told.
"""

from __future__ import annotations

from callregistry.call_events import Kind
from voicebridge.dialogue import events
from voicebridge.dialogue.answering import Answering
from voicebridge.dialogue.barge_in import is_noise
from voicebridge.dialogue.decisions import Decisions
from voicebridge.dialogue.ending import Ending
from voicebridge.dialogue.events import Command, LineName, Manner, Role
from voicebridge.dialogue.states import AgentState, CallerState, Phase, Timing
from voicebridge.dialogue.talk import Deadlines, Talk

__all__ = ["AgentState", "CallerState", "Phase", "Timing", "TurnTaking"]


class TurnTaking:
    """One call's conversation.

    `first_reply`, `first_turn`, `manner`: where an earlier stream of the call left off.
    """

    def __init__(
        self,
        timing: Timing | None = None,
        *,
        first_reply: int = 1,
        first_turn: int = 1,
        manner: Manner | None = None,
    ) -> None:
        self._talk = Talk(timing or Timing(), first_reply, manner or Manner())
        self._ending = Ending(self._talk)
        self._answering = Answering(self._talk, self._ending, first_turn)

    @property
    def decisions(self) -> Decisions:
        """What has been decided and not been asked for yet, and how many events meant nothing."""
        return self._talk.decisions

    @property
    def phase(self) -> Phase:
        """Where the call is."""
        return self._talk.phase

    @property
    def caller(self) -> CallerState:
        """What the ears hear."""
        return self._talk.caller.state

    @property
    def agent(self) -> AgentState:
        """What we do."""
        return self._talk.agent.state

    @property
    def reply(self) -> int | None:
        """The number of the reply that is alive."""
        return self._talk.agent.reply.number if self._talk.agent.reply else None

    @property
    def awaits_last_words(self) -> bool:
        """The stream is over, and the last that was said is still being transcribed."""
        return self._talk.caller.last_words is not None

    # --- the interface: an event or the clock in, commands out

    def handle(self, event: events.Event, now: float) -> list[Command]:
        """What to do about `event`, and about what is due by now. Never raises."""
        match event:
            case events.StreamStopped():
                self._stream_stopped(now)
            case events.StreamStarted():
                self._stream_started(event, now)
            case events.Transcribed() | events.TranscriptionFailed() if self._talk.began_at is not None:
                self._answering.hears(event, now)
            case _ if self._talk.is_on:
                self._happened(event, now)
            case _:
                self.decisions.ignore()
        return self.handle_timer(now)

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
            case events.SpeechSuspected():
                self._answering.suspect(now)
            case events.SpeechFading(at=at) if self.caller is CallerState.SPEAKING:
                self._answering.fades(min(at, now), now)
            case events.SpeechPaused(at=at, pitched_ms=pitched_ms) if self.caller is CallerState.SPEAKING:
                self._speech_paused(min(at, now), pitched_ms)
            case events.SpeechPaused(at=at) if self.caller is CallerState.PAUSED:
                # What has been heard since was not the person.
                self._talk.caller.pauses(min(at, self._talk.caller.pause_since))
            case events.UtteranceFull() if self.caller is not CallerState.SILENT:
                self._utterance_full(now)
            case events.ReplyFinished(reply=number) | events.ReplyFailed(reply=number) if (
                number == self._talk.agent.filler
            ):
                self._talk.agent.filler = None
            # What still arrives from a cancelled reply carries its old number, and is dropped here.
            case events.ReplyStarted(reply=number) if number == self.reply and self.agent is AgentState.THINKING:
                self._audible(now)
            case events.ReplyHeld(reply=number) if number == self.reply:
                self._held(event, now)
            case events.ReplyFinished(reply=number, last_sentence=last_sentence) if number == self.reply:
                self._spoken(last_sentence, now)
            case events.ReplyFailed(reply=number, stage=stage) if number == self.reply:
                self._gave_up(stage, "gave_up", now)
            case events.DigitPressed(digit=digit):
                self.decisions.record(Kind.DTMF, digit=digit)
            case _:
                self.decisions.ignore()

    def _deadlines(self) -> Deadlines:
        """Everything that will happen by waiting, from the state as it is."""
        if not self._talk.is_on:
            return
        yield from self._ending.deadlines()
        yield from self._answering.deadlines()
        timing, caller, agent = self._talk.timing, self._talk.caller, self._talk.agent
        if caller.state is CallerState.SPEAKING and self.phase is not Phase.CLOSING:
            if agent.state is AgentState.SPEAKING:
                opening = self.phase is Phase.OPENING
                yield caller.speech_since + (timing.greeting_barge_in_s if opening else timing.barge_in_s), self._hold
            elif agent.state is AgentState.HELD:
                yield caller.speech_since + timing.yield_s, self._yield
        if agent.state is AgentState.THINKING and agent.reply is not None:
            closing = self.phase is Phase.CLOSING
            yield (
                agent.reply.since + (timing.goodbye_within_s if closing else timing.thinking_s),
                self._thought_too_long,
            )
        elif agent.is_heard and agent.reply is not None:
            yield agent.reply.since + timing.speaking_s, self._spoke_too_long
            if caller.answered is not None:
                yield agent.reply.since + timing.repair_s, self._settle

    # --- the call begins and ends

    def _stream_started(self, event: events.StreamStarted, now: float) -> None:
        if self._talk.began_at is not None or self.phase is Phase.OVER:
            self.decisions.ignore()
            return
        self._talk.began_at = now
        if event.resumed:
            self._talk.phase = Phase.TALKING
            self._talk.agent.say(LineName.CUT_OFF, Role.LINE, now)
        else:
            self._talk.agent.greet(now)

    def _stream_stopped(self, now: float) -> None:
        if self.phase is not Phase.OVER:
            self._talk.caller.leaves(now)
            self._answering.tell_last_words()
        self._ending.end()

    # --- the person speaks

    def _speech_started(self, at: float) -> None:
        if self._ending.is_deaf or self.caller is CallerState.SPEAKING:
            self.decisions.ignore()
            return
        if not self._talk.agent.is_heard:
            self._answering.take_back()
        self._talk.caller.speaks(at, over_greeting=self.phase is Phase.OPENING)
        if not self._talk.agent.is_heard:
            self._talk.rest()

    def _speech_paused(self, at: float, pitched_ms: int | None) -> None:
        caller, agent = self._talk.caller, self._talk.agent
        caller.pauses(at)
        assert caller.turn is not None
        speech_s = at - caller.speech_since
        if agent.state is AgentState.HELD and is_noise(caller.turn, speech_s, pitched_ms, self._talk.timing):
            agent.resumes()
            caller.settles()
        elif not agent.is_heard:
            self._talk.rest()

    def _utterance_full(self, now: float) -> None:
        if self._talk.agent.has_draft:
            self._answering.take_back()  # a released answer is one to all the words, and these may become more
        self._talk.caller.tells(now, closes_part=True)

    def _hold(self, now: float) -> None:
        self._talk.agent.holds()

    def _held(self, event: events.ReplyHeld, now: float) -> None:
        """Almost all of it was heard: then it is over, and what the person says is an ordinary turn, and its answer."""
        if self.agent is AgentState.HELD and event.unheard_s < self._talk.timing.worth_resuming_s:
            self._talk.stop_for_good(now)
            self._talk.asked = event.last_sentence

    def _yield(self, now: float) -> None:
        """Rule 3: whatever it is, it does not end."""
        assert self._talk.caller.turn is not None
        self._talk.caller.turn.interrupted_us = True
        self._talk.stop_for_good(now)

    # --- our voice

    def _audible(self, now: float) -> None:
        agent = self._talk.agent
        assert agent.reply is not None
        agent.reply.since = now
        agent.drops_filler()
        self._talk.caller.is_answered()
        agent.becomes(AgentState.SPEAKING)

    def _settle(self, now: float) -> None:
        """Whoever speaks from now on begins a new turn."""
        self._talk.caller.settles()

    def _spoken(self, last_sentence: str, now: float) -> None:
        """It has been played to its end."""
        if self._talk.agent.reply and self._talk.agent.reply.role is Role.ANSWER:
            self._ending.answer_was_heard()
        self._talk.asked = last_sentence
        self._reply_is_gone(now)
        if self._ending.hang_up and self._talk.caller.is_done:
            self._ending.close(now)

    def _spoke_too_long(self, now: float) -> None:
        self.decisions.commands.append(events.StopReply(self.reply or 0))
        self._spoken("", now)

    def _thought_too_long(self, now: float) -> None:
        self.decisions.commands.append(events.StopReply(self.reply or 0))
        self._gave_up("llm", "timeout", now)

    def _gave_up(self, stage: str, problem: str, now: float) -> None:
        """Nothing is said over the person: who speaks now is answered next."""
        reply = self._talk.agent.reply
        assert reply is not None
        if reply.is_draft:
            self._answering.draft_failed()
            return
        self._ending.answer_failed(was_answer=reply.role is Role.ANSWER)
        self._ending.failed(stage, problem)
        self._reply_is_gone(now)
        if not self._talk.caller.is_done:
            return
        if self._ending.hang_up:
            self._ending.close(now)
        else:
            self._ending.apologise(now)

    def _reply_is_gone(self, now: float) -> None:
        was_heard = self._talk.agent.is_heard
        self._talk.agent.reply = None
        if self.caller is CallerState.SILENT and (not was_heard or self._talk.caller.answered is not None):
            self._talk.caller.settles()  # it has had its answer, such as it was
        self._talk.we_fall_silent(now)
