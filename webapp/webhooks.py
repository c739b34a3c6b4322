"""Twilio's callbacks: what to do with a call, and what has become of it.

One signature check for the whole blueprint, over the address Twilio was given (`PUBLIC_BASE_URL`), never over what
proxies made of it. Twilio repeats, reorders and delays callbacks: every view may be called at any time and twice.
It is never answered with a 5xx: to the person on the telephone that would be an English error announcement.
"""

from __future__ import annotations

import re

from flask import Blueprint, Response, request
from twilio.request_validator import RequestValidator
from werkzeug.exceptions import HTTPException

from callregistry import tokens
from callregistry.call_events import Kind
from callregistry.calls import Call, CallStatus, Direction
from callregistry.logs import bind_call, get_logger
from callregistry.registry import NewEvent
from webapp import twiml
from webapp.endings import status_reason
from webapp.errors import ApiError, answer, answer_http
from webapp.reconciling import lines_are_full
from webapp.telephony import TelephonyError
from webapp.wiring import wiring

STREAM_TOKEN_TTL_S = 60
MOST_ATTEMPTS = 3
"""So many media streams may die under one call before it says goodbye."""
MOST_TRIES = 3
"""So often an attempt is offered again that no bridge took."""
WAIT_S = 2
_CALL_ID = re.compile(r"call_[0-9a-f]{32}")
_CALL_SID = re.compile(r"CA[0-9a-fA-F]{32}")
_SPOKEN_ENDPOINTS = frozenset({"voice", "adopted_voice", "resume", "fallback", "adopted_fallback"})

blueprint = Blueprint("webhooks", __name__, url_prefix="/twilio")
log = get_logger(__name__)


@blueprint.before_request
def check_signature() -> None:
    """403 for whatever is not from our Twilio account and about one call."""
    settings = wiring().settings
    given = request.headers.get("X-Twilio-Signature", "")
    address = settings.public_base_url + request.full_path.removesuffix("?")
    validator = RequestValidator(settings.twilio_auth_token.get_secret_value())
    if not given or not validator.validate(address, request.form, given):
        _refuse("wrong signature" if given else "no signature")
    if request.form.get("AccountSid") != settings.twilio_account_sid:
        _refuse("another account")
    if not _CALL_SID.fullmatch(request.form.get("CallSid", "")):
        _refuse("no CallSid")


@blueprint.errorhandler(Exception)
def answer_in_spite_of_error(error: Exception) -> Response:
    """The edge: whatever went wrong here, the person hears a kind sentence and Twilio gets an answer it can use."""
    if isinstance(error, ApiError):
        return answer(error)
    if isinstance(error, HTTPException):
        return answer_http(error)
    log.exception("webhook failed", endpoint=request.endpoint)
    return _xml(twiml.say_and_hang_up(twiml.TECHNICAL_GOODBYE)) if _is_spoken() else Response(status=204)


@blueprint.post("/voice/<call_id>")
def voice(call_id: str) -> Response:
    """A call that we placed was answered."""
    call = _known_call(call_id)
    return _xml(_begin(call) if call is not None else twiml.hang_up())


@blueprint.post("/voice")
def adopted_voice() -> Response:
    """A call that our API did not place: a test from Twilio's console, or a person ringing back."""
    parts, form = wiring(), request.form
    now = parts.clock()
    direction = Direction.INBOUND if form.get("Direction") == "inbound" else Direction.OUTBOUND
    known = parts.registry.call_by_sid(form["CallSid"])
    if known is not None:
        bind_call(known.id)
        return _xml(_begin(known))
    full = lines_are_full(parts.settings, parts.registry, parts.telephony, now=now)
    call = parts.registry.adopt_call(form["CallSid"], direction, form.get("To", ""), form.get("From", ""), now=now)
    bind_call(call.id)
    log.info("adopted a call", direction=direction)
    if direction is Direction.INBOUND and parts.settings.inbound_calls == "decline":
        return _decline(call, twiml.DECLINE_LINE, "Answered with a message, because INBOUND_CALLS is decline.")
    if full:
        return _decline(call, twiml.ALL_BUSY_LINE, "Answered with a message, because MAX_CALLS calls were live.")
    return _xml(_begin(call))


