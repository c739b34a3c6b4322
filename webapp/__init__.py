"""The web app: what people and Twilio ask over HTTP. Flask, synchronous, served by gunicorn.

    gunicorn "webapp:create_app()"

This file only puts the parts together. It imports neither `voicebridge` nor `sandbox`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter

from callregistry.logs import configure_logging
from callregistry.registry import Registry
from callregistry.settings import load_settings_or_exit
from webapp import (
    auth,
    callbacks,
    calls_api,
    errors,
    health,
    openapi,
    panel,
    request_log,
    security_headers,
    webhooks,
    wiring,
)
from webapp.settings import WebSettings
from webapp.telephony import Telephony, TwilioTelephony

MAX_REQUEST_BYTES = 64 * 1024
_GUNICORN_WORKER_BOOT_ERROR = 3


class CallIdConverter(BaseConverter):
    """A call id in a URL; anything else is a 404 before a view or the database sees it."""

    regex = "call_[0-9a-f]{32}"


def create_app(
    settings: WebSettings | None = None,
    registry: Registry | None = None,
    telephony: Telephony | None = None,
    *,
    clock: Callable[[], float] = time.time,
) -> Flask:
    """The app. What is not given is built from the environment and `.env`."""
    if settings is None:
        settings = _settings_from_environment()
        configure_logging("web", level=settings.log_level, log_format=settings.log_format)
    app = Flask(__name__, template_folder=str(panel.FRONTEND), static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST_BYTES
    app.url_map.converters["call_id"] = CallIdConverter
    parts = wiring.Wiring(
        settings=settings,
        registry=registry or Registry.open(settings.registry_url),
        telephony=telephony or TwilioTelephony(settings),
        clock=clock,
    )
    wiring.install(app, parts)
    health.install(app)
    request_log.install(app)  # first, so that its after_request runs last and sees the final answer
    security_headers.install(app, settings)
    errors.install(app)
    auth.install(app, settings)
    sandbox_url = settings.sandbox_url
    app.context_processor(lambda: {"sandbox_url": sandbox_url})  # every page says that it is a sandbox
    app.add_url_rule("/static/<path:filename>", "static", panel.send_static)
    for room in (panel, calls_api, openapi, webhooks, callbacks, health):
        app.register_blueprint(room.blueprint)
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    return app


def _settings_from_environment() -> WebSettings:
    try:
        return load_settings_or_exit(WebSettings)
    except SystemExit:
        # gunicorn starts a worker that ends with any other status again, for ever.
        sys.exit(_GUNICORN_WORKER_BOOT_ERROR)
