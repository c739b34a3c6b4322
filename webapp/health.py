"""Is it alive, is it ready, and what has it done: for process supervisors and Prometheus."""

from __future__ import annotations

import hmac

from flask import Blueprint, Flask, Response, current_app, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from callregistry.calls import LIVE_STATUSES
from callregistry.logs import get_logger
from webapp.errors import ApiError, not_found
from webapp.wiring import wiring

_NAME = "kindline_metrics"

blueprint = Blueprint("health", __name__)
log = get_logger(__name__)


class Metrics:
    """This process's counters. Labels are closed lists: endpoints, status classes, call statuses; never an id."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "kindline_web_requests_total", "Requests answered", ["endpoint", "status"], registry=self.registry
        )
        self.seconds = Histogram("kindline_web_request_seconds", "Time to answer", ["endpoint"], registry=self.registry)
        self.live_calls = Gauge("kindline_live_calls", "Calls that are not over", ["status"], registry=self.registry)


def install(app: Flask) -> None:
    """Gives `app` counters of its own."""
    app.extensions[_NAME] = Metrics()


def count_request(endpoint: str, status: int, seconds: float) -> None:
    """Counts one answered request of the current app."""
    metrics = _metrics()
    metrics.requests.labels(endpoint, f"{status // 100}xx").inc()
    metrics.seconds.labels(endpoint).observe(seconds)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process answers. Asks nothing else, so that a broken database does not get us restarted."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """The registry answers too."""
    try:
        wiring().registry.is_ready()
    except SQLAlchemyError as error:
        log.warning("not ready", error=type(error).__name__)
        return Response("the call registry does not answer\n", status=503, mimetype="text/plain")
    return Response("ready\n", mimetype="text/plain")


@blueprint.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Prometheus' text format, for whoever has METRICS_TOKEN."""
    parts = wiring()
    token = parts.settings.metrics_token
    if token is None:
        raise not_found()
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token.get_secret_value()}".encode()):
        raise ApiError(401, "unauthorized", "This needs Authorization: Bearer METRICS_TOKEN.")
    own = _metrics()
    statuses = [call.status for call in parts.registry.live_calls()]
    for status in LIVE_STATUSES:
        own.live_calls.labels(status).set(statuses.count(status))
    return Response(generate_latest(own.registry), content_type=CONTENT_TYPE_LATEST)


def _metrics() -> Metrics:
    found: Metrics = current_app.extensions[_NAME]
    return found
