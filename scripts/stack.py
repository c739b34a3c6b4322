"""The whole product on this machine: sandbox, web app and bridge, as three processes with settings of their own.

Web app and bridge are started by the Procfile's own lines; nothing but settings differs. Used by the demo, the
benchmarks and the tests of whole calls.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.environment import ROOT
from scripts.file_locks import one_at_a_time
from scripts.processes import Program, Running, path_with_ours, procfile, running

START_WITHIN_S = 60.0
_KEPT_VARIABLES = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV"),
    *("SANDBOX_LLM_BASE_URL", "SANDBOX_LLM_API_KEY", "SANDBOX_LLM_MODEL"),
)
"""What the processes get of our environment. No setting may leak in from a shell or a .env for real calls."""


class StackError(Exception):
    """Something did not start; the message says what, and the last lines of its log."""


def free_port(preferred: int) -> int:
    """`preferred`, or any free port where that one is taken."""
    for port in (preferred, 0):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise StackError("no free port on this machine")


def fetch(url: str, *, method: str = "GET", body: Any = None, token: str | None = None, timeout_s: float = 10) -> bytes:
    """One HTTP request to a process of ours. Raises `urllib.error.URLError` (`HTTPError` for 4xx and 5xx)."""
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, headers, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=timeout_s) as response:
        content: bytes = response.read()
        return content


@dataclass(frozen=True)
class Stack:
    """Three running processes, and where they listen."""

    directory: Path
    panel_url: str
    bridge_url: str
    sandbox_url: str
    api_token: str
    settings: Mapping[str, str] = field(repr=False)
    processes: Running = field(repr=False)

    @classmethod
    @contextlib.contextmanager
    def running(
        cls,
        directory: Path,
        *,
        sandbox_options: Sequence[str] = (),
        settings: Mapping[str, str] | None = None,
        sandbox_module: str = "sandbox",
    ) -> Iterator[Stack]:
        """Starts everything, waits until it is ready, and stops it at the end. Logs go into `directory`.

        `settings` override those of the demo; `sandbox_module` takes the sandbox's place, and its command line. Raises
        `StackError`.
        """
        directory.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as running_stack:
            # Ports are free until somebody listens: another start must not find the same ones.
            with one_at_a_time(ROOT / "var" / "starting.lock"):
                sandbox = [sandbox_module, *sandbox_options]
                stack = running_stack.enter_context(cls._started(directory, sandbox, dict(settings or {})))
            yield stack

    @classmethod
    @contextlib.contextmanager
    def _started(cls, directory: Path, sandbox_command: Sequence[str], overrides: dict[str, str]) -> Iterator[Stack]:
        web, bridge, sandbox = free_port(5000), free_port(8765), free_port(9100)
        settings = demo_settings(directory, web, bridge, sandbox) | overrides
        environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        environment |= settings | {"ENV_FILE": os.devnull, "PYTHONUNBUFFERED": "1", "NO_PROXY": "127.0.0.1,localhost"}
        environment["PATH"] = path_with_ours(environment.get("PATH", ""))
        panel_url, bridge_url, sandbox_url = (f"http://127.0.0.1:{port}" for port in (web, bridge, sandbox))
        with running(stack_programs(directory, settings, sandbox, sandbox_command), environment) as processes:
            token = settings["PANEL_API_TOKEN"]
            stack = cls(directory, panel_url, bridge_url, sandbox_url, token, settings, processes)
            stack._wait_until_ready()
            try:
                yield stack
            finally:
                stack._hang_up_all()

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """A request to the panel's JSON API, as a script would make it."""
        return json.loads(fetch(f"{self.panel_url}{path}", method=method, body=body, token=self.api_token))

    def sandbox(self, method: str, path: str, body: Any = None) -> Any:
        """A request to the sandbox's control API."""
        return json.loads(fetch(f"{self.sandbox_url}{path}", method=method, body=body, timeout_s=60))

    def log(self, process: str) -> str:
        """What a process has logged so far."""
        return _log_path(self.directory, process).read_text(errors="replace")

    def _wait_until_ready(self) -> None:
        checks = {
            "sandbox": f"{self.sandbox_url}/sandbox/healthz",
            "web": f"{self.panel_url}/readyz",
            "bridge": f"{self.bridge_url}/readyz",
        }
        deadline = time.monotonic() + START_WITHIN_S
        for name, url in checks.items():
            while not _answers(url):
                if self.processes[name].poll() is not None:
                    raise StackError(f"The {name} process ended at once. Its log:\n{self._tail(name)}")
                if time.monotonic() > deadline:
                    raise StackError(
                        f"The {name} process is not ready after {START_WITHIN_S:.0f} s:\n{self._tail(name)}"
                    )
                time.sleep(0.1)

    def _hang_up_all(self) -> None:
        """No call may outlive the sandbox that plays it: its row would stay live, and the number taken."""
        with contextlib.suppress(urllib.error.URLError, OSError, ValueError):
            for call in self.api("GET", "/api/calls?limit=200")["calls"]:
                if call["live"]:
                    self.api("POST", f"/api/calls/{call['id']}/hangup")

    def _tail(self, process: str) -> str:
        return "\n".join(self.log(process).splitlines()[-15:])


