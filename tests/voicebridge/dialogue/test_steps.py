"""Steps of the turn machine, told as JSON and read back."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callregistry.call_events import Kind
from voicebridge.dialogue.events import (
    Command,
    Event,
    LineName,
    Manner,
    Record,
    Role,
    SayLine,
    SpeechPaused,
    SpeechStarted,
    StartReply,
    Transcribed,
)
from voicebridge.dialogue.states import Timing
from voicebridge.dialogue.steps import (
    Beginning,
    UnknownStepError,
    beginning,
    beginning_from,
    command_from,
    comparable,
    event_from,
    step,
)

EVENTS: list[type[Event]] = list(get_args(Event))
COMMANDS: list[type[Command]] = list(get_args(Command))

any_float = st.floats(allow_nan=False)
plain_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | any_float | st.text() | st.sampled_from(Role),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
OF_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    float: any_float,
    float | None: st.none() | any_float,
    dict[str, Any]: st.dictionaries(st.text(), plain_values, max_size=3),
}


def any_of(kinds: list[Any]) -> st.SearchStrategy[Any]:
    """Any value of any of these dataclasses."""
    return st.one_of(
        [
            st.builds(kind, **{name: OF_TYPE[hint] for name, hint in get_type_hints(kind).items() if hint in OF_TYPE})
            for kind in kinds
        ]
    )


def through_json(value: Any) -> Any:
    """As a registry keeps it; strict, so that any reader of JSON can have it."""
    return json.loads(json.dumps(value, allow_nan=False))


@given(any_float, st.none() | any_of(EVENTS))
def test_what_went_in_comes_back_to_the_last_bit(now: float, event: Event | None) -> None:
    recorded = through_json(step(12.0, event, []))
    assert (recorded["event"] and event_from(recorded["event"])) == event
    assert step(now, event, [])["now"] == now


@given(st.lists(any_of(COMMANDS), max_size=8))
def test_the_same_decisions_are_equal_after_a_recording(commands: list[Command]) -> None:
    recorded = through_json(step(0.0, None, commands)["commands"])
    assert recorded == comparable(commands)
    assert comparable([command_from(command) for command in recorded]) == recorded


@pytest.mark.parametrize("kind", [*EVENTS, *COMMANDS], ids=lambda kind: str(kind.__name__))
def test_no_field_takes_the_place_of_the_name(kind: type[Event | Command]) -> None:
    assert "name" not in {field.name for field in fields(kind)}


def test_a_step_as_it_is_written_down() -> None:
    commands: list[Command] = [
        SayLine(2, LineName.STILL_THERE, Role.LINE),
        Record(Kind.AGENT_STATE, {"state": Role.ANSWER, "marks": (1, 0.1 + 0.2)}),
    ]
    assert step(1.1, SpeechStarted(0.1 + 0.2), commands, attempt=2) == {
        "attempt": 2,
        "now": 1.1,
        "event": {"name": "SpeechStarted", "at": 0.1 + 0.2},
        "commands": [
            {"name": "SayLine", "reply": 2, "line": "still_there", "role": "line"},
            {"name": "Record", "kind": "agent.state", "data": {"state": "answer", "marks": [1, 0.3]}},
        ],
    }
    assert step(1.1, None, [])["event"] is None


def test_times_that_differ_by_a_rounding_error_are_the_same_decision() -> None:
    one, other = StartReply(1, 1, "Yes.", 0.1 + 0.2), StartReply(1, 1, "Yes.", 0.3)
    assert comparable([one]) == comparable([other])
    assert comparable([one]) != comparable([replace(one, speech_ended_at=0.300002)])


def test_a_number_that_json_does_not_have_survives() -> None:
    event = Transcribed(1, "null", 900, 400, 300, snr_db=float("inf"))
    assert event_from(through_json(step(0.0, event, []))["event"]) == event


def test_the_first_step_tells_how_its_machine_was_made() -> None:
    timing = replace(Timing(), idle_s=7.25)
    told = through_json(beginning(timing, first_reply=4, first_turn=2, manner=Manner(pace=0.8)))
    assert (told["first_reply"], told["first_turn"], told["manner"]["pace"]) == (4, 2, 0.8)
    assert beginning_from(step(1.0, None, []) | told) == Beginning(timing, 4, 2, Manner(pace=0.8))
    assert beginning_from(beginning(timing)) == Beginning(timing)


def test_what_is_younger_than_the_record_has_its_default() -> None:
    assert event_from({"name": "SpeechPaused", "at": 3}) == SpeechPaused(3.0, None)
    assert beginning_from({"timing": {"idle_s": 7.0}}) == Beginning(Timing(idle_s=7.0), 1, 1, Manner())


@pytest.mark.parametrize(
    ("recorded", "problem"),
    [
        ({"name": "SpeechEnded", "at": 1.0}, "there is no event 'SpeechEnded'"),
        ({"name": "Transcribe", "request": 1}, "there is no event 'Transcribe'"),
        ({"name": ["SpeechStarted"]}, r"there is no event \['SpeechStarted'\]"),
        ({}, "there is no event None"),
        ({"name": "SpeechStarted", "at": 1.0, "since": 1.0}, "SpeechStarted has no since"),
        ({"name": "SpeechStarted"}, "SpeechStarted: Object missing required field `at`"),
        ({"name": "SpeechStarted", "at": "soon"}, "SpeechStarted: Expected `float`"),
    ],
)
def test_an_event_of_another_version_says_what_is_unknown(recorded: dict[str, Any], problem: str) -> None:
    with pytest.raises(UnknownStepError, match=problem):
        event_from(recorded)


def test_a_command_or_timing_of_another_version_says_what_is_unknown() -> None:
    with pytest.raises(UnknownStepError, match="there is no command 'Whistle'"):
        command_from({"name": "Whistle"})
    with pytest.raises(UnknownStepError, match="SayLine: Invalid enum value 'tra_la'"):
        command_from({"name": "SayLine", "reply": 1, "line": "tra_la", "role": "line"})
    with pytest.raises(UnknownStepError, match=r"Beginning has no manner\.polite, timing\.courage_s"):
        beginning_from({"timing": {"courage_s": 1.0}, "manner": {"polite": True}})
    with pytest.raises(UnknownStepError, match="Beginning: Object missing required field `timing`"):
        beginning_from({"now": 1.0})
