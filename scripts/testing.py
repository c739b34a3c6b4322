"""The body of `scripts/test`: system packages, then format, lint, types and tests, one after the other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from scripts.environment import ROOT

APT_PACKAGES = {"chromium": "chromium", "/usr/lib/postgresql": "postgresql"}


def main(arguments: list[str]) -> int:
    """Runs all checks; the exit status is 0 only if every one passed."""
    install_system_packages()
    if "--" in arguments:
        return run("Tests", [*pytest_command(), *arguments[arguments.index("--") + 1 :]])
    everything = "--all" in arguments
    unknown = [argument for argument in arguments if argument != "--all"]
    if unknown:
        sys.exit(f"scripts/test does not know {' '.join(unknown)}; see scripts/test --help")
    python = sys.executable
    checks = [
        ("Format", [python, "-m", "ruff", "format", "--check", "."]),
        ("Lint", [python, "-m", "ruff", "check", "."]),
        ("Types", [python, "-m", "mypy"]),
        ("Tests", [*pytest_command(), *([] if everything else ["-m", "not long"])]),
    ]
    failed = [name for name, command in checks if run(name, command) != 0]
    if failed:
        print(f"\nFailed: {', '.join(failed)}.")
    return 1 if failed else 0


def pytest_command() -> list[str]:
    """pytest over two processes; tests that share a telephone network stay in one of them."""
    return [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup"]


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
