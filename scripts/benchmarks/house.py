"""The product as it is measured: web app and bridge as a server runs them, and providers of fixed speed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from scripts.benchmarks import fixed_providers
from scripts.benchmarks.figures import exposed
from scripts.benchmarks.sentences import sentences
from scripts.environment import ROOT
from scripts.file_locks import own_directory
from scripts.stack import Stack, fetch, free_port

DIRECTORY = ROOT / "var" / "bench"
MOST_CALLS = 200


@dataclass(frozen=True, slots=True)
class House:
    """A running stack, and the port at which it looks for Twilio."""

    stack: Stack
    exchange_port: int

    def metrics(self) -> dict[str, float]:
        """What the bridge tells Prometheus now, without labels."""
        return exposed(fetch(f"{self.stack.bridge_url}/metrics", token=self.stack.settings["METRICS_TOKEN"]).decode())

    def requests(self) -> dict[str, int]:
        """How much has been asked of each provider so far."""
        asked: dict[str, int] = self.stack.sandbox("GET", "/bench/requests")
        return asked


@contextlib.contextmanager
def running_house() -> Iterator[House]:
    """Starts all processes; stops them at the end. Raises `StackError`."""
    sentences()
    port = free_port(9200)
    settings = {
        "TWILIO_API_BASE_URL": f"http://127.0.0.1:{port}",
        "TTS_VOICE": fixed_providers.VOICE,
        "MAX_CALLS": str(MOST_CALLS),
        "LOG_FORMAT": "json",
    }
    with (
        own_directory(DIRECTORY) as directory,
        Stack.running(directory, settings=settings, sandbox_module="scripts.benchmarks.fixed_providers") as stack,
    ):
        yield House(stack, port)
