"""The laws of the house: who may import whom, how big things may grow, what may be said where."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("callregistry", "voicebridge", "webapp", "sandbox", "scripts")
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60
FORBIDDEN = {
    "callregistry": {"webapp", "voicebridge", "sandbox", "scripts", "flask", "asyncio"},
    "voicebridge": {"webapp", "sandbox", "scripts", "flask", "twilio.rest"},
    "webapp": {"voicebridge", "sandbox", "scripts", "asyncio", "openai"},
    "sandbox": {"webapp", "voicebridge", "callregistry", "scripts"},
    "voicebridge/dialogue": {
        "asyncio",
        "time",
        "random",
        "secrets",
        "datetime",
        "socket",
        "os",
        "voicebridge.providers",
    },
    "voicebridge/audio": {"asyncio", "time", "random", "secrets", "socket", "os", "voicebridge.providers"},
}


def modules(folder: str) -> list[Path]:
    return sorted(path for path in (ROOT / folder).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def is_within(module: str, forbidden: str) -> bool:
    return module == forbidden or module.startswith(forbidden + ".")


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_each_room_imports_only_what_it_may(folder: str) -> None:
    assert modules(folder), folder
    broken = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in modules(folder)
        for module in imports(path)
        if any(is_within(module, forbidden) for forbidden in FORBIDDEN[folder])
    ]
    assert broken == []


def test_only_providers_talk_to_a_vendor() -> None:
    broken = [
        str(path.relative_to(ROOT))
        for room in ("callregistry", "voicebridge", "webapp")
        for path in modules(room)
        if "providers" not in path.parts and any(is_within(module, "openai") for module in imports(path))
    ]
    assert broken == []


def test_every_sql_statement_about_calls_is_in_the_registry() -> None:
    broken = [
        str(path.relative_to(ROOT))
        for room in ("voicebridge", "webapp")
        for path in modules(room)
        if any(is_within(module, "sqlalchemy") and not is_within(module, "sqlalchemy.exc") for module in imports(path))
    ]
    assert broken == []


def test_settings_alone_read_the_environment() -> None:
    broken = [
        str(path.relative_to(ROOT))
        for room in ("callregistry", "voicebridge", "webapp")
        for path in modules(room)
        if path.name != "settings.py" and "os.environ" in path.read_text()
    ]
    assert broken == []


@pytest.mark.parametrize(
    ("program", "without"),
    [
        ("import webapp", "openai websockets uvloop voicebridge sandbox"),
        ("import voicebridge.server", "flask twilio.rest gunicorn webapp sandbox"),
        ("import callregistry.registry", "flask asyncio_not_here openai twilio websockets webapp voicebridge"),
    ],
)
def test_each_process_starts_without_the_other_s_packages(program: str, without: str) -> None:
    blocked = "".join(f"sys.modules[{name!r}] = None\n" for name in without.split())
    code = f"import sys\n{blocked}{program}\n"
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True, env=os.environ
    )
    assert run.returncode == 0, run.stderr


def test_no_module_holds_two_ideas() -> None:
    too_long = {
        str(path.relative_to(ROOT)): lines
        for room in ROOMS
        for path in modules(room)
        if (lines := path.read_text().count("\n")) > LONGEST_MODULE
    }
    assert too_long == {}


def test_no_function_is_too_long_to_read() -> None:
    too_long = {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": length
        for room in ROOMS
        for path in modules(room)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert too_long == {}


def test_every_module_says_what_it_is() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in modules(room)
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_nothing_is_left_unfinished() -> None:
    left = [
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in modules(room)
        if re.search(r"\b(TODO|FIXME|XXX)\b|raise NotImplementedError", path.read_text())
    ]
    assert left == []
