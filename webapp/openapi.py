"""The API's description for programs (OpenAPI 3.1), at /api/openapi.json. A test holds the API to it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from callregistry.calls import CallStatus, Direction
from webapp.calls_api import LARGEST_SEQ, LONGEST_NAME, LONGEST_TOPIC, MOST_CALLS

Schema = dict[str, Any]

blueprint = Blueprint("openapi", __name__)

_TEXT: Schema = {"type": "string"}
_MAYBE_TEXT: Schema = {"type": ["string", "null"]}
_TIME: Schema = {"type": "number", "description": "Seconds since the epoch."}
_MAYBE_TIME: Schema = {"type": ["number", "null"], "description": "Seconds since the epoch; null until it happens."}
_COUNT: Schema = {"type": "integer", "minimum": 0}


@blueprint.get("/api/openapi.json")
def show_document() -> ResponseReturnValue:
    """The whole document. Public: it tells nothing that the source does not."""
    return jsonify(document())


def document() -> Schema:
    """The OpenAPI document as a dictionary."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kindline panel API",
            "version": "1",
            "description": "Places calls to people, follows and ends them. Scripts send `Authorization: Bearer "
            "PANEL_API_TOKEN`; the panel's own pages use their session cookie, and `X-CSRFToken` on every POST.",
        },
        "security": [{"token": []}, {"session": []}],
        "paths": {
            "/api/calls": {"post": _create_call(), "get": _list_calls()},
            "/api/calls/{call_id}": {"parameters": [_CALL_ID], "get": _show_call()},
            "/api/calls/{call_id}/events": {"parameters": [_CALL_ID], "get": _list_events()},
            "/api/calls/{call_id}/hangup": {"parameters": [_CALL_ID], "post": _hang_up()},
            "/api/feed-tickets": {"post": _create_feed_ticket()},
            "/api/sandbox/people": {"get": _list_people()},
        },
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "kindline"},
            },
            "schemas": _schemas(),
        },
    }


_CALL_ID: Schema = {
    "name": "call_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^call_[0-9a-f]{32}$"},
}


def _create_call() -> Schema:
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Repeat a request with the same key, and no second telephone rings.",
        "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
    }
    return {
        "operationId": "createCall",
        "summary": "Ring a number",
        "parameters": [key],
        "requestBody": {"required": True, "content": _json(_ref("NewCall"))},
        "responses": {
            "201": _answer("Twilio has accepted the call.", _object(call=_ref("Call"))),
            "200": _answer("This key was used before: the earlier call.", _object(call=_ref("Call"))),
            **_errors(
                {
                    400: "Not a JSON object (invalid_json).",
                    409: "already_on_the_phone (with call_id), or too_many_calls.",
                    413: "too_large.",
                    422: "invalid_number, number_refused, invalid_field or idempotency_conflict.",
                    502: "twilio_refused, or twilio_unreachable: then the phone may ring.",
                }
            ),
        },
    }


def _list_calls() -> Schema:
    return {
        "operationId": "listCalls",
        "summary": "The newest calls, newest first",
        "parameters": [_query("limit", {"type": "integer", "minimum": 1, "maximum": MOST_CALLS, "default": 50})],
        "responses": {
            "200": _answer("Calls.", _object(calls=_list(_ref("Call")))),
            **_errors({422: "invalid_field."}),
        },
    }


def _show_call() -> Schema:
    return {
        "operationId": "showCall",
        "summary": "One call and what was said in it",
        "responses": {
            "200": _answer("The call.", _object(call=_ref("Call"), transcript=_list(_ref("Line")))),
            **_errors({404: "not_found."}),
        },
    }


def _list_events() -> Schema:
    return {
        "operationId": "listEvents",
        "summary": "Up to 1000 events of a call, after a sequence number",
        "parameters": [
            _query("after", {"type": "integer", "minimum": 0, "maximum": LARGEST_SEQ, "default": 0}),
            _query("steps", {"type": "integer", "enum": [0, 1], "default": 0})
            | {
                "description": "1: also each step of the turn machine (turn.step, several a second). Without them the "
                "sequence numbers have gaps; nothing else is missing."
            },
        ],
        "responses": {
            "200": _answer("Events, oldest first.", _object(events=_list(_ref("Event")))),
            **_errors({404: "not_found.", 422: "invalid_field."}),
        },
    }


