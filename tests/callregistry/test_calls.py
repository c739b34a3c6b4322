"""What a call is, and its transcript."""

from __future__ import annotations

from typing import Any

from callregistry.call_events import Kind
from callregistry.calls import LIVE_STATUSES, Call, CallEvent, CallStatus, Direction, new_call_id, statuses_before
from callregistry.transcript import Line, transcript


def test_statuses_before_a_final_one_are_the_live_ones() -> None:
    assert set(LIVE_STATUSES) == {
        CallStatus.QUEUED,
        CallStatus.INITIATED,
        CallStatus.RINGING,
        CallStatus.IN_PROGRESS,
    }
    assert statuses_before(CallStatus.QUEUED) == ()
    assert all(status.is_over == (status not in LIVE_STATUSES) for status in CallStatus)


def test_the_person_s_number_does_not_depend_on_who_rang_whom() -> None:
    outbound = Call("call_1", Direction.OUTBOUND, "+1 person", "+1 us", CallStatus.QUEUED, 0.0)
    inbound = Call("call_2", Direction.INBOUND, "+1 us", "+1 person", CallStatus.QUEUED, 0.0)
    assert outbound.person_number == inbound.person_number == "+1 person"


def test_call_ids_are_not_guessable() -> None:
    assert new_call_id() != new_call_id()
    assert len(new_call_id()) == len("call_") + 32


def event(seq: int, kind: Kind, **data: Any) -> CallEvent:
    return CallEvent("call_1", seq, float(seq), kind, data)


def said(seq: int, reply: int, heard: str, role: str = "answer", turn: int | None = None) -> CallEvent:
    return event(
        seq, Kind.AGENT_SAID, reply=reply, turn=turn, role=role, text=heard + " More.", heard=heard, interrupted=True
    )


def test_the_transcript_holds_what_was_said_and_what_of_ours_was_heard() -> None:
    events = [
        event(1, Kind.CALL_CREATED),
        said(2, 1, "Hello.", role="greeting"),
        event(3, Kind.PERSON_SAID, turn=1, text="I went to the"),
        event(4, Kind.PERSON_SAID, turn=1, text="I went to the market."),
        event(5, Kind.REPLY_STARTED, reply=2, turn=1, latency_ms=900, stages={}),
        said(6, 2, "How nice!", turn=1),
    ]
    assert transcript(events) == [
        Line("agent", 2.0, "Hello.", None, "greeting", True, None),
        Line("person", 4.0, "I went to the market.", 1),
        Line("agent", 6.0, "How nice!", 1, "answer", True, 900),
    ]
    assert events[3].as_dict()["seq"] == 4
    assert transcript(events)[1].as_dict()["speaker"] == "person"
