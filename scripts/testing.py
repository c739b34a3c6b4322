"""The body of `scripts/test`: system packages, then format, lint, types, tests, coverage, and another Python."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from scripts.environment import ROOT

APT_PACKAGES = {"chromium": "chromium", "/usr/lib/postgresql": "postgresql"}
FULLY_COVERED = {
    "voicebridge.dialogue": "tests/voicebridge/dialogue",
    "voicebridge.audio": "tests/voicebridge/audio",
    "voicebridge.media_stream": "tests/voicebridge/test_media_stream.py",
    "callregistry.tokens": "tests/callregistry/test_tokens.py",
    "webapp.dialing_rules": "tests/webapp/test_dialing_rules.py",
}
"""Every branch of these is covered by their own tests."""
NEWER_PYTHON = "3.13"
NEWER_VENV = ROOT / f".venv-{NEWER_PYTHON}"


def main(arguments: list[str]) -> int:
    """Runs all checks; the exit status is 0 only if every one passed."""
    ours, for_pytest = arguments, None
    if "--" in arguments:
        ours, for_pytest = arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 :]
    everything = "--all" in ours
    unknown = [argument for argument in ours if argument != "--all"]
    if unknown:
        sys.exit(f"scripts/test does not know {' '.join(unknown)}; see scripts/test --help")
    install_system_packages()
    if for_pytest is not None:
        return run("Tests", [*pytest_command(), *for_pytest])
    python = sys.executable
    already_run = [f"--ignore={tests}" for tests in FULLY_COVERED.values()]  # by "Coverage"
    checks = {
        "Format": [python, "-m", "ruff", "format", "--check", "."],
        "Lint": [python, "-m", "ruff", "check", "."],
        "Types": [python, "-m", "mypy"],
        "Coverage": coverage_command(),
        f"Python {NEWER_PYTHON}": newer_python_command(),
        "Tests": [*pytest_command(), "-n", "2", "-m", "not call", *already_run],
        "Calls": [*pytest_command(), "-m", "call" if everything else "call and not long"],
    }
    failed = [name for name, command in checks.items() if command and run(name, command) != 0]
    if failed:
        print(f"\nFailed: {', '.join(failed)}.")
    return 1 if failed else 0


def pytest_command() -> list[str]:
    """pytest. Whole calls are played apart: they are in real time and want the machine to themselves."""
    return [sys.executable, "-m", "pytest", "-q"]


def coverage_command() -> list[str]:
    """The pure core, whose every branch its own tests must reach."""
    modules = [f"--cov={module}" for module in FULLY_COVERED]
    return [
        *(sys.executable, "-m", "pytest", "-q", *FULLY_COVERED.values(), *modules),
        *("--cov-branch", "--cov-report=term:skip-covered", "--cov-fail-under=100"),
    ]


def newer_python_command() -> list[str]:
    """The codec's tests where audioop is gone from the standard library; empty where there is no such Python."""
    program = find_newer_python()
    if program is None:
        print(f"No Python {NEWER_PYTHON} on this machine: the codec's tests run on {sys.version.split()[0]} only.")
        return []
    python = NEWER_VENV / "bin" / "python"
    if not python.exists():
        print(f"Making {NEWER_VENV.name} ...", flush=True)
        subprocess.run([program, "-m", "venv", str(NEWER_VENV)], check=True)
    install = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes"]
    subprocess.run([*install, "-r", "requirements.txt", "-r", "requirements-dev.txt"], check=True, cwd=ROOT)
    return [str(python), "-m", "pytest", "-q", "--noconftest", "tests/voicebridge/audio"]


def find_newer_python() -> str | None:
    """A Python 3.13 that runs, on the PATH or among pyenv's."""
    name = f"python{NEWER_PYTHON}"
    candidates = [shutil.which(name), *map(str, Path.home().glob(f".pyenv/versions/{NEWER_PYTHON}.*/bin/{name}"))]
    for candidate in filter(None, candidates):
        if subprocess.run([candidate, "-c", "import venv"], capture_output=True).returncode == 0:
            return candidate
    return None


def run(name: str, command: list[str]) -> int:
    """Runs one check, showing what it prints and how long it took."""
    print(f"\n--- {name}: {' '.join(command[2:])}", flush=True)
    began = time.monotonic()
    status = subprocess.run(command, cwd=ROOT).returncode
    print(f"--- {name}: {'passed' if status == 0 else 'FAILED'} in {time.monotonic() - began:.0f} s", flush=True)
    return status


def install_system_packages() -> None:
    """Chromium and PostgreSQL by apt, where that is possible; otherwise says what will be left out."""
    missing = [package for sign, package in APT_PACKAGES.items() if not (shutil.which(sign) or Path(sign).is_dir())]
    if not missing:
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        print(f"Installing {', '.join(missing)} ...", flush=True)
        quiet = {"DEBIAN_FRONTEND": "noninteractive", **os.environ}
        subprocess.run(["apt-get", "update", "-q"], check=True, env=quiet)
        subprocess.run(["apt-get", "install", "-q", "-y", "--no-install-recommends", *missing], check=True, env=quiet)
        return
    print(f"Not installed: {', '.join(missing)}. The tests that need them are left out (shown as skipped).")
    if os.environ.get("CI") == "true":
        sys.exit("CI=true: nothing may be left out.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
