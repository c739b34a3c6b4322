"""The body of `scripts/serve`: checks the settings of both processes, then starts the Procfile."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from callregistry.settings import SettingsError, load_settings
from voicebridge.settings import BridgeSettings
from webapp.settings import WebSettings


def main() -> None:
    """Starts both processes, or prints every mistake in .env and exits with status 78."""
    if mistakes := mistakes_in_settings():
        sys.exit("Kindline cannot start; fix these settings (.env):\n" + "\n".join(mistakes))
    honcho = Path(sys.executable).with_name("honcho")
    environment = os.environ | {
        "PATH": f"{honcho.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "WEB_PORT": str(
            load_settings(WebSettings).web_port
        ),  # the Procfile needs it; the processes read .env themselves
    }
    os.execve(honcho, [str(honcho), "start", "-e", os.devnull], environment)


def mistakes_in_settings() -> list[str]:
    """Every mistake in the settings of either process, each once."""
    mistakes: set[str] = set()
    for kind in (WebSettings, BridgeSettings):
        try:
            load_settings(kind)
        except SettingsError as error:
            mistakes.update(str(error).splitlines())
    return sorted(mistakes)


if __name__ == "__main__":
    main()
