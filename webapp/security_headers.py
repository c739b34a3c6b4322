"""The headers that every response carries, errors included: what a browser may do with our pages, and nothing else."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, request

from webapp.settings import WebSettings

_ONE_YEAR_S = 31_536_000


def install(app: Flask, settings: WebSettings) -> None:
    """Sets the headers on all responses of `app`."""
    fixed = {
        "Content-Security-Policy": content_security_policy(settings.feed_url),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Frame-Options": "DENY",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
    if settings.over_https:
        fixed["Strict-Transport-Security"] = f"max-age={_ONE_YEAR_S}"

    @app.after_request
    def set_headers(response: Response) -> Response:
        for name, value in fixed.items():
            response.headers[name] = value
        if request.endpoint == "static" and response.status_code < 400:
            response.headers["Cache-Control"] = "no-cache"  # asked again each time, answered 304: a new version at once
        else:
            response.headers["Cache-Control"] = "no-store"
        return response


def content_security_policy(feed_url: str) -> str:
    """Our own files only, and a WebSocket to the feed's origin. No inline script or style anywhere."""
    feed = urlsplit(feed_url)
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            f"connect-src 'self' {feed.scheme}://{feed.netloc}",
            "form-action 'self'",
            "base-uri 'none'",
            "object-src 'none'",
            "frame-ancestors 'none'",
        ]
    )
