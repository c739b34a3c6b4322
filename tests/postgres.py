"""A throw-away PostgreSQL server on a Unix socket, from the installed package, for the tests."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg

DEBIAN_BINARIES = Path("/usr/lib/postgresql")


def _binary(name: str) -> str | None:
    versions = sorted(DEBIAN_BINARIES.glob("*/bin"), reverse=True)
    candidates = [shutil.which(name), *(str(path / name) for path in versions)]
    return next((path for path in candidates if path and os.path.exists(path)), None)


def postgres_is_installed() -> bool:
    """True if a server (not only the client) is on this machine."""
    return _binary("initdb") is not None and _binary("pg_ctl") is not None


class PostgresServer:
    """One running server; each test gets a database of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._databases = 0

    @classmethod
    @contextlib.contextmanager
    def started(cls) -> Iterator[PostgresServer]:
        """Makes a cluster, starts it, and removes it at the end."""
        directory = Path(tempfile.mkdtemp(prefix="kindline-postgres-"))
        server = cls(directory)
        try:
            if os.geteuid() == 0:  # PostgreSQL refuses to run as root
                shutil.chown(directory, "postgres", "postgres")
            data = str(directory / "data")
            server._run("initdb", "-D", data, "-U", "kindline", "-A", "trust", "--no-sync", "-E", "UTF8")
            options = f"-c listen_addresses='' -c unix_socket_directories='{directory}' -c fsync=off"
            server._run("pg_ctl", "-D", data, "-w", "-l", str(directory / "log"), "-o", options, "start")
            yield server
            server._run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    def new_database(self) -> str:
        """The SQLAlchemy URL of a fresh, empty database."""
        self._databases += 1
        name = f"calls_{self._databases}"
        with psycopg.connect(host=str(self._directory), user="kindline", dbname="postgres", autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE "{name}"')
        return f"postgresql+psycopg://kindline@/{name}?host={quote(str(self._directory))}"

    def _run(self, program: str, *arguments: str) -> None:
        path = _binary(program)
        assert path is not None
        command = [path, *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self._directory)
