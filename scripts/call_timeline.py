"""What happened in a call and what was decided, as lines for a person.

Pure. The call's events tell what became of it; the recorded steps of the turn machine tell what it was told and what it
asked for. Where both tell the same, one of them is passed over. Times are seconds since the person's audio first
flowed. What this version does not know (another one may have recorded it) is printed as it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from callregistry.call_events import Kind
from callregistry.calls import Call, CallEvent
from scripts.deciding_again import in_short
from voicebridge.dialogue.endpointing import completeness

Plain = dict[str, Any]

_STAGES = {
    "endpointing_ms": "noticing the pause",
    "stt_ms": "transcribing",
    "llm_ms": "thinking",
    "tts_ms": "voice",
    "waiting_ms": "waiting for the end of the turn",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line."""

    at: float
    """Seconds since the person's audio first flowed; negative before."""
    who: str
    """call, person, words (what was understood), or Kindline."""
    what: str


def heading(call: Call) -> str:
    """The call in a line or two."""
    began = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(call.created_at))
    person = call.from_number if call.direction == "inbound" else call.to_number
    who = f"{call.person_name} ({person})" if call.person_name else person
    about = f"\nAbout: {call.topic}" if call.topic else ""
    return f"{call.id}: {who}, {began}, {call.status}{about}"


def timeline(events: Sequence[CallEvent]) -> list[Entry]:
    """The lines of a call, in the order in which things were noticed."""
    flows = [event.at for event in events if event.kind == Kind.STREAM_STARTED]
    begins = flows[0] if flows else events[0].at if events else 0.0
    has_steps = any(event.kind == Kind.TURN_STEP for event in events)
    streams: dict[int, _Stream] = {}
    entries: list[Entry] = []
    for event in events:
        at = event.at - begins
        if event.kind == Kind.TURN_STEP:
            stream = streams.setdefault(event.data.get("attempt", 1), _Stream())
            entries += [Entry(at, who, what) for who, what in stream.told(event, at)]
        elif not (has_steps and _is_told_by_steps(event)):
            entries += [Entry(at, who, what) for who, what in _told(event)]
    return entries


Lines = list[tuple[str, str]]
"""Who, and what."""


def _is_told_by_steps(event: CallEvent) -> bool:
    """The steps tell the same, and more of it."""
    if event.kind == Kind.REPLY_DRAFT:
        return event.data.get("what") in {"begun", "released"}
    return event.kind in {Kind.AGENT_STATE, Kind.PERSON_SPEAKING, Kind.AGENT_SENTENCE}


def _told(event: CallEvent) -> Lines:
    """What became of the call."""
    teller = _OF_KIND.get(event.kind)
    try:
        return [(teller[0], teller[1](event.data))] if teller else [("call", f"{event.kind} {event.data}")]
    except (KeyError, TypeError):
        return [("call", f"{event.kind} {event.data}")]


def _said_by_us(data: Plain) -> str:
    said = f"reply {data['reply']} ({data['role']}), heard: {_quoted(data['heard'])}"
    if not data["interrupted"]:
        return said
    text, heard = data["text"], data["heard"]
    return f"{said}; not heard: {_quoted(text.removeprefix(heard).strip())}"


def _sounds(data: Plain) -> str:
    if data["latency_ms"] is None:
        return f"reply {data['reply']} sounds"
    stages = data["stages"] or {}
    where = ", ".join(f"{stages[stage] / 1000:.2f} {name}" for stage, name in _STAGES.items() if stage in stages)
    return f"reply {data['reply']} sounds, {data['latency_ms'] / 1000:.2f} s after the end of the person's speech" + (
        f": {where}" if where else ""
    )


def _voice(data: Plain) -> str:
    return f"speaks from now on at a pace of {data['pace']}, {data['gain_db']:+g} dB"


_OF_KIND: dict[str, tuple[str, Callable[[Plain], str]]] = {
    Kind.CALL_CREATED: ("call", lambda data: f"is placed ({data['direction']})"),
    Kind.CALL_STATUS: ("call", lambda data: data["status"] + (f": {data['reason']}" if data["reason"] else "")),
    Kind.CALL_ANSWERED_BY: ("call", lambda data: f"answered by {data['answered_by']}"),
    Kind.CALL_FINISHED: ("call", lambda data: f"the conversation is over: {data['reason']}"),
    Kind.STREAM_STARTED: ("call", lambda data: f"stream {data['attempt']} begins"),
    Kind.STREAM_ENDED: ("call", lambda data: f"stream {data['attempt']} ends: {data['reason']}"),
    Kind.STREAM_STATUS: (
        "call",
        lambda data: f"Twilio about the stream: {data['event']} {data['error'] or ''}".rstrip(),
    ),
    Kind.AGENT_STATE: ("Kindline", lambda data: f"is {data['state']}"),
    Kind.PERSON_SPEAKING: ("person", lambda data: "begins to speak" if data["speaking"] else "has finished"),
    Kind.PERSON_SAID: ("person", lambda data: f"turn {data['turn']}: {_quoted(data['text'])}"),
    Kind.DTMF: ("person", lambda data: f"presses {data['digit']}"),
    Kind.REPLY_DRAFT: ("Kindline", lambda data: f"the draft of reply {data['reply']} is {data['what']}"),
    Kind.REPLY_STARTED: ("Kindline", _sounds),
    Kind.AGENT_SENTENCE: ("Kindline", lambda data: f"sends of reply {data['reply']}: {_quoted(data['text'])}"),
    Kind.AGENT_SAID: ("Kindline", _said_by_us),
    Kind.STAGE_FAILED: ("Kindline", lambda data: f"{data['stage']} failed: {data['problem']}"),
    Kind.VOICE_CHANGED: ("Kindline", _voice),
}


