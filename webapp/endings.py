"""Why a call ended, as sentences for the operator."""

from __future__ import annotations

from callregistry.call_events import Kind
from callregistry.calls import Call, CallStatus
from callregistry.registry import Registry
from webapp.twilio_errors import explain_failed_call

_OF_REASON = {
    "said_goodbye": "The conversation ended with a goodbye.",
    "person_hung_up": "The person hung up.",
    "silence": "Nobody spoke any more.",
    "time_limit": "The longest time for a call was reached.",
    "machine": "An answering machine or fax picked up.",
    "operator": "You ended the call.",
    "technical": "A technical problem ended the call.",
}
_FINISHED_WITHIN = 200
"""The end of a conversation is among this many last events of its call."""


def ending(reason: str) -> str:
    """The sentence for a `call.finished` reason."""
    return _OF_REASON.get(reason, "The call ended.")


def finish_reason(call: Call, registry: Registry) -> str | None:
    """Why the conversation is over, as `call.finished` said first; None if nobody has finished it."""
    if call.finished_at is None:
        return None
    events = registry.events_after(call.id, max(0, call.last_seq - _FINISHED_WITHIN), _FINISHED_WITHIN)
    return next((str(event.data["reason"]) for event in events if event.kind == Kind.CALL_FINISHED), None)


def status_reason(
    status: CallStatus, call: Call, registry: Registry, *, ring_timeout_s: int, sip_code: str, error_code: str
) -> str | None:
    """The sentence for a final status that Twilio tells; None for the others."""
    match status:
        case CallStatus.BUSY:
            return "The line was busy, or the call was declined."
        case CallStatus.NO_ANSWER:
            return f"Nobody answered within {ring_timeout_s} seconds."
        case CallStatus.FAILED:
            return explain_failed_call(sip_code, error_code)
        case CallStatus.CANCELED if call.finished_at is None:
            return "The call was cancelled before anybody answered."
        case CallStatus.CANCELED | CallStatus.COMPLETED:
            # If nobody has said anything, the person put the telephone down.
            return ending(finish_reason(call, registry) or ("person_hung_up" if call.attempt else ""))
        case _:
            return None