@blueprint.post("/resume/<call_id>")
def resume(call_id: str) -> Response:
    """The tail after `<Connect>`: the media stream of `?attempt=` is over, or no bridge ever took it."""
    call = _known_call(call_id)
    if call is None or call.status.is_over or call.finished_at is not None:
        return _xml(twiml.hang_up())
    offered = request.args.get("attempt", type=int, default=call.attempt)
    tries = request.args.get("try", type=int, default=1)
    was_taken = call.attempt >= offered
    log.warning("media stream lost" if was_taken else "no bridge took the stream", attempt=offered, tries=tries)
    if was_taken and call.attempt < MOST_ATTEMPTS:
        return _xml(twiml.connect(_offer(call)))
    if not was_taken and tries < MOST_TRIES:
        offer = _offer(call, tries=tries + 1)
        return _xml(twiml.connect(offer, first_say=twiml.ONE_MOMENT, first_pause_s=WAIT_S))
    return _xml(_give_up(call))


@blueprint.post("/fallback/<call_id>")
def fallback(call_id: str) -> Response:
    """Twilio could not use our TwiML (`ErrorCode` says why): a kind goodbye rather than its announcement."""
    call = _known_call(call_id)
    return _xml(_fall_back(call))


@blueprint.post("/fallback")
def adopted_fallback() -> Response:
    """The same, for calls that we did not place."""
    return _xml(_fall_back(wiring().registry.call_by_sid(request.form["CallSid"])))


@blueprint.post("/status/<call_id>")
def status(call_id: str) -> Response:
    """The call's status has changed; or had, some time ago."""
    _note_status(_known_call(call_id))
    return Response(status=204)


@blueprint.post("/status")
def adopted_status() -> Response:
    """The same, where only a number's settings at Twilio name us."""
    _note_status(wiring().registry.call_by_sid(request.form["CallSid"]))
    return Response(status=204)


@blueprint.post("/stream/<call_id>")
def stream_status(call_id: str) -> Response:
    """Twilio's own view of the media stream."""
    call = _known_call(call_id)
    if call is not None:
        event, error = request.form.get("StreamEvent", ""), request.form.get("StreamError")
        log.info("stream status", stream_event=event, error=error)
        facts = {"event": event, "error": error}
        wiring().registry.append_events([NewEvent(call.id, Kind.STREAM_STATUS, facts, wiring().clock())])
    return Response(status=204)


@blueprint.post("/amd/<call_id>")
def machine_detection(call_id: str) -> Response:
    """Twilio's verdict on who answered, while the conversation runs already."""
    call = _known_call(call_id)
    # `call` is as it was before this request: a repeated verdict does not begin the line again.
    if call is not None and not call.status.is_over and _is_machine(call) and call.finished_at is None:
        parts = wiring()
        assert call.twilio_sid is not None
        try:
            parts.telephony.replace_twiml(call.twilio_sid, twiml.say_and_hang_up(twiml.MACHINE_LINE))
        except TelephonyError as error:
            log.warning("could not tell the machine goodbye", error=str(error))
            _hang_up_on_machine(call.twilio_sid)
    return Response(status=204)


def _hang_up_on_machine(twilio_sid: str) -> None:
    """Without a word, rather than let the conversation talk to a machine until its time is up."""
    try:
        wiring().telephony.end_call(twilio_sid, answered=True)
    except TelephonyError as error:
        log.error("could not hang up on a machine", error=str(error))


def _begin(call: Call) -> str:
    """TwiML for a call that was answered just now."""
    parts = wiring()
    if call.status.is_over or call.finished_at is not None:
        return twiml.hang_up()
    parts.registry.advance_status(call.id, CallStatus.IN_PROGRESS, now=parts.clock())
    if _is_machine(call):
        return twiml.say_and_hang_up(twiml.MACHINE_LINE)
    log.info("answered")
    return twiml.connect(_offer(call))


