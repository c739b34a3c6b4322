"""A call that was recorded, told on a timeline and decided again."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from callregistry.call_events import Kind
from callregistry.calls import CallStatus
from callregistry.registry import NewCall, NewEvent, Registry
from scripts.environment import CALLED_FROM
from scripts.replaying import CANNOT_SAY, DIFFERENT, SAME, main, usual_registry
from voicebridge.dialogue import events as ev
from voicebridge.dialogue.steps import beginning, step
from voicebridge.dialogue.turn_taking import Timing, TurnTaking

WALL = 1_800_000_000.0
"""Wall time when the first stream begins."""
LOOP = 5_000.123456789
"""The bridge's clock at that moment."""
STAGES = {"endpointing_ms": 250, "stt_ms": 300, "llm_ms": 350, "tts_ms": 200, "waiting_ms": 210}


class Recorded:
    """Plays events to a turn machine, and records what comes of it as the bridge does. Times are from `LOOP`."""

    def __init__(self, registry: Registry, call_id: str, *, attempt: int = 1, began: float = 0.0, **made: Any) -> None:
        self.registry, self.call_id, self.attempt = registry, call_id, attempt
        timing = Timing(max_call_s=600.0)
        self.machine = TurnTaking(timing, **made)
        self.now = began
        self._beginning = beginning(timing, **made)
        self.tell(Kind.STREAM_STARTED, attempt=attempt, stream_sid="MZ" + "0" * 32)
        self.at(began, ev.StreamStarted(resumed=attempt > 1))

    def tell(self, kind: Kind, **data: Any) -> None:
        """An event of the call."""
        self.registry.append_events([NewEvent(self.call_id, kind, data, WALL + self.now)])

    def at(self, now: float, event: ev.Event) -> list[ev.Command]:
        """Time passes, then this happens; what the machine asks for at that moment."""
        self.until(now)
        return self._did(event, self.machine.handle(event, LOOP + now))

    def until(self, now: float) -> None:
        """Time passes; what is due is done, a little late."""
        while (deadline := self.machine.next_deadline()) is not None and deadline <= LOOP + now:
            self.now = max(self.now, deadline - LOOP + 0.001)
            self._did(None, self.machine.handle_timer(LOOP + self.now))
        self.now = max(self.now, now)

    def speech(self, start: float, end: float, *, pitched_ms: int = 400) -> None:
        """The person speaks; the ears notice either a little late."""
        self.at(start + 0.12, ev.SpeechStarted(LOOP + start))
        self.at(end + 0.15, ev.SpeechPaused(LOOP + end, pitched_ms))

    def understood(self, now: float, request: int, text: str) -> None:
        """Speech to text answers."""
        self.at(now, ev.Transcribed(request, text, audio_ms=1500, voiced_ms=900, took_ms=300))

    def _did(self, event: ev.Event | None, commands: list[ev.Command]) -> list[ev.Command]:
        told = step(LOOP + self.now, event, commands, attempt=self.attempt) | self._beginning
        self._beginning = {}
        self.tell(Kind.TURN_STEP, **told)
        for command in commands:
            if isinstance(command, ev.Record):
                self.tell(command.kind, **command.data)
        return commands


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    opened = Registry.open(f"sqlite:///{tmp_path}/calls.db")
    yield opened
    opened.close()


@pytest.fixture
def call_id(registry: Registry) -> str:
    """An answered call to Margaret."""
    new = NewCall("+12025550101", "+12025550199", "Margaret", "her garden")
    call, _ = registry.create_call(new, max_calls=9, now=WALL - 8.0)
    registry.advance_status(call.id, CallStatus.IN_PROGRESS, now=WALL - 0.5)
    return call.id


@pytest.fixture
def talk(registry: Registry, call_id: str) -> Recorded:
    """A call in which a draft was withdrawn, the answer was held by a cough, and slower speech was asked for."""
    call = Recorded(registry, call_id)
    call.at(4.0, ev.ReplyFinished(1, "How are you today?"))
    call.speech(5.0, 6.5)
    call.understood(7.05, 1, "I have been in the garden")
    call.speech(7.3, 8.8)
    call.understood(9.4, 2, "I have been in the garden with my roses.")
    call.until(10.9)
    call.tell(Kind.REPLY_STARTED, reply=3, turn=1, latency_ms=1310, stages=STAGES)
    call.at(10.9, ev.ReplyStarted(3))
    call.at(12.1, ev.SpeechStarted(LOOP + 12.0))
    call.at(12.4, ev.ReplyHeld(3, 2.5))
    call.at(12.7, ev.SpeechPaused(LOOP + 12.45, 10))
    call.at(16.0, ev.ReplyFinished(3, "Roses are lovely."))
    told = {"heard": "How nice!", "text": "How nice! Roses are lovely."}
    call.tell(Kind.AGENT_SAID, reply=3, turn=1, role="answer", interrupted=True, **told)
    call.speech(17.0, 18.0)
    call.understood(18.6, 3, "Could you speak more slowly, please?")
    call.until(21.0)
    call.at(26.0, ev.ReplyFinished(4, "Roses are lovely."))
    call.at(26.5, ev.StreamStopped())
    return call