class _Stream:
    """What the turn machine of one stream was told and asked for. Remembers the person's pauses, to measure them."""

    def __init__(self) -> None:
        self._spoke_since: float | None = None
        self._paused_since: float | None = None
        self._asked = ""
        self._fillers: set[int] = set()

    def told(self, step: CallEvent, at: float) -> Lines:
        """The lines of one step, which was noticed `at`."""
        try:
            now, event, commands = step.data["now"], step.data["event"], step.data["commands"]
            lines = [] if event is None else self._line(self._happened, event, now, at)
            withdrawn = [c["data"]["reply"] for c in commands if c.get("kind") == Kind.REPLY_DRAFT]
            for command in commands:
                # A draft that is cancelled is told by its event.
                if not (command["name"] == "StopReply" and command["reply"] in withdrawn):
                    lines += self._line(self._decided, command, now, at)
        except (KeyError, TypeError, AttributeError):
            return [("call", f"{step.kind} {step.data}")]
        return lines

    def _line(self, teller: Callable[[Plain, float, float], Lines], named: Plain, now: float, at: float) -> Lines:
        try:
            return teller(named, now, at)
        except (KeyError, TypeError):
            return [("call", in_short(named))]

    def _happened(self, event: Plain, now: float, at: float) -> Lines:
        match event["name"]:
            case "SpeechStarted":
                return self._speaks(event["at"], at - now)
            case "SpeechPaused":
                return self._pauses(event["at"], at - now)
            case "SpeechSuspected":
                return [("person", "may be speaking again")]
            case "UtteranceFull":
                return [("words", "so much has been said that a part of it is transcribed")]
            case "Transcribed":
                return [("words", self._understood(event))]
            case "TranscriptionFailed":
                return [("words", f"request {event['request']} has failed")]
            case "ReplyFinished":
                if event["reply"] not in self._fillers:
                    self._asked, self._paused_since = event.get("last_sentence", ""), None
                return [("Kindline", f"reply {event['reply']} has been played")]
            case "ReplyHeld":
                return [("Kindline", f"{event['unheard_s']:.1f} s of reply {event['reply']} have not been heard")]
            case "ReplyFailed":
                return [("Kindline", f"reply {event['reply']} has failed ({event['stage']})")]
            case "StreamStopped":
                return [("call", "the telephone's audio has ended")]
            case "StreamStarted" | "ReplyStarted" | "DigitPressed":
                return []  # the call's events tell them
            case _:
                return [("call", in_short(event))]

    def _speaks(self, since: float, to_timeline: float) -> Lines:
        paused, self._paused_since, self._spoke_since = self._paused_since, None, since
        what = "speaks" if paused is None else f"speaks again, after {since - paused:.2f} s,"
        return [("person", f"{what} since {since + to_timeline:.2f}")]

    def _pauses(self, since: float, to_timeline: float) -> Lines:
        spoke, self._spoke_since, self._paused_since = self._spoke_since, None, since
        if spoke is None:
            return [("person", f"has been silent since {since + to_timeline:.2f} after all")]
        return [("person", f"is silent since {since + to_timeline:.2f}, after {since - spoke:.2f} s of speech")]

    def _understood(self, event: Plain) -> str:
        said = f"request {event['request']}, after {event['took_ms']} ms: "
        if not event["text"]:
            return f"{said}none ({event['voiced_ms']} ms of voice)"
        return f"{said}{_quoted(event['text'])} ({completeness(event['text'], self._asked)})"

    def _decided(self, command: Plain, now: float, _at: float) -> Lines:
        match command["name"]:
            case "Transcribe":
                return [("words", f"are asked for (request {command['request']})")]
            case "StartReply":
                goodbye = ", our goodbye," if command["closing"] else ""
                return [("Kindline", f"prepares reply {command['reply']}{goodbye} to {_quoted(command['text'])}")]
            case "ReleaseReply":
                return [("Kindline", f"reply {command['reply']} may sound{self._patience(now)}")]
            case "SayGreeting":
                return [("Kindline", f"greets (reply {command['reply']})")]
            case "SayLine":
                return [("Kindline", f"says {command['line']} (reply {command['reply']}){self._patience(now)}")]
            case "SayFiller":
                self._fillers.add(command["reply"])
                return [("Kindline", f"fills the time: {command['line']} (reply {command['reply']})")]
            case "SayAgain":
                pace = command["manner"]["pace"]
                return [
                    ("Kindline", f"says it again at a pace of {pace} (reply {command['reply']}){self._patience(now)}")
                ]
            case "HoldReply":
                return [("Kindline", f"stops for the moment, because the person is heard (reply {command['reply']})")]
            case "ResumeReply":
                return [("Kindline", f"it was nothing: goes on with reply {command['reply']}")]
            case "StopReply":
                return [("Kindline", f"reply {command['reply']} is cancelled")]
            case "HangUp":
                return [("Kindline", f"hangs up: {command['reason']}")]
            case "Record" | "DiscardUtterance" | "ChangeManner":
                return []  # the call's events tell them, or nobody need know
            case _:
                return [("Kindline", in_short(command))]

    def _patience(self, now: float) -> str:
        """How long we have let the person be silent."""
        if self._paused_since is None:
            return ""
        waited, self._paused_since = now - self._paused_since, None
        return f": the person has been silent for {waited:.2f} s"


def _quoted(text: str) -> str:
    return f"“{text}”"
