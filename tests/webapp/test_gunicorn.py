"""The app as it is run: by gunicorn, from the environment, with its logs."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.webapp.web_house import API_TOKEN, AUTH_TOKEN, LINK_SECRET, SETTINGS

ROOT = Path(__file__).resolve().parents[2]


def gunicorn(port: int, folder: Path, **changes: str) -> subprocess.Popen[str]:
    """Starts the real command with the tests' settings in its environment."""
    values = {name.upper(): value for name, value in SETTINGS.items()}
    values |= {"REGISTRY_URL": f"sqlite:///{folder}/calls.db", "LOG_FORMAT": "json"} | changes
    environment = {name: value for name, value in (dict(os.environ) | values).items() if value}
    command = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "--threads", "4", "--no-control-socket"]
    return subprocess.Popen(
        [*command, "webapp:create_app()"], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )


def get(port: int, path: str, within_s: float = 30.0) -> tuple[int, str]:
    """Asks until the server listens."""
    deadline = time.monotonic() + within_s
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        finally:
            connection.close()


def test_gunicorn_serves_the_app_and_its_log_tells_no_secret(free_port: int, tmp_path: Path) -> None:
    server = gunicorn(free_port, tmp_path)
    try:
        assert get(free_port, "/healthz") == (200, "ok\n")
        assert get(free_port, "/readyz")[0] == 200
        assert get(free_port, "/")[0] == 200
        assert get(free_port, "/calls/call_" + "a" * 32 + "?number=%2B12025550101")[0] == 404
    finally:
        server.send_signal(signal.SIGTERM)
        _, log = server.communicate(timeout=30)
    assert server.returncode == 0
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    page = next(line for line in lines if line.get("endpoint") == "panel.one_call")
    assert (page["status"], page["call"], page["process"]) == (404, "call_" + "a" * 32, "web")
    for secret in (API_TOKEN, AUTH_TOKEN, LINK_SECRET, "12025550101"):
        assert secret not in log


def test_wrong_settings_stop_the_start_with_one_line_each(free_port: int, tmp_path: Path) -> None:
    server = gunicorn(free_port, tmp_path, SECRET_KEY="short", DIAL_REGIONS="Mars", TWILIO_FROM_NUMBER="")
    _, log = server.communicate(timeout=60)
    assert server.returncode != 0
    for line in ("SECRET_KEY: must be at least", "DIAL_REGIONS: 'MARS' is not", "TWILIO_FROM_NUMBER: is missing"):
        assert line in log
    assert log.count("Kindline cannot start") == 1
    assert "Traceback" not in log


@pytest.mark.parametrize("name", ["voicebridge", "sandbox"])
def test_the_web_app_loads_without_the_other_rooms(name: str) -> None:
    program = f"import sys, webapp; assert not [m for m in sys.modules if m.split('.')[0] == {name!r}]"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=60)