class Shown:
    """What `scripts/replay` has printed."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err


@pytest.fixture
def replay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command on the test's registry."""

    def run(*arguments: str, registry: str | None = None) -> Shown:
        status = main([*arguments, "--registry", registry or f"sqlite:///{tmp_path}/calls.db"])
        printed = capsys.readouterr()
        return Shown(status, printed.out, printed.err)

    return run


def steps_of(call: Recorded) -> list[dict[str, Any]]:
    return [e.data for e in call.registry.events_after(call.call_id) if e.kind == Kind.TURN_STEP]


def copy_with(call: Recorded, changes: dict[int, dict[str, Any]]) -> str:
    """A call with the same steps, some of them (counted from 1) changed."""
    placed, _ = call.registry.create_call(NewCall("+12025550102", "+12025550199"), max_calls=9, now=WALL)
    for number, told in enumerate(steps_of(call), 1):
        data = told | changes.get(number, {})
        call.registry.append_events([NewEvent(placed.id, Kind.TURN_STEP, data, WALL)])
    return placed.id


def step_of(call: Recorded, command: str) -> int:
    """The number of the first step that asked for this."""
    asked = [[named["name"] for named in told["commands"]] for told in steps_of(call)]
    return next(number for number, names in enumerate(asked, 1) if command in names)


# --- decided again


def test_a_recorded_call_is_decided_again_in_the_same_way(talk: Recorded, replay: Any) -> None:
    shown = replay(talk.call_id)
    assert shown.out.endswith(f"\nStream 1: {len(steps_of(talk))} steps, same decisions.\n")
    assert (shown.status, shown.err) == (SAME, "")


def test_a_decision_that_would_be_another_today_is_shown_with_what_was_expected(talk: Recorded, replay: Any) -> None:
    place = step_of(talk, "HoldReply")
    then = [{"name": "HoldReply", "reply": 3}, {"name": "StopReply", "reply": 3}]
    shown = replay(copy_with(talk, {place: {"commands": then}}))
    assert shown.status == DIFFERENT
    told = shown.out.split("\n\n")[-1]
    assert told.splitlines() == [
        f"Stream 1: {len(steps_of(talk))} steps. Today's decisions are others, from step {place} "
        f"({steps_of(talk)[place - 1]['now'] - LOOP:.2f} s after its beginning), the clock:",
        "  expected   HoldReply(reply=3)",
        "           * StopReply(reply=3)",
        "  got        HoldReply(reply=3)",
        "           * Record(kind='agent.state', data={'state': 'held'})",
    ]


def test_a_decision_that_would_not_be_made_today_is_a_difference(talk: Recorded, replay: Any) -> None:
    shown = replay(copy_with(talk, {3: {"commands": [{"name": "HangUp", "reason": "silence"}]}}))
    assert shown.status == DIFFERENT
    assert "SpeechStarted(at=" in shown.out
    assert shown.out.splitlines()[-1].startswith("           * ") or "got      * " in shown.out


def test_a_machine_that_breaks_today_is_a_difference(
    talk: Recorded, replay: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_machine: TurnTaking, _now: float) -> list[ev.Command]:
        raise AssertionError("never two replies")

    monkeypatch.setattr(TurnTaking, "handle_timer", breaks)
    shown = replay(talk.call_id)
    assert shown.status == DIFFERENT
    assert "* AssertionError(message='never two replies')" in shown.out


def test_each_stream_of_a_call_is_decided_again_by_a_machine_of_its_own(
    registry: Registry, call_id: str, replay: Any
) -> None:
    first = Recorded(registry, call_id)
    first.at(4.0, ev.ReplyFinished(1))
    second = Recorded(
        registry, call_id, attempt=2, began=30.0, first_reply=3, first_turn=2, manner=ev.Manner(0.86, 4.0)
    )
    first.until(40.0)  # it has not noticed yet that its line is lost
    second.at(34.0, ev.ReplyFinished(3))
    second.speech(35.0, 36.0)
    second.understood(36.5, 1, "Could you speak more slowly, please?")
    second.until(38.0)
    shown = replay(call_id)
    first_steps = [told for told in steps_of(first) if told["attempt"] == 1]
    second_steps = [told for told in steps_of(first) if told["attempt"] == 2]
    assert shown.status == SAME
    assert shown.out.splitlines()[-2:] == [
        f"Stream 1: {len(first_steps)} steps, same decisions.",
        f"Stream 2: {len(second_steps)} steps, same decisions.",
    ]
    assert re.search(r"says it again at a pace of 0\.7\d", shown.out), "it goes on from the pace of the first stream"


