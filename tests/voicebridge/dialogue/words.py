"""Short words for what scripts say often."""

from __future__ import annotations

from callregistry.call_events import Kind
from tests.voicebridge.script import Script
from voicebridge.dialogue.events import (
    DiscardUtterance,
    HoldReply,
    LineName,
    Record,
    ReleaseReply,
    ResumeReply,
    Role,
    SayFiller,
    SayLine,
    StartReply,
    StopReply,
    Transcribe,
    Transcribed,
)

# --- what happens


def heard(request: int, text: str, *, voiced_ms: int = 800) -> Transcribed:
    """Words have come. Their voice is clear, and long enough for them."""
    return Transcribed(request, text, audio_ms=1000, voiced_ms=voiced_ms, took_ms=300)


# --- what is asked for


settled = DiscardUtterance()


def asked(request: int) -> Transcribe:
    return Transcribe(request)


def asked_for_part(request: int) -> Transcribe:
    return Transcribe(request, closes_part=True)


def drafted(reply: int, turn: int, text: str, ended_at: float, *, closing: bool = False) -> StartReply:
    return StartReply(reply, turn, text, ended_at, closing)


def released(reply: int) -> ReleaseReply:
    return ReleaseReply(reply)


def held(reply: int) -> HoldReply:
    return HoldReply(reply)


def resumed(reply: int) -> ResumeReply:
    return ResumeReply(reply)


def stopped(reply: int) -> StopReply:
    return StopReply(reply)


def line(reply: int, name: LineName) -> SayLine:
    return SayLine(reply, name, Role.LINE)


def goodbye(reply: int, name: LineName) -> SayLine:
    return SayLine(reply, name, Role.GOODBYE)


def filler(reply: int, name: LineName) -> SayFiller:
    return SayFiller(reply, name)


# --- what is told


def said(turn: int, text: str, *, parts: int = 1) -> Record:
    return Record(Kind.PERSON_SAID, {"turn": turn, "text": text, "audio_ms": 1000 * parts, "stt_ms": 300})


def failed(stage: str, problem: str = "gave_up") -> Record:
    return Record(Kind.STAGE_FAILED, {"stage": stage, "problem": problem})


def agent(state: str) -> Record:
    return Record(Kind.AGENT_STATE, {"state": state})


def person_speaks(speaking: bool) -> Record:
    return Record(Kind.PERSON_SPEAKING, {"speaking": speaking})


def draft(reply: int, turn: int, what: str) -> Record:
    return Record(Kind.REPLY_DRAFT, {"reply": reply, "turn": turn, "what": what})


# --- what happens again and again


def say(
    script: Script,
    start: float,
    end: float,
    text: str,
    *,
    request: int = 1,
    reply: int = 2,
    turn: int = 1,
    closing: bool = False,
) -> Script:
    """The person says it and is silent; by `end` + 1.5 the answer has been drafted, the turn told, and the answer
    released. `text` is a finished sentence."""
    script.speech(start, end).at(end + 0.5, heard(request, text)).until(end + 1.5)
    return script.expect(
        asked(request), drafted(reply, turn, text, end, closing=closing), said(turn, text), released(reply)
    )
