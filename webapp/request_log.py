"""One log line per request, with the call it is about and how long it took. Never a body, query or header."""

from __future__ import annotations

import time

import structlog
from flask import Flask, Response, g, request

from callregistry.logs import bind_call, get_logger
from webapp.health import count_request

_QUIET = frozenset({"static", "health.healthz", "health.readyz", "health.metrics"})

log = get_logger(__name__)


def install(app: Flask) -> None:
    """Logs and counts every request of `app`."""

    @app.before_request
    def begin() -> None:
        structlog.contextvars.clear_contextvars()
        g.started = time.monotonic()
        call_id = (request.view_args or {}).get("call_id")
        if call_id is not None:
            bind_call(call_id)

    @app.after_request
    def end(response: Response) -> Response:
        seconds = time.monotonic() - g.get("started", time.monotonic())
        endpoint = request.endpoint or "none"
        count_request(endpoint, response.status_code, seconds)
        tell = log.debug if endpoint in _QUIET else log.info
        tell(
            "request",
            method=request.method,
            endpoint=endpoint,
            status=response.status_code,
            duration_ms=round(seconds * 1000),
        )
        return response
