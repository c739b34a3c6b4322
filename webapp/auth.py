"""Who may use the panel: one operator with a password, or a script with a token.

The session is a signed cookie; its id is new at each sign-in, it ends after 30 minutes without use and after 12 hours
in any case. Failed sign-ins are counted in the registry, over all gunicorn processes. Without a password (the sandbox
only, `WebSettings` sees to it) the panel is open to this machine, and CSRF tokens still count.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect

from callregistry import tokens
from callregistry.logs import get_logger
from callregistry.settings import LOOPBACK_HOSTS
from webapp.errors import ApiError
from webapp.passwords import password_matches
from webapp.settings import WebSettings
from webapp.wiring import wiring

IDLE_S = 30 * 60
ABSOLUTE_S = 12 * 3600
NOTE_USE_EVERY_S = 60
FAILURES_ALLOWED = 20
FAILURES_WITHIN_S = 3600
FEED_TICKET_TTL_S = 30
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_WRONG = (
    "That did not work: the password is wrong, or there were too many tries from your address "
    f"({FAILURES_ALLOWED} an hour)."
)

blueprint = Blueprint("auth", __name__)
csrf = CSRFProtect()
log = get_logger(__name__)


def install(app: Flask, settings: WebSettings) -> None:
    """Configures the session cookie and CSRF tokens, and adds the sign-in pages."""
    plain_http_too = any(origin.startswith("http://") for origin in settings.panel_origins)
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        # Browsers take a __Host- cookie over https only; a panel at localhost beside a tunnel needs the plain name.
        SESSION_COOKIE_NAME="__Host-kindline" if settings.over_https and not plain_http_too else "kindline",
        SESSION_COOKIE_SECURE=settings.over_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_CHECK_DEFAULT=False,  # `require_operator` and `sign_in` check: Twilio and the bridge have signatures
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        WTF_CSRF_SSL_STRICT=False,  # needs a Referer, which our pages do not send; Origin is checked instead
    )
    csrf.init_app(app)
    app.register_blueprint(blueprint)
    app.context_processor(lambda: {"signed_in": settings.panel_password_hash is not None and _session_is_good()})


def require_operator() -> ResponseReturnValue | None:
    """`before_request` of everything that is the operator's: a session with its CSRF token, or the API's token."""
    if request.path.startswith("/api/") and "Authorization" in request.headers:
        _check_bearer(request.headers["Authorization"])
        g.operator = "api"
        return None
    if wiring().settings.panel_password_hash is None:
        _check_addressed_to_this_machine()
        if "id" not in session:
            _begin_session()
    elif not _session_is_good():
        if request.path.startswith("/api/"):
            raise ApiError(401, "unauthorized", "Please sign in.", "Open the panel, or send Authorization: Bearer ...")
        return redirect(url_for("auth.sign_in", next=request.path if request.method == "GET" else None))
    check_same_site()
    _note_use()
    g.operator = session["id"]
    return None


def check_same_site() -> None:
    """Refuses what a foreign page made the browser send: by its own headers first, then by the CSRF token."""
    if request.method in _SAFE_METHODS:
        return
    origin = request.headers.get("Origin")
    foreign = origin is not None and origin not in wiring().settings.allowed_origins
    if foreign or request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise ApiError(
            403,
            "csrf",
            "This request comes from another site.",
            "If you opened the panel at another address than PUBLIC_BASE_URL, add it to PANEL_ORIGINS.",
        )
    csrf.protect()


def feed_ticket() -> str:
    """A ticket for one browser feed, for whoever asks in this request."""
    parts = wiring()
    return tokens.mint(
        parts.settings.link_secret.get_secret_value(),
        tokens.FEED,
        g.operator,
        ttl_s=FEED_TICKET_TTL_S,
        now=parts.clock(),
    )


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """The sign-in page, and what it posts."""
    target = _safe_target(request.values.get("next", ""))
    if wiring().settings.panel_password_hash is None or (request.method == "GET" and _session_is_good()):
        return redirect(target)
    if request.method == "GET":
        return render_template("sign_in.html", next=target)
    check_same_site()
    if not _password_is_right(request.form.get("password", "")):
        return render_template("sign_in.html", next=target, error=_WRONG), 401
    _begin_session()
    log.info("signed in")
    return redirect(target, 303)


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """Ends the session here and on the server: a copy of its cookie, or an answer still under way, opens nothing."""
    check_same_site()
    if "id" in session:
        now = wiring().clock()
        wiring().registry.redeem_token(_ended(session["id"]), now + ABSOLUTE_S, now=now)
    session.clear()
    return redirect(url_for("auth.sign_in"), 303)


def _begin_session() -> None:
    now = wiring().clock()
    session.clear()  # with it the CSRF token of before: nothing planted in a browser beforehand stays valid
    session.update(id=secrets.token_urlsafe(16), since=now, seen_at=now)


def _note_use() -> None:
    """Once a minute is enough: each note sends the cookie again, also in answers that overtake a sign-out."""
    now = wiring().clock()
    if now - _number(session.get("seen_at")) >= NOTE_USE_EVERY_S:
        session["seen_at"] = now


def _session_is_good() -> bool:
    now = wiring().clock()
    return (
        "id" in session
        and now - _number(session.get("since")) < ABSOLUTE_S
        and now - _number(session.get("seen_at")) < IDLE_S
        and not wiring().registry.token_is_redeemed(_ended(session["id"]))
    )


def _ended(session_id: str) -> str:
    return f"session:{session_id}"


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _password_is_right(password: str) -> bool:
    """Gives the same answer for a wrong password as for too many tries; after too many, nothing is hashed any more.

    A refusal is quicker then. That tells what the page says anyway, that the tries are used up; of the password it
    tells nothing, because nobody has looked at it.
    """
    parts, address = wiring(), request.remote_addr or "unknown"
    now = parts.clock()
    failures = parts.registry.sign_in_failures(address, since=now - FAILURES_WITHIN_S)
    expected = parts.settings.panel_password_hash
    assert expected is not None
    if failures < FAILURES_ALLOWED and password_matches(expected.get_secret_value(), password):
        return True
    parts.registry.note_sign_in_failure(address, now=now)
    log.warning("sign-in refused", address=address, failures=failures + 1)
    return False


def _check_bearer(header: str) -> None:
    expected = wiring().settings.panel_api_token
    scheme, _, given = header.partition(" ")
    is_bearer = expected is not None and scheme.lower() == "bearer"
    # Bytes, because compare_digest takes no text beyond ASCII, and a header may hold any.
    wanted = expected.get_secret_value().encode() if expected is not None else b""
    if not (is_bearer and hmac.compare_digest(given.strip().encode(), wanted)):
        raise ApiError(
            401, "unauthorized", "This token is not the panel's API token.", "It is PANEL_API_TOKEN in .env."
        )


def _check_addressed_to_this_machine() -> None:
    """An open panel answers to this machine's names only, or any page could reach it by pointing its name here."""
    if urlsplit(f"//{request.host}").hostname not in LOOPBACK_HOSTS:
        raise ApiError(403, "csrf", "Without a password the panel is open at this machine's own address only.")


def _safe_target(path: str) -> str:
    """`path`, if it is a place in this panel; the panel itself otherwise."""
    is_ours = path.startswith("/") and not path.startswith("//") and path.isprintable() and "\\" not in path
    return path if is_ours else url_for("panel.index")
