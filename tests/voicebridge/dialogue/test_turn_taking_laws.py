"""Whatever happens, in whatever order: the laws that hold in every call."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callregistry.call_events import Kind
from tests.voicebridge.dialogue.words import heard
from voicebridge.dialogue.events import (
    Command,
    DigitPressed,
    Event,
    HangUp,
    Record,
    ReplyFailed,
    ReplyFinished,
    ReplyStarted,
    SayGreeting,
    SayLine,
    SpeechPaused,
    SpeechStarted,
    StartReply,
    StopReply,
    StreamStarted,
    StreamStopped,
    Transcribe,
    Transcribed,
    TranscriptionFailed,
    UtteranceFull,
)
from voicebridge.dialogue.states import Timing
from voicebridge.dialogue.turn_taking import AgentState, CallerState, Phase, TurnTaking

TIMING = Timing(max_call_s=200.0, wind_down_s=20.0)
TEXTS = ["", "Yes.", "Mm-hm.", "Hello?", "I slept well.", "Goodbye.", "Stop!", "my husband said goodbye last year"]

Happening = Callable[["Call", float], Event]
"""An event, given the call it happens in and the time."""


class Call:
    """A machine whose every word is held against the laws."""

    def __init__(self) -> None:
        self.machine = TurnTaking(TIMING)
        self.now = 0.0
        self.alive: int | None = None
        self.last_reply = 0
        self.pending: list[int] = []
        self.last_request = 0
        self.over = False
        self.hung_up = False
        self.record: list[tuple[float, Event | None, list[Command]]] = []
        """What happened (None: the timer) and what was given."""

    def happens(self, event: Event) -> None:
        if isinstance(event, ReplyFinished | ReplyFailed) and event.reply == self.alive:
            self.alive = None
        if isinstance(event, Transcribed | TranscriptionFailed) and event.request in self.pending:
            self.pending.remove(event.request)
        commands = self.machine.handle(event, self.now)
        if isinstance(event, StreamStopped):
            assert not any(isinstance(command, StartReply | SayLine | HangUp) for command in commands)
            self.check(event, commands, last=True)
            self.alive, self.over = None, True
            self.check_state()
        else:
            self.check(event, commands)

    def passes(self, until: float) -> None:
        """Time passes, and the shell's one timer does its work."""
        while (deadline := self.machine.next_deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            self.check(None, self.machine.handle_timer(self.now))
            following = self.machine.next_deadline()
            assert following is None or following > self.now, "a deadline was left in the past"
        self.now = max(self.now, until)

    def check(self, event: Event | None, commands: list[Command], *, last: bool = False) -> None:
        self.record.append((self.now, event, commands))
        told = [isinstance(command, Record) and command.kind == Kind.PERSON_SAID for command in commands]
        assert not self.over or all(told), "more than the last words follows the end"
        for place, command in enumerate(commands):
            match command:
                case StartReply(reply=reply) | SayGreeting(reply=reply) | SayLine(reply=reply):
                    assert self.alive is None, "two replies at once"
                    assert reply == self.last_reply + 1, "replies count on"
                    self.alive = self.last_reply = reply
                case StopReply(reply=reply):
                    assert reply == self.alive, "a reply ends once"
                    self.alive = None
                case Transcribe(request=request):
                    assert request == self.last_request + 1, "requests count on"
                    self.last_request = request
                    self.pending.append(request)
                case HangUp():
                    assert place == len(commands) - 1, "nothing follows a hang-up"
                    assert self.alive is None, "a reply outlives the call"
                    self.over = self.hung_up = True
        if not last:
            self.check_state()

    def check_state(self) -> None:
        machine = self.machine
        assert machine.reply == self.alive
        assert self.over == (machine.phase is Phase.OVER)
        assert not self.over or machine.next_deadline() is None
        assert machine.agent is not AgentState.SPEAKING or self.alive is not None
        assert self.alive is None or machine.agent is not AgentState.IDLE
        if machine.caller is CallerState.SPEAKING:
            assert machine.agent is not AgentState.THINKING, "we listen to whoever speaks"


HAPPENINGS: list[st.SearchStrategy[Happening]] = [
    st.sampled_from([0.0, 0.1, 0.5, 3.0]).map(lambda ago: lambda call, now: SpeechStarted(now - ago)),
    st.sampled_from([0.0, 0.2, 2.0]).map(lambda ago: lambda call, now: SpeechPaused(now - ago)),
    st.just(lambda call, now: UtteranceFull()),
    st.tuples(st.sampled_from(TEXTS), st.sampled_from([100, 900]), st.integers(0, 3)).map(
        lambda drawn: (
            lambda call, now: heard(
                call.pending[drawn[2] % len(call.pending)] if call.pending else drawn[2], drawn[0], voiced_ms=drawn[1]
            )
        )
    ),
    st.just(lambda call, now: TranscriptionFailed(call.pending[0] if call.pending else 7)),
    st.just(lambda call, now: ReplyStarted(call.last_reply)),
    st.just(lambda call, now: ReplyFinished(call.last_reply)),
    st.sampled_from(["llm", "tts"]).map(lambda stage: lambda call, now: ReplyFailed(call.last_reply, stage)),
    # Echoes of what is long gone.
    st.integers(0, 3).map(lambda old: lambda call, now: ReplyFinished(call.last_reply - 1 - old)),
    st.integers(0, 3).map(lambda old: lambda call, now: ReplyStarted(call.last_reply - 1 - old)),
    st.just(lambda call, now: DigitPressed("1")),
    st.just(lambda call, now: StreamStarted()),
]
gaps = st.sampled_from([0.0, 0.05, 0.15, 0.25, 0.35, 1.0, 1.5, 4.0, 13.0, 25.0])
stories = st.lists(st.tuples(gaps, st.booleans(), st.one_of(HAPPENINGS)), max_size=60)
"""Time that passes, whether the timer comes too late for it, and what happens then."""

Story = list[tuple[float, bool, Happening]]


def played(story: Story, *, resumed: bool = False) -> Call:
    call = Call()
    call.happens(StreamStarted(resumed))
    for gap, timer_is_late, happening in story:
        if timer_is_late:
            call.now += gap
        else:
            call.passes(call.now + gap)
        call.happens(happening(call, call.now))
    return call


@given(stories, st.booleans())
@settings(max_examples=200, deadline=None)
def test_the_laws_hold_in_every_order_of_events(story: Story, resumed: bool) -> None:
    played(story, resumed=resumed)


@given(stories)
@settings(max_examples=100, deadline=None)
def test_a_call_ends_at_its_limit_even_if_nothing_comes_any_more(story: Story) -> None:
    call = played(story)
    call.passes(max(call.now, TIMING.max_call_s))
    assert call.over
    assert call.hung_up
    assert call.machine.next_deadline() is None


@given(stories)
@settings(max_examples=100, deadline=None)
def test_an_idle_call_ends_soon(story: Story) -> None:
    call = played(story)
    if call.machine.caller is CallerState.SPEAKING:
        call.happens(SpeechPaused(call.now))
    began = call.now
    while not call.over:
        # From here on nobody speaks, and the shell does what it is told: words in 1 s, a reply is played in 3 s.
        call.passes(call.now + 1.0)
        for request in list(call.pending):
            call.happens(heard(request, ""))
        if call.alive is not None:
            reply = call.alive
            call.happens(ReplyStarted(reply))
            call.passes(call.now + 3.0)
            call.happens(ReplyFinished(reply))
    silence_s = TIMING.idle_s + TIMING.idle_again_s
    assert call.now - began < silence_s + 60.0


@given(stories, st.integers(0, 60))
@settings(max_examples=60, deadline=None)
def test_nothing_follows_the_end_of_the_stream(story: Story, place: int) -> None:
    place = min(place, len(story))
    call = played([*story[:place], (0.0, False, lambda call, now: StreamStopped()), *story[place:]])
    call.passes(10_000.0)
    assert call.machine.phase is Phase.OVER


@given(stories)
@settings(max_examples=50, deadline=None)
def test_a_recorded_call_replays_to_the_same_decisions(story: Story) -> None:
    first = played(story)
    again = TurnTaking(TIMING)
    for now, event, commands in first.record:
        assert (again.handle_timer(now) if event is None else again.handle(event, now)) == commands


@pytest.mark.parametrize("event", [SpeechStarted(0.0), ReplyFinished(1), StreamStopped(), StreamStarted()])
def test_an_event_may_come_at_any_time_of_the_machines_life(event: Event) -> None:
    lives: list[list[Event]] = [[], [StreamStarted()], [StreamStarted(), StreamStopped()]]
    for already in lives:
        call = Call()
        for earlier in already:
            call.happens(earlier)
        call.happens(event)
