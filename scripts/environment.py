"""The project's own virtual environment: made and filled on the first start, checked in a moment on the next.

Standard library only: this runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
OLDEST_PYTHON = (3, 11)

PRODUCT = ("requirements.txt",)
SANDBOX = (*PRODUCT, "requirements-sandbox.txt")
DEVELOPMENT = (*SANDBOX, "requirements-dev.txt")


def run_inside(module: str, requirements: tuple[str, ...], arguments: list[str]) -> None:
    """Replaces this process by `python -m module arguments` in the virtual environment, which holds `requirements`."""
    python = ensure(requirements)
    os.chdir(ROOT)
    os.execv(python, [str(python), "-m", module, *arguments])


def ensure(requirements: tuple[str, ...]) -> Path:
    """The virtual environment's Python, with all of `requirements` installed. pip shows its progress."""
    if sys.version_info < OLDEST_PYTHON:
        needed = ".".join(map(str, OLDEST_PYTHON))
        sys.exit(f"Kindline needs Python {needed} or newer; this is {sys.version.split()[0]} ({sys.executable}).")
    python = VENV / "bin" / "python"
    if not python.exists():
        print("Making the virtual environment .venv ...", flush=True)
        venv.create(VENV, with_pip=True, clear=VENV.exists())
    missing = [name for name in requirements if not _marker(name).exists()]
    if missing:
        print(f"Installing {', '.join(missing)} (the first time takes a minute or two) ...", flush=True)
        files = [argument for name in missing for argument in ("-r", name)]
        command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes", *files]
        if subprocess.run(command, cwd=ROOT).returncode:
            sys.exit("The installation failed; what pip printed above says why. Run the command again to go on.")
        for name in missing:
            _marker(name).touch()
    return python


def _marker(requirements: str) -> Path:
    """A file that exists once exactly this version of `requirements` is installed."""
    digest = hashlib.sha256((ROOT / requirements).read_bytes()).hexdigest()[:16]
    return VENV / f"installed-{requirements.removesuffix('.txt')}-{digest}"
