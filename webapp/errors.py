"""Errors as people and programs see them: JSON for the API and the bridge, a page for people, never a stack trace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError

from callregistry.logs import get_logger

log = get_logger(__name__)


@dataclass(eq=False)
class ApiError(Exception):
    """An answer other than the one asked for. `message` and `help` are sentences for the operator."""

    status: int
    code: str
    message: str
    help: str | None = None
    field: str | None = None
    """The field of the request that is wrong."""
    call_id: str | None = None
    """The call that stands in the way, or that the error is about."""

    def as_dict(self) -> dict[str, Any]:
        """The body: `{error: {code, message, ...}}` without what is not known."""
        optional = {"help": self.help, "field": self.field, "call_id": self.call_id}
        known = {name: value for name, value in optional.items() if value is not None}
        return {"error": {"code": self.code, "message": self.message} | known}


def not_found(what: str = "page") -> ApiError:
    """A 404 that says what was not found."""
    return ApiError(404, "not_found", f"There is no such {what}.")


_OF_STATUS = {
    400: ("bad_request", "This request could not be understood."),
    404: ("not_found", "There is no such page."),
    405: ("method_not_allowed", "This address does not answer that method."),
    413: ("too_large", "This request is too large."),
    415: ("invalid_json", "Send JSON, with Content-Type: application/json."),
}
_TITLES = {400: "Not understood", 401: "Please sign in", 403: "Not allowed", 404: "Not found", 413: "Too large"}


def install(app: Flask) -> None:
    """Registers the handlers on the whole app."""
    app.register_error_handler(ApiError, answer)
    app.register_error_handler(CSRFError, _answer_csrf)
    app.register_error_handler(HTTPException, answer_http)


def _answer_csrf(error: CSRFError) -> Response:
    log.info("csrf refused", why=error.description)
    return answer(
        ApiError(
            403, "csrf", "This request did not come from an open panel page.", "Reload the page and try once more."
        )
    )


def answer_http(error: HTTPException) -> Response:
    """The answer to Flask's own errors: unknown address, wrong method, too large, a bug of ours."""
    if error.response is not None:
        return make_response(error.response)
    if isinstance(error, InternalServerError):  # Flask has logged what it was
        status, code, message = 500, "server_error", "Something went wrong here. The log says what."
    else:
        status = error.code or 500
        code, message = _OF_STATUS.get(status, ("bad_request", "This request could not be understood."))
    response = answer(ApiError(status, code, message))
    for name, value in error.get_headers(request.environ):
        if name in {"Allow", "Location", "Retry-After"}:
            response.headers[name] = value
    return response


def answer(error: ApiError) -> Response:
    """The error as whoever asked can read it: JSON, plain text or a page."""
    if request.path.startswith(("/api/", "/callbacks/")):
        response = jsonify(error.as_dict())
        if error.status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
    elif request.path.startswith(("/twilio/", "/static/", "/metrics")):
        response = make_response(f"{error.message}\n")
        response.mimetype = "text/plain"
    else:
        title = _TITLES.get(error.status, "Something went wrong")
        response = make_response(render_template("error.html", title=title, message=error.message, help=error.help))
    response.status_code = error.status
    return response