# --- what cannot be decided again


def test_an_unknown_call_is_told_with_where_it_was_looked_for(talk: Recorded, replay: Any, tmp_path: Path) -> None:
    shown = replay("call_" + "0" * 32)
    assert (shown.status, shown.out) == (CANNOT_SAY, "")
    assert f"There is no call call_{'0' * 32} in sqlite:///{tmp_path}/calls.db" in shown.err
    assert "--registry" in shown.err


def test_a_registry_that_is_none_is_told_and_not_made(talk: Recorded, replay: Any, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no database, and long enough to be none" * 50)
    (tmp_path / "empty.db").touch()
    places = {
        f"sqlite:///{tmp_path}/elsewhere/calls.db": f"There is no registry at {tmp_path}/elsewhere/calls.db.",
        f"sqlite:///{text}": "cannot be read (DatabaseError)",
        f"sqlite:///{tmp_path}/empty.db": "cannot be read (OperationalError)",
        "postgresql+psycopg://me:secret@127.0.0.1:9/calls": "cannot be read (OperationalError)",
        "oracle://x": "cannot be opened",
        "a://b:c": "cannot be opened",
    }
    for url, problem in places.items():
        shown = replay(talk.call_id, registry=url)
        assert (shown.status, shown.out) == (CANNOT_SAY, ""), url
        assert problem in shown.err
        assert "secret" not in shown.err
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_is_named_as_seen_from_where_the_command_was_given(
    talk: Recorded, replay: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CALLED_FROM, str(tmp_path))
    assert replay(talk.call_id, registry="calls.db").status == SAME


def test_the_usual_registry_is_the_product_s(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = tmp_path / ".env"
    settings.write_text("REGISTRY_URL=sqlite:////srv/calls.db\n")
    monkeypatch.setattr("scripts.replaying.ENV_FILE", str(settings))
    monkeypatch.delenv("REGISTRY_URL", raising=False)
    assert usual_registry() == "sqlite:////srv/calls.db"
    monkeypatch.setenv("REGISTRY_URL", "sqlite:///var/other.db")
    assert usual_registry() == "sqlite:///var/other.db"
    monkeypatch.setattr("scripts.replaying.ENV_FILE", str(tmp_path / "none"))
    monkeypatch.delenv("REGISTRY_URL")
    assert usual_registry() == "sqlite:///var/calls.db"


def test_a_call_without_steps_is_told_all_the_same(registry: Registry, call_id: str, replay: Any) -> None:
    for kind, data in (
        (Kind.PERSON_SPEAKING, {"speaking": False}),
        (Kind.PERSON_SAID, {"turn": 1, "text": "Hello?", "audio_ms": 900, "stt_ms": 250}),
        (Kind.AGENT_STATE, {"state": "drafting"}),
    ):
        registry.append_events([NewEvent(call_id, kind, data, WALL)])
    shown = replay(call_id)
    assert shown.status == CANNOT_SAY
    for line in ("person    has finished", "person    turn 1: “Hello?”", "Kindline  is drafting"):
        assert line in shown.out
    assert "No steps of the turn machine were recorded in this call" in shown.out


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {1: {"timing": {"end_of_turn_s": 1.0}}},
            "another version of Kindline (Beginning has no timing.end_of_turn_s)",
        ),
        ({4: {"event": {"name": "Yawned", "at": 1.0}}}, "another version of Kindline (there is no event 'Yawned')"),
        ({4: {"commands": [{"name": "Sing"}]}}, "another version of Kindline (there is no command 'Sing')"),
        ({4: {"now": None}}, "a step is not as this version tells them"),
        ({4: {"commands": 7}}, "a step is not as this version tells them"),
    ],
)
def test_steps_of_another_version_say_what_is_unknown(
    talk: Recorded, replay: Any, changes: dict[int, dict[str, Any]], problem: str
) -> None:
    shown = replay(copy_with(talk, changes))
    assert shown.status == CANNOT_SAY
    told = shown.out.splitlines()[-1]
    assert told.startswith(f"Stream 1: {len(steps_of(talk))} steps, which cannot be decided again: ")
    assert problem in told


def test_steps_whose_beginning_is_missing_are_not_guessed_at(registry: Registry, call_id: str, replay: Any) -> None:
    registry.append_events([NewEvent(call_id, Kind.TURN_STEP, step(1.0, ev.DigitPressed("1"), []), WALL)])
    shown = replay(call_id)
    assert shown.status == CANNOT_SAY
    assert shown.out.endswith("Stream 1: 1 step, which cannot be decided again: its beginning was not recorded.\n")


# --- the timeline


