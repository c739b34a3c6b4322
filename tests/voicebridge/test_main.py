"""python -m voicebridge: what stops it from starting is said in one line."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path


def test_a_port_that_is_taken_is_told_in_the_operating_system_s_words(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        environment = {
            "PATH": os.environ["PATH"],
            "ENV_FILE": os.devnull,
            "PUBLIC_BASE_URL": "http://127.0.0.1:5000",
            "PUBLIC_STREAM_URL": "wss://calls.example.org/media",
            "BRIDGE_PORT": str(port),
            "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
            "TWILIO_AUTH_TOKEN": "twilio-token",
            "CALLER_NAME": "Sunrise House",
            "REGISTRY_URL": f"sqlite:///{tmp_path}/calls.db",
            "LINK_SECRET": "l" * 32,
            "OPENAI_API_KEY": "sk-none",
            "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        }
        command = [sys.executable, "-W", "ignore", "-m", "voicebridge"]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 1
    assert f"Kindline's bridge cannot listen on port {port}: Address already in use\n" in run.stderr
    assert "Traceback" not in run.stderr
