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
    mistakes: set[str] = set()
    for kind in (WebSettings, BridgeSettings):
        try:
            load_settings(kind)
        except SettingsError as error:
            mistakes.update(str(error).splitlines())
    if mistakes:
        sys.exit("Kindline cannot start; fix these settings (.env):\n" + "\n".join(sorted(mistakes)))
    honcho = Path(sys.executable).with_name("honcho")
    path = f"{honcho.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    os.execve(honcho, [str(honcho), "start"], os.environ | {"PATH": path})


if __name__ == "__main__":
    main()