def test_the_timeline_tells_who_spoke_what_was_decided_and_where_the_time_went(talk: Recorded, replay: Any) -> None:
    lines = replay(talk.call_id).out.splitlines()
    assert lines[0].startswith(f"{talk.call_id}: Margaret (+12025550101), ")
    assert lines[1] == "About: her garden"
    told = "\n".join(lines[3:])
    for line in (  # a * where it is for the machine to decide
        "    -8.00  call      is placed (outbound)",
        "     0.00  Kindline  greets (reply 1)",
        "     5.12  person    speaks since 5.00",
        "     6.65  person    is silent since 6.50, after 1.50 s of speech",
        "     7.05  words     request 1, after 300 ms: “I have been in the garden” (*)",
        "*  Kindline  prepares reply 2 to “I have been in the garden”",
        "     7.42  person    speaks again, after 0.80 s, since 7.30",
        "     7.42  Kindline  the draft of reply 2 is withdrawn",
        "*  Kindline  reply 3 may sound: the person has been silent for 1.?? s",
        "*  person    turn 1: “I have been in the garden with my roses.”",
        "    10.90  Kindline  reply 3 sounds, 1.31 s after the end of the person's speech: 0.25 noticing the pause, "
        "0.30 transcribing, 0.35 thinking, 0.20 voice, 0.21 waiting for the end of the turn",
        "*  Kindline  stops for the moment, because the person is heard (reply 3)",
        "    12.40  Kindline  2.5 s of reply 3 have not been heard",
        "    12.70  Kindline  it was nothing: goes on with reply 3",
        "    16.00  Kindline  reply 3 (answer), heard: “How nice!”; not heard: “Roses are lovely.”",
        "*  Kindline  says it again at a pace of 0.* (reply 4): the person has been silent for ?.?? s",
        "*  Kindline  speaks from now on at a pace of 0.*, +0 dB",
        "    26.50  call      the telephone's audio has ended",
    ):
        assert fnmatch.filter(lines, line), f"{line}\n{told}"
    assert "cancelled" not in told, "a draft that was withdrawn is not told twice"
    assert "is drafting" not in told


def test_a_pause_that_turns_out_longer_and_a_holding_word_do_not_spoil_the_measure(
    registry: Registry, call_id: str, replay: Any
) -> None:
    call = Recorded(registry, call_id)
    call.at(4.0, ev.ReplyFinished(1, "How are you today?"))
    call.speech(5.0, 6.5)
    call.at(7.0, ev.SpeechPaused(LOOP + 6.3))
    call.until(10.0)
    [filler] = {c["reply"] for told in steps_of(call) for c in told["commands"] if c["name"] == "SayFiller"}
    call.at(11.0, ev.ReplyFinished(filler))
    call.understood(11.5, 1, "I have been in the garden with my roses.")
    lines = replay(call_id).out.splitlines()
    assert "     7.00  person    has been silent since 6.30 after all" in lines
    assert "    11.00  Kindline  reply 2 has been played" in lines
    assert fnmatch.filter(lines, "    11.50  Kindline  reply * may sound: the person has been silent for 5.?? s"), lines


def test_what_this_version_does_not_know_is_printed_as_it_is(registry: Registry, call_id: str, replay: Any) -> None:
    strange: dict[str, Any] = {"now": 1.0, "event": {"name": "Yawned", "at": 1.0}, "commands": [{"name": "Sing"}]}
    half: dict[str, Any] = {"now": 2.0, "event": {"name": "SpeechStarted"}, "commands": [{"name": "SayLine"}]}
    for data in (strange, half):
        registry.append_events([NewEvent(call_id, Kind.TURN_STEP, data, WALL)])
    registry.append_events([NewEvent(call_id, Kind.AGENT_SAID, {"reply": 1}, WALL)])
    shown = replay(call_id)
    for words in ("Yawned(at=1.0)", "Sing()", "SpeechStarted()", "SayLine()", "agent.said {'reply': 1}"):
        assert words in shown.out


def test_programs_get_the_same_as_json(talk: Recorded, replay: Any) -> None:
    shown = replay(talk.call_id, "--json")
    told = json.loads(shown.out)
    assert (shown.status, told["same_decisions"], told["call"]["id"]) == (SAME, True, talk.call_id)
    assert told["streams"] == [
        {"stream": 1, "steps": len(steps_of(talk)), "difference": None, "problem": None, "same_decisions": True}
    ]
    assert {"at": 4.0, "who": "Kindline", "what": "reply 1 has been played"} in told["timeline"]
    other = replay(copy_with(talk, {step_of(talk, "HoldReply"): {"commands": []}}), "--json")
    told = json.loads(other.out)
    assert (other.status, told["same_decisions"]) == (DIFFERENT, False)
    difference = told["streams"][0]["difference"]
    assert (difference["event"], difference["expected"], difference["got"][0]["name"]) == (None, [], "HoldReply")
