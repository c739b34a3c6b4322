"""Short words for what scripts say often."""

from __future__ import annotations

from callregistry.call_events import Kind
from voicebridge.dialogue.events import LineName, Record, Role, SayLine, Transcribe, Transcribed


def final(request: int) -> Transcribe:
    return Transcribe(request, final=True)


def heard(request: int, text: str, *, voiced_ms: int = 800) -> Transcribed:
    return Transcribed(request, text, audio_ms=1000, voiced_ms=voiced_ms, took_ms=300)


def said(turn: int, text: str, *, parts: int = 1) -> Record:
    return Record(Kind.PERSON_SAID, {"turn": turn, "text": text, "audio_ms": 1000 * parts, "stt_ms": 300})


def failed(stage: str, problem: str = "gave_up") -> Record:
    return Record(Kind.STAGE_FAILED, {"stage": stage, "problem": problem})


def agent(state: str) -> Record:
    return Record(Kind.AGENT_STATE, {"state": state})


def person_speaks(speaking: bool) -> Record:
    return Record(Kind.PERSON_SPEAKING, {"speaking": speaking})


def line(reply: int, name: LineName) -> SayLine:
    return SayLine(reply, name, Role.LINE)


def goodbye(reply: int, name: LineName) -> SayLine:
    return SayLine(reply, name, Role.GOODBYE)
