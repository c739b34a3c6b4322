"""The body of `scripts/serve`: checks the settings of both processes, then runs the Procfile until Ctrl-C."""

from __future__ import annotations

import os
import sys
import time

from callregistry.settings import SettingsError, load_settings
from scripts.processes import Program, exit_on_signals, path_with_ours, procfile, running
from voicebridge.settings import BridgeSettings
from webapp.settings import WebSettings

BAD_CONFIGURATION = 78
AFTER_DRAIN_S = 30.0
WEB_STOPS_WITHIN_S = 30.0


def main() -> int:
    """Runs both processes; returns the exit status of the one that ends by itself, or 0 after Ctrl-C."""
    if mistakes := mistakes_in_settings():
        print("Kindline cannot start; fix these settings (.env):", *mistakes, sep="\n", file=sys.stderr)
        return BAD_CONFIGURATION
    settings = load_settings(BridgeSettings)
    # The Procfile needs the port; everything else the processes read from .env themselves.
    environment = os.environ | {
        "PATH": path_with_ours(os.environ.get("PATH", "")),
        "WEB_PORT": str(settings.web_port),
    }
    exit_on_signals()
    try:
        with running(programs(settings.drain_s), environment) as processes:
            print(f"Kindline serves {settings.public_base_url}. Ctrl-C stops it: first the calls, within", end=" ")
            print(f"{settings.drain_s} s (DRAIN_S); Ctrl-C again stops it at once.", flush=True)
            while True:
                for name, process in processes.items():
                    if (status := process.poll()) is not None:
                        print(f"The {name} process has ended with status {status}.", file=sys.stderr)
                        return status if status > 0 else 1
                time.sleep(0.2)
    except KeyboardInterrupt:
        return 0


def programs(drain_s: float) -> dict[str, Program]:
    """The Procfile's programs, in the order in which they stop: the bridge needs the web app until its last call."""
    commands = procfile()
    return {
        "bridge": Program(commands["bridge"], drain_s + AFTER_DRAIN_S),
        "web": Program(commands["web"], WEB_STOPS_WITHIN_S),
    }


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
    sys.exit(main())
