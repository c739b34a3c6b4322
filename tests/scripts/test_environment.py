"""The virtual environment that the scripts make: never half of one, and never somebody else's removed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import environment

NAMES = ("requirements.txt",)


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """A whole environment, as far as can be seen from outside."""
    folder = tmp_path / ".venv"
    (folder / "bin").mkdir(parents=True)
    for name in ("python", "pip"):
        (folder / "bin" / name).touch()
    return folder


def program(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_a_whole_environment_is_used_whoever_made_it(venv: Path) -> None:
    assert environment.is_usable(venv)


@pytest.mark.parametrize("name", ["python", "pip"])
def test_an_environment_without_python_or_pip_is_not_usable(venv: Path, name: str) -> None:
    (venv / "bin" / name).unlink()
    assert not environment.is_usable(venv)


def test_an_environment_whose_python_was_removed_from_the_system_is_not_usable(venv: Path) -> None:
    (venv / "bin" / "python").unlink()
    (venv / "bin" / "python").symlink_to("/nowhere/python3")
    assert not environment.is_usable(venv)


def test_a_python_that_makes_no_environments_is_told_in_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    python = program(
        tmp_path / "python", 'mkdir -p "$3/bin"; touch "$3/bin/python"; echo ensurepip is not available; exit 1'
    )
    with pytest.raises(SystemExit) as told:
        environment.make(tmp_path / ".venv", python)
    assert "apt install python3-venv" in str(told.value)
    assert "ensurepip is not available" in str(told.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["python"]


def test_an_interrupted_making_is_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venv = tmp_path / ".venv"

    def interrupted(*_: object, **__: object) -> None:
        (venv / "bin").mkdir()
        for name in ("python", "pip"):
            (venv / "bin" / name).touch()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            environment.make(venv)
    assert not environment.is_usable(venv)
    environment.make(venv)
    assert environment.is_usable(venv)
    assert subprocess.run([venv / "bin" / "python", "-m", "pip", "--version"], capture_output=True).returncode == 0


def test_a_link_to_a_broken_environment_is_replaced_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".venv").symlink_to("elsewhere")
    made = program(tmp_path / "python", 'mkdir "$3/bin"; touch "$3/bin/python" "$3/bin/pip"')
    environment.make(tmp_path / ".venv", made)
    assert environment.is_usable(tmp_path / ".venv")
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize(("ending", "usable"), [("exit 1", True), ("kill -9 $$", False)])
def test_a_failed_installation_is_tried_again_and_a_killed_one_begun_anew(
    venv: Path, ending: str, usable: bool
) -> None:
    program(venv / "bin" / "python", ending)
    with pytest.raises(SystemExit, match="Run the command again"):
        environment.install(venv, list(NAMES))
    assert environment.is_usable(venv) is usable
    assert environment.missing_from(venv, NAMES) == list(NAMES)


def test_what_is_installed_is_not_installed_again(venv: Path) -> None:
    program(venv / "bin" / "python", "exit 0")
    environment.install(venv, list(NAMES))
    program(venv / "bin" / "python", "exit 1")
    assert environment.ensure(NAMES, venv) == venv / "bin" / "python"


def test_an_old_python_is_refused_in_a_sentence(venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11"):
        environment.ensure(NAMES, venv)
