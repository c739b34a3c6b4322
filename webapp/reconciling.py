"""Rows that stayed live although their calls are over: Twilio is asked before anybody is refused because of them.

A row stays live where Twilio's last callback never came: we were down, or the network was. No Flask in here.
"""

from __future__ import annotations

from collections.abc import Iterable

from callregistry.calls import Call, CallStatus
from callregistry.logs import get_logger
from callregistry.registry import AlreadyOnThePhone, NewCall, Registry, TooManyCalls
from webapp.endings import finish_reason, status_reason
from webapp.settings import WebSettings
from webapp.telephony import Telephony, TelephonyError

CONFIRMED_WITHIN_S = 60
"""Long enough for Twilio to accept a call and to find it when asked. A younger row may be a double click's."""
_REFUSALS = 2
"""The number's own row may stand in the way, and after it the limit: each may turn out to be over."""
_NOT_CONFIRMED = "Twilio never confirmed this call."
_NOT_KNOWN = "Twilio does not know this call any more."
_ENDED_UNSEEN = "The call ended, and Twilio's news of it did not reach us."

log = get_logger(__name__)


def create_call(
    new: NewCall, settings: WebSettings, registry: Registry, telephony: Telephony, *, now: float
) -> tuple[Call, bool]:
    """`Registry.create_call`, refused only because of calls that are live at Twilio, or that it cannot tell us of."""
    for _ in range(_REFUSALS):
        try:
            return registry.create_call(new, max_calls=settings.max_calls, now=now)
        except AlreadyOnThePhone as busy:
            if not _settle([busy.call], settings, registry, telephony, now=now):
                raise
        except TooManyCalls:
            if not _settle(registry.live_calls(), settings, registry, telephony, now=now):
                raise
    return registry.create_call(new, max_calls=settings.max_calls, now=now)


def lines_are_full(settings: WebSettings, registry: Registry, telephony: Telephony, *, now: float) -> bool:
    """True if `MAX_CALLS` calls are live, and Twilio does not say that one of them is over."""
    live = registry.live_calls()
    if len(live) < settings.max_calls:
        return False
    _settle(live, settings, registry, telephony, now=now)
    return len(registry.live_calls()) >= settings.max_calls


def _settle(
    calls: Iterable[Call], settings: WebSettings, registry: Registry, telephony: Telephony, *, now: float
) -> bool:
    """Closes the rows whose calls are over; True if there was one. Stops asking when Twilio does not answer."""
    settled = False
    for call in calls:
        try:
            end = _end_of(call, settings, registry, telephony, now=now)
        except TelephonyError as error:
            log.warning("could not ask twilio about a live call", call=call.id, error=str(error))
            break
        if end is not None:
            status, reason = end
            registry.advance_status(call.id, status, now=now, reason=reason)
            log.warning("settled a call that was over", call=call.id, status=status, reason=reason)
            settled = True
    return settled


def _end_of(
    call: Call, settings: WebSettings, registry: Registry, telephony: Telephony, *, now: float
) -> tuple[CallStatus, str | None] | None:
    """The final status and its sentence, or None while the call is live. Raises `TelephonyError`."""
    is_young = now - call.created_at <= CONFIRMED_WITHIN_S
    if call.twilio_sid is None:
        return None if is_young else (CallStatus.FAILED, _NOT_CONFIRMED)
    status = telephony.fetch_status(call.twilio_sid)
    if status is None:
        unknown = CallStatus.FAILED if call.answered_at is None else CallStatus.COMPLETED
        return None if is_young else (unknown, _NOT_KNOWN)
    if not status.is_over:
        return None
    if status is CallStatus.COMPLETED and finish_reason(call, registry) is None:
        return status, _ENDED_UNSEEN  # who ended it, nobody knows
    return status, status_reason(
        status, call, registry, ring_timeout_s=settings.ring_timeout_s, sip_code="", error_code=""
    )
