"""python -m sandbox: what stops it from starting is said in one line."""

import subprocess
import sys
from pathlib import Path


def test_a_mistake_in_a_persons_file_stops_the_start_with_the_file_and_the_key(tmp_path: Path) -> None:
    (tmp_path / "ruth.toml").write_text('name = "Ruth"\ndescription = "Kind."\nlines = "none"\n')
    started = start("--account-sid", "AC1", "--auth-token", "t", "--people", str(tmp_path))
    assert started.returncode == 1
    assert started.stderr.strip() == f"The sandbox cannot start: {tmp_path}/ruth.toml: lines: must be a list"


def test_the_account_must_be_given() -> None:
    started = start()
    assert started.returncode == 2
    assert "--account-sid, --auth-token" in started.stderr


def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-m", "sandbox", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