def _offer(call: Call, *, tries: int = 1) -> twiml.StreamOffer:
    """The next attempt of a call. Its token is bound to call, attempt and Twilio's CallSid."""
    parts = wiring()
    settings, attempt = parts.settings, call.attempt + 1
    token = tokens.mint(
        settings.link_secret.get_secret_value(),
        tokens.STREAM,
        f"{call.id}:{attempt}:{request.form['CallSid']}",
        ttl_s=STREAM_TOKEN_TTL_S,
        now=parts.clock(),
    )
    return twiml.StreamOffer(
        stream_url=settings.public_stream_url,
        stream_status_url=f"{settings.public_base_url}/twilio/stream/{call.id}",
        resume_url=f"{settings.public_base_url}/twilio/resume/{call.id}?attempt={attempt}&try={tries}",
        call_id=call.id,
        attempt=attempt,
        token=token,
    )


def _is_machine(call: Call) -> bool:
    """Notes Twilio's verdict, if this request carries one; True for machines. What Twilio does not know is a person."""
    verdict = request.form.get("AnsweredBy", "")
    if not verdict:
        return False
    parts = wiring()
    parts.registry.set_answered_by(call.id, verdict, now=parts.clock())
    is_machine = verdict.startswith("machine") or verdict == "fax"
    if is_machine:
        log.info("a machine answered", answered_by=verdict)
        parts.registry.finish_call(call.id, "machine", now=parts.clock())
    return is_machine


def _note_status(call: Call | None) -> None:
    told = request.form.get("CallStatus", "")
    if call is None or told not in set(CallStatus):
        log.info("status of no call of ours, or unknown", status=told)
        return
    bind_call(call.id)
    parts, now_status = wiring(), CallStatus(told)
    verdict = request.form.get("AnsweredBy")
    if verdict:
        parts.registry.set_answered_by(call.id, verdict, now=parts.clock())
    reason = status_reason(
        now_status,
        call,
        parts.registry,
        ring_timeout_s=parts.settings.ring_timeout_s,
        sip_code=request.form.get("SipResponseCode", ""),
        error_code=request.form.get("ErrorCode", ""),
    )
    moved = parts.registry.advance_status(call.id, now_status, now=parts.clock(), reason=reason)
    log.info("status" if moved else "late status", status=told, duration_s=request.form.get("CallDuration"))


def _decline(call: Call, line: str, reason: str) -> Response:
    parts = wiring()
    parts.registry.advance_status(call.id, CallStatus.COMPLETED, now=parts.clock(), reason=reason)
    return _xml(twiml.say_and_hang_up(line))


def _fall_back(call: Call | None) -> str:
    log.error("twilio could not use our TwiML", error_code=request.form.get("ErrorCode"))
    if call is None or call.status.is_over or call.finished_at is not None:
        return twiml.hang_up()
    return _give_up(call)


def _give_up(call: Call) -> str:
    parts = wiring()
    parts.registry.finish_call(call.id, "technical", now=parts.clock())
    return twiml.say_and_hang_up(twiml.TECHNICAL_GOODBYE)


def _known_call(call_id: str) -> Call | None:
    """The call this request is about; None if we do not know it (an old database, another installation)."""
    parts, twilio_sid = wiring(), request.form["CallSid"]
    call = parts.registry.call(call_id) if _CALL_ID.fullmatch(call_id) else None
    if call is None:
        log.warning("webhook for a call we do not know", endpoint=request.endpoint)
        return None
    if call.twilio_sid is None:  # this request is faster than Twilio's answer to ours
        parts.registry.set_twilio_sid(call.id, twilio_sid)
        return parts.registry.call(call_id)
    if call.twilio_sid != twilio_sid:
        _refuse("CallSid of another call")
    return call


def _is_spoken() -> bool:
    return (request.endpoint or "").rpartition(".")[2] in _SPOKEN_ENDPOINTS


def _refuse(why: str) -> None:
    log.warning("webhook refused", why=why, endpoint=request.endpoint)
    raise ApiError(403, "forbidden", "This request is not from our Twilio account.")


def _xml(document: str) -> Response:
    return Response(document, content_type="text/xml; charset=utf-8")
