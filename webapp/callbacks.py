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
from webapp.endings import ending, finish_reason
from webapp.errors import ApiError, not_found
from webapp.telephony import TelephonyError
from webapp.wiring import wiring

_CALL_ID = re.compile(r"call_[0-9a-f]{32}")
_LONGEST_REASON = 100
_ENDS_WITH_OUR_TWIML = frozenset({"machine", "technical"})
"""Finished so, the call goes on without a media stream until Twilio has said our last sentence."""

blueprint = Blueprint("callbacks", __name__, url_prefix="/callbacks")
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Notice:
    """What the bridge says of a call. `attempt` tells which of the call's media streams spoke."""

    call: Call
    attempt: int
    reason: str

    @property
    def is_fenced(self) -> bool:
        """True if a newer media stream owns the call: what the older one wants is no longer to be done."""
        return self.attempt < self.call.attempt


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
    if notice.is_fenced:
        return _ignored(notice)
    if not notice.call.status.is_over:
        sentence = ending(finish_reason(notice.call, parts.registry) or notice.reason)
        try:
            end_call(notice.call, parts.registry, parts.telephony, now=parts.clock(), reason=sentence)
        except TelephonyError as error:
            log.warning("could not hang up", error=str(error), reason=notice.reason)
            raise ApiError(502, "twilio_unreachable", "Twilio did not end the call.") from None
    log.info("bridge hung up", reason=notice.reason, attempt=notice.attempt)
    return jsonify(ok=True)


@blueprint.post("/call-over")
def call_over() -> ResponseReturnValue:
    """A media stream has ended. Where the call ended with it, the row is closed, whatever Twilio's callback does: a
    call from Twilio's console has none, and a lost one is not sent again.

    To the bridge each `stop` of Twilio's is the person's doing. Whoever finished the call before knows better.
    """
    parts, notice = wiring(), _notice()
    if notice.is_fenced:
        return _ignored(notice)
    log.info("stream over", reason=notice.reason, attempt=notice.attempt)
    if notice.reason == "person_hung_up":
        reason = finish_reason(notice.call, parts.registry) or notice.reason
        if reason not in _ENDS_WITH_OUR_TWIML:
            parts.registry.advance_status(
                notice.call.id, CallStatus.COMPLETED, now=parts.clock(), reason=ending(reason)
            )
    return jsonify(ok=True)


def _ignored(notice: Notice) -> ResponseReturnValue:
    """Acknowledged, so that the bridge does not send it again."""
    log.warning("callback of an older stream ignored", attempt=notice.attempt, newest=notice.call.attempt)
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
