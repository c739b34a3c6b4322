"""The panel's JSON API: place, watch and end calls. Described for programs in `openapi.py`."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from typing import Any
from urllib.parse import urlsplit

import requests
from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from callregistry.call_events import Kind
from callregistry.calls import Call
from callregistry.logs import get_logger
from callregistry.registry import AlreadyOnThePhone, IdempotencyConflict, NewCall, TooManyCalls
from callregistry.transcript import transcript
from webapp import auth
from webapp.call_control import CallNotPlaced, end_call, place_call
from webapp.dialing_rules import DialingRules, NumberRefused
from webapp.errors import ApiError, not_found
from webapp.settings import WebSettings
from webapp.telephony import TwilioRefused, TwilioUnreachable
from webapp.twilio_errors import explain
from webapp.wiring import wiring

LONGEST_NAME = 80
LONGEST_TOPIC = 500
MOST_CALLS = 200
EVENTS_AT_ONCE = 1000
LARGEST_SEQ = 2**31 - 1
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_SANDBOX_TIMEOUT_S = 3.0

blueprint = Blueprint("calls_api", __name__, url_prefix="/api")
blueprint.before_request(auth.require_operator)
log = get_logger(__name__)


@blueprint.post("/calls")
def create_call() -> ResponseReturnValue:
    """Rings a number."""
    parts = wiring()
    new = _new_call(_json_object(), parts.settings)
    try:
        call, created = place_call(new, parts.settings, parts.registry, parts.telephony, now=parts.clock())
    except AlreadyOnThePhone as busy:
        raise ApiError(
            409,
            "already_on_the_phone",
            "There is a call to this number already.",
            "Wait until it has ended, or hang it up first.",
            call_id=busy.call.id,
        ) from None
    except TooManyCalls as full:
        raise ApiError(
            409, "too_many_calls", str(full), "Wait until a call has ended, or raise MAX_CALLS in .env."
        ) from None
    except IdempotencyConflict as conflict:
        raise ApiError(
            422, "idempotency_conflict", str(conflict), "Use a new key for a new call.", "Idempotency-Key"
        ) from None
    except CallNotPlaced as failure:
        code = "twilio_refused" if failure.refused else "twilio_unreachable"
        raise ApiError(502, code, failure.message, failure.help, call_id=failure.call.id) from None
    return jsonify(call=call_json(call)), 201 if created else 200


@blueprint.get("/calls")
def list_calls() -> ResponseReturnValue:
    """The newest calls."""
    limit = _whole_number("limit", default=50, least=1, most=MOST_CALLS)
    return jsonify(calls=[call_json(call) for call in wiring().registry.recent_calls(limit)])


@blueprint.get("/calls/<call_id:call_id>")
def show_call(call_id: str) -> ResponseReturnValue:
    """One call and what was said in it."""
    call, events, after = _known_call(call_id), [], 0
    while page := wiring().registry.events_after(call_id, after, EVENTS_AT_ONCE, without=[Kind.TURN_STEP]):
        events += page
        after = page[-1].seq
    return jsonify(call=call_json(call), transcript=[line.as_dict() for line in transcript(events)])


@blueprint.get("/calls/<call_id:call_id>/events")
def list_events(call_id: str) -> ResponseReturnValue:
    """What happened in a call, after a sequence number: for scripts that do not follow the feed."""
    after = _whole_number("after", default=0, least=0, most=LARGEST_SEQ)
    without = () if _whole_number("steps", default=0, least=0, most=1) else (Kind.TURN_STEP,)
    _known_call(call_id)
    events = wiring().registry.events_after(call_id, after, EVENTS_AT_ONCE, without=without)
    return jsonify(events=[event.as_dict() for event in events])


@blueprint.post("/calls/<call_id:call_id>/hangup")
def hang_up(call_id: str) -> ResponseReturnValue:
    """Ends a call, in whatever status it is."""
    parts, call = wiring(), _known_call(call_id)
    if call.status.is_over:
        return jsonify(call=call_json(call)), 200
    now = parts.clock()
    parts.registry.finish_call(call.id, "operator", now=now)
    try:
        end_call(call, parts.registry, parts.telephony, now=now, reason="You ended the call.")
    except TwilioRefused as refusal:
        found = explain(refusal.code)
        raise ApiError(502, "twilio_refused", found.message, found.help, call_id=call.id) from None
    except TwilioUnreachable:
        raise ApiError(
            502, "twilio_unreachable", "Twilio did not answer: the call may go on.", "Try again.", call_id=call.id
        ) from None
    log.info("operator hung up")
    return jsonify(call=call_json(_known_call(call_id))), 202


@blueprint.post("/feed-tickets")
def create_feed_ticket() -> ResponseReturnValue:
    """A ticket that opens the live feed once, within half a minute."""
    ticket = auth.feed_ticket()
    url = wiring().settings.feed_url
    return jsonify(ticket=ticket, url=url, expires_in_s=auth.FEED_TICKET_TTL_S), 201


@blueprint.get("/sandbox/people")
def list_sandbox_people() -> ResponseReturnValue:
    """Who can be called in the sandbox. The page itself may not ask the sandbox: its CSP allows our origin only."""
    sandbox = wiring().settings.sandbox_url
    if sandbox is None:
        raise not_found("sandbox")
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy of the environment leads to this machine
            answer = session.get(f"{sandbox}/sandbox/people", timeout=_SANDBOX_TIMEOUT_S, allow_redirects=False)
        answer.raise_for_status()
        people = answer.json()["people"]
        shown = [{name: person.get(name) for name in ("name", "number", "description")} for person in people]
    except (requests.RequestException, LookupError, TypeError, AttributeError):
        host = urlsplit(sandbox).netloc
        raise ApiError(502, "twilio_unreachable", f"The sandbox at {host} does not answer.", "Start it.") from None
    return jsonify(people=shown)


def call_json(call: Call) -> dict[str, Any]:
    """A call as the API shows it. Times are seconds since the epoch."""
    talked = call.answered_at is not None and call.ended_at is not None
    return {
        "id": call.id,
        "direction": call.direction,
        "to": call.to_number,
        "from": call.from_number,
        "person_name": call.person_name,
        "topic": call.topic,
        "status": call.status,
        "end_reason": call.end_reason,
        "answered_by": call.answered_by,
        "created_at": call.created_at,
        "answered_at": call.answered_at,
        "ended_at": call.ended_at,
        "finished_at": call.finished_at,
        "duration_s": round((call.ended_at or 0) - (call.answered_at or 0), 1) if talked else None,
        "live": not call.status.is_over,
        "last_seq": call.last_seq,
    }


def _known_call(call_id: str) -> Call:
    call = wiring().registry.call(call_id)
    if call is None:
        raise not_found("call")
    return call


def _new_call(body: dict[str, Any], settings: WebSettings) -> NewCall:
    unknown = sorted(body.keys() - {"to", "person_name", "topic"})
    if unknown:
        raise ApiError(422, "invalid_field", "A call has only: to, person_name, topic.", field=unknown[0][:80])
    name = _text(body, "person_name", LONGEST_NAME)
    topic = _text(body, "topic", LONGEST_TOPIC)
    to_number = _number(body.get("to"), settings)
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
        raise ApiError(
            422, "invalid_field", "An Idempotency-Key is 1 to 200 plain characters.", field="Idempotency-Key"
        )
    request_hash = hashlib.sha256(json.dumps([to_number, name, topic]).encode()).hexdigest()
    return NewCall(to_number, settings.twilio_from_number, name, topic, key, request_hash)


def _number(value: Any, settings: WebSettings) -> str:
    if not isinstance(value, str):
        raise ApiError(422, "invalid_number", "Type a telephone number.", field="to")
    rules = DialingRules(
        settings.default_region, tuple(settings.dial_regions), frozenset({settings.twilio_from_number})
    )
    try:
        return rules.check(value)
    except NumberRefused as refusal:
        raise ApiError(422, refusal.code, refusal.message, refusal.help, "to") from None


def _text(body: dict[str, Any], field: str, longest: int) -> str | None:
    """An optional line of text: white space folded, no control characters; an empty one is None."""
    value = body.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise ApiError(422, "invalid_field", "This must be text.", field=field)
    folded = " ".join(value.split())
    if len(folded) > longest:
        raise ApiError(422, "invalid_field", f"This may have at most {longest} characters.", field=field)
    # Cc, Cs, Cn, Co: control characters, half surrogates (no database takes them), nothing, private meanings.
    # Bidirectional overrides would turn the line around on the screen.
    bidi = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    if any(
        unicodedata.category(character) in {"Cc", "Cs", "Cn", "Co"} or unicodedata.bidirectional(character) in bidi
        for character in folded
    ):
        raise ApiError(422, "invalid_field", "There are characters in this that cannot be shown.", field=field)
    return folded or None


def _json_object() -> dict[str, Any]:
    if not request.is_json:
        raise ApiError(400, "invalid_json", "Send JSON, with Content-Type: application/json.")
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError):
        raise ApiError(400, "invalid_json", "This is not JSON.") from None
    if not isinstance(body, dict):
        raise ApiError(400, "invalid_json", 'Send a JSON object, for example {"to": "+12025550100"}.')
    return body


def _whole_number(name: str, *, default: int, least: int, most: int) -> int:
    text = request.args.get(name)
    if text is None:
        return default
    if text.isascii() and text.isdecimal() and len(text) <= 10 and least <= int(text) <= most:
        return int(text)
    raise ApiError(422, "invalid_field", f"{name} is a whole number from {least} to {most}.", field=name)
