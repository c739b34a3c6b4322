"""Placing and ending calls: the registry and the telephone network in step. No Flask in here.

Our row is written before Twilio knows of the call, because Twilio's callbacks may come before its answer to us.
"""

from __future__ import annotations

from dataclasses import dataclass

from callregistry.calls import Call, CallStatus
from callregistry.logs import bind_call, get_logger
from callregistry.phone_numbers import mask
from callregistry.registry import NewCall, Registry
from webapp.reconciling import create_call
from webapp.settings import WebSettings
from webapp.telephony import OutgoingCall, Telephony, TwilioRefused, TwilioUnreachable
from webapp.twilio_errors import explain

GRACE_S = 60
"""Twilio's own limit on a call is this much above ours, so that there is time for a spoken goodbye."""

log = get_logger(__name__)


@dataclass(eq=False)
class CallNotPlaced(Exception):  # noqa: N818 - reads as what happened
    """Twilio refused, or did not answer. `message` and `help` are for the operator."""

    call: Call
    message: str
    help: str
    refused: bool
    """True if Twilio said no; False if it could not be reached, and the row tells what is known."""


def place_call(
    new: NewCall, settings: WebSettings, registry: Registry, telephony: Telephony, *, now: float
) -> tuple[Call, bool]:
    """Writes the row and rings the number: `(call, created)`; the earlier call for a repeated Idempotency-Key.

    Raises `CallNotPlaced`, and what `Registry.create_call` raises, once Twilio was asked (`reconciling`).
    """
    call, created = create_call(new, settings, registry, telephony, now=now)
    if not created:
        return call, False
    bind_call(call.id)
    log.info("placing call", to=mask(call.to_number))
    try:
        twilio_sid = telephony.place_call(_outgoing(call, settings))
    except TwilioRefused as refusal:
        explanation = explain(refusal.code)
        registry.advance_status(call.id, CallStatus.FAILED, now=now, reason=explanation.message)
        raise CallNotPlaced(_reread(call, registry), explanation.message, explanation.help, refused=True) from None
    except TwilioUnreachable as failure:
        twilio_sid = _find_after_failure(call, failure, registry, telephony, now=now)
    registry.set_twilio_sid(call.id, twilio_sid)
    placed = _reread(call, registry)
    if placed.finished_at is not None and placed.answered_at is None:
        _end_what_was_given_up(placed, telephony)
    return placed, True


def end_call(call: Call, registry: Registry, telephony: Telephony, *, now: float, reason: str) -> None:
    """Hangs up at Twilio and writes down that it is over. Raises Twilio's errors; then nothing is written.

    Twilio sends no callback for a call that was still queued, so its row is closed here.
    """
    answered = call.status.rank >= CallStatus.IN_PROGRESS.rank
    if call.twilio_sid is not None:
        telephony.end_call(call.twilio_sid, answered=answered)
    over = CallStatus.COMPLETED if answered else CallStatus.CANCELED
    registry.advance_status(call.id, over, now=now, reason=reason)


def _end_what_was_given_up(call: Call, telephony: Telephony) -> None:
    """The operator hung up while Twilio was still accepting the call, and there was no CallSid to end yet."""
    assert call.twilio_sid is not None
    try:
        telephony.end_call(call.twilio_sid, answered=False)
    except (TwilioRefused, TwilioUnreachable) as error:  # answered, it is told to hang up: it is finished
        log.warning("could not end a call that was given up", error=str(error))


def _outgoing(call: Call, settings: WebSettings) -> OutgoingCall:
    base = settings.public_base_url
    return OutgoingCall(
        to_number=call.to_number,
        from_number=call.from_number,
        voice_url=f"{base}/twilio/voice/{call.id}",
        fallback_url=settings.fallback_twiml_url or f"{base}/twilio/fallback/{call.id}",
        status_url=f"{base}/twilio/status/{call.id}",
        machine_detection_url=f"{base}/twilio/amd/{call.id}" if settings.answering_machine_detection else None,
        ring_timeout_s=settings.ring_timeout_s,
        time_limit_s=settings.max_call_s + GRACE_S,
    )


def _find_after_failure(
    call: Call, failure: TwilioUnreachable, registry: Registry, telephony: Telephony, *, now: float
) -> str:
    """The CallSid, if Twilio made the call although its answer was lost. Creating it again could ring twice."""
    log.warning("twilio did not answer", error=str(failure))
    found, certain = None, failure.nothing_sent
    if not certain:
        try:
            found = telephony.find_call(call.to_number, since=call.created_at)
            certain = True
        except (TwilioRefused, TwilioUnreachable) as error:
            log.warning("could not look the call up", error=str(error))
    if found is not None and registry.call_by_sid(found) is None:  # not an earlier call to the same number
        return found
    known = _reread(call, registry)
    if known.twilio_sid is not None:  # a callback told us meanwhile
        return known.twilio_sid
    if certain:
        message = "Twilio could not be reached, and the call was not placed."
        registry.advance_status(call.id, CallStatus.FAILED, now=now, reason=message)
        advice = "Try again in a minute; https://status.twilio.com tells whether Twilio has trouble."
    else:
        message = "Twilio did not answer, so nobody knows whether the phone rings."
        advice = "Wait a minute before you try again. If nothing happens, press Hang up to clear this call."
    raise CallNotPlaced(_reread(call, registry), message, advice, refused=False)


def _reread(call: Call, registry: Registry) -> Call:
    return registry.call(call.id) or call
