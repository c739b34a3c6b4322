"""Whatever happens, in whatever order: the laws that hold in every call.

`Call` is a shell that does what it is told, and holds every command against the laws; `Story` is what happens to it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callregistry.call_events import Kind
from tests.voicebridge.dialogue.words import heard
from voicebridge.dialogue.events import (
    ChangeManner,
    Command,
    DigitPressed,
    DiscardUtterance,
    Event,
    HangUp,
    HoldReply,
    LineName,
    Manner,
    Record,
    ReleaseReply,
    ReplyFailed,
    ReplyFinished,
    ReplyHeld,
    ReplyStarted,
    ResumeReply,
    SayAgain,
    SayFiller,
    SayGreeting,
    SayLine,
    SpeechFading,
    SpeechPaused,
    SpeechStarted,
    SpeechSuspected,
    StartReply,
    StopReply,
    StreamStarted,
    StreamStopped,
    Transcribe,
    Transcribed,
    TranscriptionFailed,
    UtteranceFull,
)
from voicebridge.dialogue.hallucination import is_invented
from voicebridge.dialogue.states import Timing
from voicebridge.dialogue.steps import beginning, beginning_from, comparable, event_from, step
from voicebridge.dialogue.turn_taking import AgentState, CallerState, Phase, TurnTaking

TIMING = Timing(max_call_s=600.0, wind_down_s=20.0, hold_on_s=30.0)
TEXTS = [
    "",
    "Yes.",
    "Mm-hm.",
    "Hello?",
    "I slept well.",
    "I went to the",
    "Goodbye.",
    "Stop!",
    "Pardon?",
    "Louder!",
    "Hold on.",
    "I'm back.",
    "Thank you for watching.",
    "my husband said goodbye last year",
]

LONGEST_WAIT_S = 120.0
"""For somebody who asked us to hold on, and for the end of a reply."""

Happening = Callable[["Call"], None]
SOUND_AT_ONCE = (SayGreeting, SayLine, SayAgain)


class Utterance:
    """What the person has said since the audio was last forgotten, as the transcriber knows it."""

    def __init__(self) -> None:
        self.parts: list[tuple[int, str | None]] = []
        """Requests, and what became of them; None: nothing yet."""
        self.last_is_closed = True
        self.all_is_asked = True

    def asked(self, command: Transcribe) -> None:
        if not self.last_is_closed:
            self.parts.pop()
        self.parts.append((command.request, None))
        self.last_is_closed = command.closes_part
        self.all_is_asked = not command.closes_part

    def came(self, request: int, text: str) -> None:
        awaited = (request, None)
        self.parts = [(request, text) if part == awaited else part for part in self.parts]

    def gave_up(self) -> None:
        self.parts = [(number, known or "") for number, known in self.parts]

    @property
    def text(self) -> str | None:
        """All of it; None if some of it is not known."""
        if not self.all_is_asked or any(known is None for _, known in self.parts):
            return None
        return " ".join(known for _, known in self.parts if known)


class Call:
    """A machine whose every word is held against the laws."""

    def __init__(self, timing: Timing = TIMING) -> None:
        self.timing = timing
        self.machine = TurnTaking(timing)
        self.now = 0.0
        self.alive: int | None = None
        self.state = ""
        """Of the reply that is alive: draft, released, sounding or held."""
        self.filler: int | None = None
        self.fillers: list[LineName] = []
        """Since the audio was last forgotten."""
        self.last_reply = 0
        self.drafted: dict[int, StartReply] = {}
        self.drafts: Counter[int] = Counter()
        """Answers prepared before their turn was over, by turn."""
        self.pending: list[int] = []
        self.last_request = 0
        self.utterance = Utterance()
        self.speech_since = 0.0
        self.asked_until = -1.0
        """When the voice last faded."""
        self.over = False
        self.hung_up = False
        self.record: list[tuple[float, Event | None, list[Command]]] = []
        """What happened (None: the timer) and what was given."""

    def happens(self, event: Event) -> None:
        self.is_known(event)
        already_spoke = self.machine.caller is CallerState.SPEAKING
        if isinstance(event, SpeechPaused) and already_spoke and min(event.at, self.now) > self.asked_until + 0.03:
            self.utterance.all_is_asked = False  # the voice had only faded, and went on
        if isinstance(event, SpeechFading) and already_spoke:
            self.asked_until = min(event.at, self.now)
        commands = self.machine.handle(event, self.now)
        if isinstance(event, SpeechStarted) and self.machine.caller is CallerState.SPEAKING and not already_spoke:
            self.utterance.all_is_asked = False
            self.speech_since = min(event.at, self.now)
            self.asked_until = -1.0
        self.check(event, commands)
        if isinstance(event, StreamStopped):
            self.alive, self.filler, self.over = None, None, True
        self.check_state()

    def is_known(self, event: Event) -> None:
        """What the shell knows when it tells this."""
        match event:
            case ReplyFinished(reply=reply) | ReplyFailed(reply=reply):
                self.alive = None if reply == self.alive else self.alive
                self.filler = None if reply == self.filler else self.filler
            case ReplyStarted(reply=reply) if reply == self.alive and self.state == "released":
                self.state = "sounding"
            case Transcribed(request=request, text=text) if request in self.pending:
                self.pending.remove(request)
                self.utterance.came(request, "" if is_invented(event) else text)
            case TranscriptionFailed(request=request) if request in self.pending:
                self.pending.remove(request)
                self.utterance.came(request, "")

    def passes(self, until: float) -> None:
        """Time passes, and the shell's one timer does its work."""
        while (deadline := self.machine.next_deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            self.check(None, self.machine.handle_timer(self.now))
            self.check_state()
            following = self.machine.next_deadline()
            assert following is None or following > self.now, "a deadline was left in the past"
        self.now = max(self.now, until)

    # --- the laws

    def check(self, event: Event | None, commands: list[Command]) -> None:
        self.record.append((self.now, event, commands))
        if self.over:
            told = [isinstance(command, Record) and command.kind is Kind.PERSON_SAID for command in commands]
            assert all(told), "more than the last words follows the end"
        if self.machine.caller is CallerState.SPEAKING:
            audible = (ReleaseReply, ResumeReply, SayFiller, *SOUND_AT_ONCE)
            assert not any(isinstance(command, audible) for command in commands), "we began to sound over the person"
        for place, command in enumerate(commands):
            self.check_reply(command, commands[place + 1 :])
            match command:
                case Transcribe(request=request):
                    assert request == self.last_request + 1, "requests count on"
                    self.last_request = request
                    self.pending.append(request)
                    self.utterance.asked(command)
                case DiscardUtterance():
                    self.utterance, self.fillers = Utterance(), []
                case Record(kind=Kind.STAGE_FAILED, data={"stage": "stt", "problem": "timeout"}):
                    self.utterance.gave_up()
                case HangUp():
                    assert place == len(commands) - 1, "nothing follows a hang-up"
                    assert self.alive is None, "a reply outlives the call"
                    self.over = self.hung_up = True

    def check_reply(self, command: Command, following: list[Command]) -> None:
        match command:
            case StartReply(reply=reply, turn=turn, text=text):
                self.begins(reply, "draft")
                assert text == self.utterance.text, "an answer is one to all the words"
                self.drafted[reply] = command
                self.drafts[turn] += ReleaseReply(reply) not in following
                assert self.drafts[turn] <= self.timing.drafts_per_turn
            case ReleaseReply(reply=reply):
                assert (reply, self.state) == (self.alive, "draft"), "a reply is begun, and then released, once"
                assert self.drafted[reply].text == self.utterance.text, "the whole turn is answered"
                self.state = "released"
            case SayGreeting(reply=reply) | SayLine(reply=reply) | SayAgain(reply=reply):
                self.begins(reply, "sounding")
            case SayFiller(reply=reply, line=line):
                assert reply == self.last_reply + 1
                assert self.filler is None
                assert self.alive is None or self.state in ("draft", "released"), "no holding word over ourselves"
                assert line not in self.fillers, "holding words differ"
                self.last_reply = self.filler = reply
                self.fillers.append(line)
                assert len(self.fillers) <= 2
            case HoldReply(reply=reply):
                assert (reply, self.state) == (self.alive, "sounding"), "only what sounds is held"
                self.state = "held"
            case ResumeReply(reply=reply):
                assert (reply, self.state) == (self.alive, "held"), "only what is held goes on"
                self.state = "sounding"
            case StopReply(reply=reply) if reply == self.filler:
                self.filler = None
            case StopReply(reply=reply):
                assert reply == self.alive, "a reply ends once"
                self.alive = None

    def begins(self, reply: int, state: str) -> None:
        assert self.alive is None, "two replies at once"
        assert reply == self.last_reply + 1, "replies count on"
        self.alive = self.last_reply = reply
        self.state = state

    def check_state(self) -> None:
        machine = self.machine
        assert machine.reply == self.alive
        assert self.over == (machine.phase is Phase.OVER)
        assert not self.over or machine.next_deadline() is None
        if self.alive is not None:
            shown = {
                "draft": AgentState.DRAFTING,
                "released": AgentState.THINKING,
                "sounding": AgentState.SPEAKING,
                "held": AgentState.HELD,
            }
            assert machine.agent is shown[self.state]
            if self.state == "draft":
                assert self.drafted[self.alive].text == self.utterance.text, "it would be no answer to all the words"
            if self.state == "held":
                self.check_held()
        else:
            assert machine.agent in {AgentState.IDLE, AgentState.WAITING, AgentState.DRAFTING}
        if machine.caller is CallerState.SPEAKING:
            assert self.alive is None or self.state in ("sounding", "held"), "we listen to whoever speaks"
        elif self.began and not self.over:
            deadline = machine.next_deadline()
            assert deadline is not None
            assert deadline <= self.now + LONGEST_WAIT_S, "whoever is silent is not waited for without an end"

    def check_held(self) -> None:
        assert self.machine.caller is not CallerState.SILENT, "whoever is held goes on when nobody speaks"
        if self.machine.caller is CallerState.SPEAKING:
            assert self.now < self.speech_since + self.timing.yield_s, "whoever is held long enough is stopped"

    @property
    def began(self) -> bool:
        return any(isinstance(event, StreamStarted) for _, event, _ in self.record)


# --- what may happen


def at_any_time(make: Callable[[Call], Event]) -> Happening:
    return lambda call: call.happens(make(call))


def speaks_for(seconds: float, pitched_ms: int | None) -> Happening:
    """As the ears tell it."""

    def happening(call: Call) -> None:
        call.passes(call.now + 0.15)
        call.happens(SpeechStarted(call.now - 0.15))
        call.passes(call.now + seconds)
        call.happens(SpeechPaused(call.now - 0.1, pitched_ms))

    return happening


def is_understood(text: str, voiced_ms: int) -> Happening:
    """The newest request is answered, if there is one."""
    return lambda call: call.happens(heard(call.pending[-1] if call.pending else 77, text, voiced_ms=voiced_ms))


def is_played_for(seconds: float) -> Happening:
    """The answer is ready, and so much of it is played."""

    def happening(call: Call) -> None:
        call.happens(ReplyStarted(call.alive or 77))
        call.passes(call.now + seconds)

    return happening


def says(text: str) -> Happening:
    """It is understood at once; an answer may be drafted."""

    def happening(call: Call) -> None:
        speaks_for(1.0, 300)(call)
        for wait_s in (0.3, 0.6, 0.8):
            if not call.pending:
                call.passes(call.now + wait_s)
        is_understood(text, 900)(call)

    return happening


def takes_a_turn(text: str) -> Happening:
    """We let the person speak, and our answer begins to sound."""

    def happening(call: Call) -> None:
        if call.state in ("sounding", "held"):
            call.happens(ReplyFinished(call.alive or 77))
        says(text)(call)
        call.passes(call.now + 2.2)
        call.happens(ReplyStarted(call.alive or 77))

    return happening


ordinary: list[st.SearchStrategy[Happening]] = [
    st.builds(says, st.sampled_from(TEXTS)),
    st.builds(takes_a_turn, st.sampled_from(TEXTS)),
    st.builds(speaks_for, st.sampled_from([0.1, 0.4, 1.0, 2.5]), st.sampled_from([None, 0, 300])),
    st.builds(is_understood, st.sampled_from(TEXTS), st.sampled_from([100, 900])),
    st.builds(is_played_for, st.sampled_from([0.2, 0.9, 1.5, 5.0])),
    st.just(at_any_time(lambda call: ReplyFinished(call.alive or call.last_reply))),
]
strange: list[st.SearchStrategy[Happening]] = [
    st.sampled_from([0.0, 0.1, 0.5, 3.0]).map(lambda ago: at_any_time(lambda call: SpeechStarted(call.now - ago))),
    st.sampled_from([-1.0, 0.0, 0.1]).map(lambda ago: at_any_time(lambda call: SpeechSuspected(call.now - ago))),
    st.sampled_from([0.0, 0.1, 0.3]).map(lambda ago: at_any_time(lambda call: SpeechFading(call.now - ago))),
    st.tuples(st.sampled_from([0.0, 0.2, 2.0]), st.sampled_from([None, 0, 300])).map(
        lambda drawn: at_any_time(lambda call: SpeechPaused(call.now - drawn[0], drawn[1]))
    ),
    st.just(at_any_time(lambda call: UtteranceFull())),
    st.just(at_any_time(lambda call: heard(call.pending[0] if call.pending else 77, "I slept well."))),
    st.just(at_any_time(lambda call: TranscriptionFailed(call.pending[-1] if call.pending else 77))),
    st.sampled_from([0.0, 0.5, 5.0]).map(
        lambda unheard_s: at_any_time(lambda call: ReplyHeld(call.alive or call.last_reply, unheard_s))
    ),
    st.sampled_from(["llm", "tts"]).map(
        lambda stage: at_any_time(lambda call: ReplyFailed(call.alive or call.last_reply, stage))
    ),
    st.just(at_any_time(lambda call: ReplyFinished(call.filler or 77))),
    st.just(at_any_time(lambda call: ReplyFailed(call.filler or 77, "tts"))),
    # Echoes of what is long gone.
    st.integers(0, 3).map(lambda old: at_any_time(lambda call: ReplyFinished(call.last_reply - old))),
    st.integers(0, 3).map(lambda old: at_any_time(lambda call: ReplyStarted(call.last_reply - old))),
    st.integers(0, 3).map(lambda old: at_any_time(lambda call: ReplyHeld(call.last_reply - old, 0.2))),
    st.just(at_any_time(lambda call: DigitPressed("1"))),
    st.just(at_any_time(lambda call: StreamStarted())),
]
gaps = st.sampled_from([0.0, 0.05, 0.15, 0.25, 0.35, 0.7, 1.0, 1.5, 4.0, 13.0, 25.0])
stories = st.lists(st.tuples(gaps, st.booleans(), st.one_of(*ordinary, *ordinary, *strange)), max_size=60)
"""Time that passes, whether the timer comes too late for it, and what happens then."""

Story = list[tuple[float, bool, Happening]]
timings = st.sampled_from(
    [TIMING, replace(TIMING, drafts=False), replace(TIMING, drafts_per_turn=1, filler_after_s=1.0), Timing()]
)


def played(story: Story, *, timing: Timing = TIMING, resumed: bool = False) -> Call:
    call = Call(timing)
    call.happens(StreamStarted(resumed))
    for gap, timer_is_late, happening in story:
        if timer_is_late:
            call.now += gap
        else:
            call.passes(call.now + gap)
        happening(call)
    return call


@given(stories, timings, st.booleans())
@settings(max_examples=300, deadline=None)
def test_the_laws_hold_in_every_order_of_events(story: Story, timing: Timing, resumed: bool) -> None:
    played(story, timing=timing, resumed=resumed)


@given(stories)
@settings(max_examples=60, deadline=None)
def test_a_call_ends_at_its_limit_even_if_nothing_comes_any_more(story: Story) -> None:
    call = played(story)
    call.passes(max(call.now, TIMING.max_call_s))
    assert call.over
    assert call.hung_up
    assert call.machine.next_deadline() is None


@given(stories)
@settings(max_examples=60, deadline=None)
def test_an_idle_call_ends_soon(story: Story) -> None:
    call = played(story)
    if call.machine.caller is CallerState.SPEAKING:
        call.happens(SpeechPaused(call.now))
    began = call.now
    while not call.over:
        # From here on nobody speaks, and the shell does what it is told: words in 1 s, a reply is played in 3 s.
        call.passes(call.now + 1.0)
        for request in list(call.pending):
            call.happens(heard(request, "", voiced_ms=100))
        if call.filler is not None:
            call.happens(ReplyFinished(call.filler))
        if call.alive is not None and call.state in ("released", "sounding"):
            reply = call.alive
            call.happens(ReplyStarted(reply))
            call.passes(call.now + 3.0)
            if call.alive == reply:
                call.happens(ReplyFinished(reply))
    silence_s = TIMING.idle_s + 2 * TIMING.idle_again_s + TIMING.hold_on_s
    assert call.now - began < silence_s + 30.0


@given(stories)
@settings(max_examples=60, deadline=None)
def test_what_is_held_goes_on_or_is_stopped(story: Story) -> None:
    call = played(story)
    if call.machine.caller is CallerState.SPEAKING:
        call.happens(SpeechPaused(call.now))
    held = call.alive if call.state == "held" else None
    call.passes(call.now + TIMING.draft_after_s + TIMING.transcribing_s + 1.0)
    assert held is None or (call.alive, call.state) != (held, "held")


@given(stories, st.integers(0, 60))
@settings(max_examples=60, deadline=None)
def test_nothing_follows_the_end_of_the_stream(story: Story, place: int) -> None:
    place = min(place, len(story))
    end: Story = [(0.0, False, at_any_time(lambda call: StreamStopped()))]
    call = played([*story[:place], *end, *story[place:]])
    call.passes(10_000.0)
    assert call.machine.phase is Phase.OVER


@given(stories, timings)
@settings(max_examples=60, deadline=None)
def test_a_recorded_call_replays_to_the_same_decisions(story: Story, timing: Timing) -> None:
    first = played(story, timing=timing)
    recorded = json.dumps([step(now, event, commands) for now, event, commands in first.record])
    begun = beginning_from(json.loads(json.dumps(beginning(timing))))
    again = TurnTaking(begun.timing, first_reply=begun.first_reply, first_turn=begun.first_turn, manner=begun.manner)
    for happened in json.loads(recorded):
        now, event = happened["now"], happened["event"]
        commands = again.handle_timer(now) if event is None else again.handle(event_from(event), now)
        assert comparable(commands) == happened["commands"]


@given(stories)
@settings(max_examples=60, deadline=None)
def test_how_we_speak_stays_bounded(story: Story) -> None:
    for _, _, commands in played(story).record:
        for command in commands:
            if isinstance(command, ChangeManner | SayAgain):
                manner: Manner = command.manner
                assert 0.6 <= manner.pace <= 1.2
                assert -8.0 <= manner.gain_db <= 12.0


@pytest.mark.parametrize("event", [SpeechStarted(0.0), ReplyFinished(1), StreamStopped(), StreamStarted()])
def test_an_event_may_come_at_any_time_of_the_machines_life(event: Event) -> None:
    lives: list[list[Event]] = [[], [StreamStarted()], [StreamStarted(), StreamStopped()]]
    for already in lives:
        call = Call()
        for earlier in already:
            call.happens(earlier)
        call.happens(event)