def stack_programs(
    directory: Path, settings: Mapping[str, str], sandbox_port: int, sandbox_command: Sequence[str]
) -> dict[str, Program]:
    """The Procfile's two programs and the sandbox, in the order in which they stop: what another needs stops later."""
    account = [
        *("--account-sid", settings["TWILIO_ACCOUNT_SID"], "--auth-token", settings["TWILIO_AUTH_TOKEN"]),
        *("--api-key", settings["OPENAI_API_KEY"], "--from-number", settings["TWILIO_FROM_NUMBER"]),
    ]
    module, *options = sandbox_command
    commands = procfile() | {
        "sandbox": [sys.executable, "-m", module, "--port", str(sandbox_port), *account, *options],
    }
    limits_s = {"bridge": float(settings["DRAIN_S"]) + 10, "web": 5.0, "sandbox": 10.0}
    return {name: Program(commands[name], limit_s, _log_path(directory, name)) for name, limit_s in limits_s.items()}


def _log_path(directory: Path, process: str) -> Path:
    return directory / f"{process}.log"


def demo_settings(directory: Path, web: int, bridge: int, sandbox: int) -> dict[str, str]:
    """Settings for ports of this machine, with secrets made for this run."""
    return {
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{web}",
        "PUBLIC_STREAM_URL": f"wss://127.0.0.1:{bridge}/media",
        "FEED_URL": f"ws://127.0.0.1:{bridge}/feed",
        "PANEL_ORIGINS": f"http://localhost:{web}",
        "WEB_CALLBACK_URL": f"http://127.0.0.1:{web}",
        "WEB_PORT": str(web),
        "BRIDGE_PORT": str(bridge),
        "TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "TWILIO_FROM_NUMBER": "+12025550199",
        "TWILIO_API_BASE_URL": f"http://127.0.0.1:{sandbox}",
        "OPENAI_API_KEY": "sk-sandbox-" + secrets.token_hex(8),
        "OPENAI_BASE_URL": f"http://127.0.0.1:{sandbox}/v1",
        "CALLER_NAME": "the Kindline demo",
        "MAX_CALLS": "10",
        "DRAIN_S": "3",
        "REGISTRY_URL": f"sqlite:///{directory.resolve()}/calls.db",
        "LINK_SECRET": secrets.token_hex(32),
        "SECRET_KEY": secrets.token_hex(32),
        "PANEL_API_TOKEN": secrets.token_hex(32),
        "METRICS_TOKEN": secrets.token_hex(16),
        "LOG_FORMAT": "text",
    }


def _answers(url: str) -> bool:
    try:
        fetch(url, timeout_s=2)
    except (urllib.error.URLError, OSError):
        return False
    return True
