"""What the views work with, handed to them by `create_app`: settings, registry, telephony and a clock.

One object per app, reached through `wiring()`, so that no view opens anything of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app

from callregistry.registry import Registry
from webapp.settings import WebSettings
from webapp.telephony import Telephony

_NAME = "kindline"


@dataclass(frozen=True, slots=True)
class Wiring:
    """The parts of one app."""

    settings: WebSettings
    registry: Registry
    telephony: Telephony
    clock: Callable[[], float]
    """Seconds since the epoch."""


def install(app: Flask, parts: Wiring) -> None:
    """Gives `app` its parts."""
    app.extensions[_NAME] = parts


def wiring() -> Wiring:
    """The parts of the app that serves this request."""
    parts: Wiring = current_app.extensions[_NAME]
    return parts
