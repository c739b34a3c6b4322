"""The project's own virtual environment: made and filled on the first start, checked in a moment on the next.

Standard library only: this runs before anything is installed. A start that is interrupted leaves a mark, and the next
one begins anew: half an environment cannot be told from a whole one otherwise. One that somebody else made is used.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.file_locks import one_at_a_time

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
OLDEST_PYTHON = (3, 11)
CALLED_FROM = "KINDLINE_CALLED_FROM"
"""The folder the command was given in: file names on its command line are meant from there."""

PRODUCT = ("requirements.txt",)
SANDBOX = (*PRODUCT, "requirements-sandbox.txt")
DEVELOPMENT = (*SANDBOX, "requirements-dev.txt")


def run_inside(module: str, requirements: tuple[str, ...], arguments: list[str]) -> None:
    """Replaces this process by `python -m module arguments` in the virtual environment, which holds `requirements`."""
    try:
        python = ensure(requirements)
    except KeyboardInterrupt:
        sys.exit("\nStopped. Run the command again to go on.")
    called_from = os.getcwd()
    os.chdir(ROOT)
    os.execve(python, [str(python), "-m", module, *arguments], os.environ | {CALLED_FROM: called_from})


def ensure(requirements: tuple[str, ...], venv: Path = VENV) -> Path:
    """The Python of `venv`, with all of `requirements` installed. pip shows its progress."""
    if sys.version_info < OLDEST_PYTHON:
        needed = ".".join(map(str, OLDEST_PYTHON))
        sys.exit(f"Kindline needs Python {needed} or newer; this is {sys.version.split()[0]} ({sys.executable}).")
    if is_usable(venv) and not missing_from(venv, requirements):
        return venv / "bin" / "python"
    # Two first starts at once would take each other's work for a broken one.
    with one_at_a_time(ROOT / "var" / "environment.lock"):
        if not is_usable(venv):
            make(venv)
        if missing := missing_from(venv, requirements):
            install(venv, missing)
    return venv / "bin" / "python"


def is_usable(venv: Path) -> bool:
    """True for a whole environment: a Python that is still there, pip, and nothing interrupted."""
    return all((venv / "bin" / name).exists() for name in ("python", "pip")) and not _unfinished(venv).exists()


def missing_from(venv: Path, requirements: tuple[str, ...]) -> list[str]:
    """Which of `requirements` are not installed in exactly this version."""
    return [name for name in requirements if not _marker(venv, name).exists()]


def make(venv: Path, python: str = sys.executable) -> None:
    """Makes an empty environment by `python`, in the place of what is there. Exits with a message if that fails."""
    print(f"Making the virtual environment {venv.name} ...", flush=True)
    _remove(venv)
    venv.mkdir(parents=True)
    _unfinished(venv).touch()
    made = subprocess.run(
        [python, "-m", "venv", str(venv)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if made.returncode:
        _remove(venv)
        sys.exit(
            f"This Python ({python}) cannot make a virtual environment.\n"
            f"On Debian and Ubuntu: apt install python3-venv\n"
            f"It said:\n{made.stdout.strip()}"
        )
    _unfinished(venv).unlink()


def install(venv: Path, requirements: list[str]) -> None:
    """Installs `requirements` with all their hashes checked. Exits with a message if that fails."""
    print(f"Installing {', '.join(requirements)} (the first time takes a minute or two) ...", flush=True)
    files = [argument for name in requirements for argument in ("-r", name)]
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes"]
    _unfinished(venv).touch()
    status = subprocess.run([*pip, *files], cwd=ROOT).returncode
    if status < 0:  # killed: a package may be there by half
        sys.exit("The installation was interrupted. Run the command again to go on.")
    _unfinished(venv).unlink()
    if status:
        sys.exit("The installation failed; what pip printed above says why. Run the command again to go on.")
    for name in requirements:
        _marker(venv, name).touch()


def _remove(venv: Path) -> None:
    """Removes what is at `venv`; moved away first, so that half of it is never taken for an environment."""
    old = venv.with_name(f"{venv.name}-old")
    if venv.is_symlink():
        venv.unlink()
    shutil.rmtree(old, ignore_errors=True)
    if venv.exists():
        venv.rename(old)
        shutil.rmtree(old)


def _unfinished(venv: Path) -> Path:
    """A file that exists while the environment is being made or filled."""
    return venv / "unfinished"


def _marker(venv: Path, requirements: str) -> Path:
    """A file that exists once exactly this version of `requirements` is installed."""
    digest = hashlib.sha256((ROOT / requirements).read_bytes()).hexdigest()[:16]
    return venv / f"installed-{requirements.removesuffix('.txt')}-{digest}"
