"""The control panel's pages. Their data comes from the JSON API and the feed; here is only the frame."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, render_template, send_from_directory
from flask.typing import ResponseReturnValue

from webapp.auth import require_operator
from webapp.errors import not_found
from webapp.wiring import wiring

FRONTEND = Path(__file__).resolve().parent.parent / "frontend"
_STATIC_SUFFIXES = frozenset({".css", ".ico", ".js", ".json", ".png", ".svg", ".woff2"})

blueprint = Blueprint("panel", __name__)
blueprint.before_request(require_operator)


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """Dial, follow the call, see the recent ones."""
    return render_template("panel.html", feed_url=wiring().settings.feed_url)


@blueprint.get("/calls/<call_id:call_id>")
def one_call(call_id: str) -> ResponseReturnValue:
    """One call, live or past."""
    call = wiring().registry.call(call_id)
    if call is None:
        raise not_found("call")
    return render_template("call.html", call=call, call_id=call.id, feed_url=wiring().settings.feed_url)


def send_static(filename: str) -> ResponseReturnValue:
    """The pages' own files. The templates beside them are not for the browser."""
    if Path(filename).suffix not in _STATIC_SUFFIXES:
        raise not_found()
    return send_from_directory(FRONTEND, filename)
