"""Fixtures that every room's tests may use: both registries, and free ports."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from callregistry.registry import Registry
from tests.postgres import PostgresServer, postgres_is_installed


def leave_out(reason: str) -> None:
    """Skips a test because of what this machine lacks. With CI=true nothing may be left out."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"left out in CI: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of our own, for this test run."""
    if not postgres_is_installed():
        leave_out("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    with PostgresServer.started() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def registry_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty registry's URL, on each database in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/calls.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def registry(registry_url: str) -> Iterator[Registry]:
    """An empty registry, on each database in turn."""
    opened = Registry.open(registry_url)
    yield opened
    opened.close()


@pytest.fixture
def free_port() -> int:
    """A TCP port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
