"""The bridge's requests to the web app: what needs Twilio's account. HMAC-signed (`callregistry.link`), idempotent."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from callregistry import link
from callregistry.calls import Call, CallStatus
from callregistry.logs import bind_call, get_logger
from webapp.call_control import end_call
from webapp.endings import ending
from webapp.errors import ApiError, not_found
from webapp.telephony import TelephonyError
from webapp.wiring import wiring

_CALL_ID = re.compile(r"call_[0-9a-f]{32}")
_LONGEST_REASON = 100

blueprint = Blueprint("callbacks", __name__, url_prefix="/callbacks")
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Notice:
    """What the bridge says of a call. `attempt` tells which of the call's media streams spoke."""

    call: Call
    attempt: int
    reason: str


@blueprint.before_request
def check_signature() -> None:
    """Refuses what the bridge did not sign, and what it sent before."""
    parts, now = wiring(), wiring().clock()
    secret = parts.settings.link_secret.get_secret_value()
    try:
        signed = link.verify(secret, request.method, request.path, request.get_data(), dict(request.headers), now=now)
    except (link.LinkSignatureError, ValueError) as error:
        log.warning("callback refused", why=str(error))
        raise ApiError(403, "forbidden", f"This callback is refused: {error}.") from None
    if not parts.registry.redeem_token(f"link:{signed.nonce}", signed.expires_at, now=now):
        log.warning("callback refused", why="sent before")
        raise ApiError(403, "forbidden", "This callback is refused: it was sent before.")


@blueprint.post("/hangup")
def hang_up() -> ResponseReturnValue:
    """The conversation is over: end the call at Twilio."""
    parts, notice = wiring(), _notice()
    if not notice.call.status.is_over:
        try:
            end_call(notice.call, parts.registry, parts.telephony, now=parts.clock(), reason=ending(notice.reason))
        except TelephonyError as error:
            log.warning("could not hang up", error=str(error), reason=notice.reason)
            raise ApiError(502, "twilio_unreachable", "Twilio did not end the call.") from None
    log.info("bridge hung up", reason=notice.reason, attempt=notice.attempt)
    return jsonify(ok=True)


@blueprint.post("/call-over")
def call_over() -> ResponseReturnValue:
    """A media stream has ended. Where the person hung up, the call is over, whatever Twilio's callback does: a call
    from Twilio's console has none, and a lost one is not sent again."""
    parts, notice = wiring(), _notice()
    log.info("stream over", reason=notice.reason, attempt=notice.attempt)
    if notice.reason == "person_hung_up":
        parts.registry.advance_status(
            notice.call.id, CallStatus.COMPLETED, now=parts.clock(), reason=ending(notice.reason)
        )
    return jsonify(ok=True)


def _notice() -> Notice:
    try:
        body = json.loads(request.get_data())
        call_id, attempt, reason = body["call_id"], body["attempt"], body["reason"]
    except (ValueError, RecursionError, LookupError, TypeError):
        raise ApiError(400, "invalid_json", "Send a JSON object with call_id, attempt and reason.") from None
    if not (isinstance(call_id, str) and isinstance(attempt, int) and isinstance(reason, str)):
        raise ApiError(400, "invalid_json", "call_id and reason are text, attempt is a whole number.")
    call = wiring().registry.call(call_id) if _CALL_ID.fullmatch(call_id) else None
    if call is None:
        raise not_found("call")
    bind_call(call.id)
    return Notice(call, attempt, reason[:_LONGEST_REASON])