def _hang_up() -> Schema:
    return {
        "operationId": "hangUp",
        "summary": "End a call, whatever its status",
        "responses": {
            "202": _answer("Twilio ends it.", _object(call=_ref("Call"))),
            "200": _answer("It was over already.", _object(call=_ref("Call"))),
            **_errors({404: "not_found.", 502: "twilio_refused or twilio_unreachable: the call may go on."}),
        },
    }


def _create_feed_ticket() -> Schema:
    ticket = _object(ticket=_TEXT, url=_TEXT, expires_in_s={"type": "integer"})
    return {
        "operationId": "createFeedTicket",
        "summary": "A ticket that opens the live feed (a WebSocket) once",
        "responses": {"201": _answer("The ticket.", ticket), **_errors({})},
    }


def _list_people() -> Schema:
    person = _object(name=_MAYBE_TEXT, number=_MAYBE_TEXT, description=_MAYBE_TEXT)
    return {
        "operationId": "listSandboxPeople",
        "summary": "Who can be called in the sandbox",
        "responses": {
            "200": _answer("People.", _object(people=_list(person))),
            **_errors({404: "not_found: this is not the sandbox.", 502: "The sandbox does not answer."}),
        },
    }


def _schemas() -> dict[str, Schema]:
    return {
        "NewCall": {
            "type": "object",
            "required": ["to"],
            "additionalProperties": False,
            "properties": {
                "to": {
                    "type": "string",
                    "description": "As a person types it, or E.164.",
                    "examples": ["+12025550143"],
                },
                "person_name": {"type": ["string", "null"], "maxLength": LONGEST_NAME},
                "topic": {"type": ["string", "null"], "maxLength": LONGEST_TOPIC, "description": "What to talk about."},
            },
        },
        "Call": _call(),
        "Line": _object(
            speaker={"enum": ["person", "agent"]},
            at=_TIME,
            text=_TEXT | {"description": "What we said is given as it was heard."},
            turn={"type": ["integer", "null"]},
            role=_MAYBE_TEXT | {"description": "Ours only: greeting, answer, line or goodbye."},
            interrupted={"type": "boolean"},
            latency_ms={"type": ["integer", "null"]},
        ),
        "Event": _object(call_id=_TEXT, seq=_COUNT, at=_TIME, kind=_TEXT, data={"type": "object"}),
        "Error": _object(
            error={
                "type": "object",
                "required": ["code", "message"],
                "properties": {
                    "code": _TEXT | {"description": "For programs."},
                    "message": _TEXT | {"description": "What happened, for people."},
                    "help": _TEXT | {"description": "What to do about it."},
                    "field": _TEXT | {"description": "The part of the request that is wrong."},
                    "call_id": _TEXT | {"description": "The call that stands in the way, or that failed."},
                },
            }
        ),
    }


def _call() -> Schema:
    return _object(
        id=_TEXT,
        direction={"enum": list(Direction)},
        to=_TEXT,
        **{"from": _TEXT},
        person_name=_MAYBE_TEXT,
        topic=_MAYBE_TEXT,
        status={"enum": list(CallStatus)},
        end_reason=_MAYBE_TEXT | {"description": "Why it ended, as a sentence."},
        answered_by=_MAYBE_TEXT | {"description": "Twilio's verdict, where it was asked for."},
        created_at=_TIME,
        answered_at=_MAYBE_TIME,
        ended_at=_MAYBE_TIME,
        finished_at=_MAYBE_TIME | {"description": "When the conversation was over."},
        duration_s={"type": ["number", "null"]},
        live={"type": "boolean"},
        last_seq=_COUNT,
    )


def _errors(described: dict[int, str]) -> Schema:
    always = {
        401: "unauthorized.",
        403: "csrf: a session without its token.",
        500: "server_error.",
    }
    return {str(status): _answer(text, _ref("Error")) for status, text in (always | described).items()}


def _answer(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": _json(schema)}


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _object(**properties: Schema) -> Schema:
    """An object that always has all of these properties."""
    return {"type": "object", "required": list(properties), "properties": properties}


def _query(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "schema": schema}
