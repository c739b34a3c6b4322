"""Opening the registry's database: SQLite (one file, WAL) by default, PostgreSQL for fleets.

Everything that differs between the two is in this file, so that `registry.py` is one dialect.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import PoolProxiedConnection

PROJECT_ROOT = Path(__file__).resolve().parent.parent
SQLITE_BUSY_TIMEOUT_MS = 5000
_DIAL_LOCK = 0x6B696E64  # any constant: PostgreSQL's advisory locks are named by a number
_MIGRATE_LOCK = _DIAL_LOCK + 1


def open_engine(url: str) -> Engine:
    """An engine for `REGISTRY_URL`. A relative SQLite path is relative to the project's root."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed)
    return create_engine(parsed, pool_pre_ping=True, pool_size=5, max_overflow=10, hide_parameters=True)


def migrate(engine: Engine) -> None:
    """Brings the schema up to date. Safe to call from both processes at once: one of them waits."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with _migration_lock(engine), writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for queries only."""
    with engine.connect() as connection, connection.begin():
        yield connection


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One write transaction, committed at the end, rolled back on an error.

    SQLite: `BEGIN IMMEDIATE`, because a transaction that reads first and writes later fails at once with
    SQLITE_BUSY_SNAPSHOT when another process wrote in between, whatever the busy timeout.
    """
    with engine.connect() as connection:
        immediate = connection.execution_options(kindline_write=True)
        with immediate.begin():
            yield immediate


class ChangeWatch:
    """Tells for next to nothing whether anybody has written since: a look every moment then costs no query.

    SQLite counts the commits of others for each connection (`PRAGMA data_version`), so this has one that never writes.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: PoolProxiedConnection | None = None

    def version(self) -> int | None:
        """A number that stays the same until somebody writes; None where the database has none (PostgreSQL)."""
        if self._engine.dialect.name != "sqlite":
            return None
        if self._connection is None:
            self._connection = self._engine.raw_connection()
        cursor = self._connection.cursor()
        cursor.execute("PRAGMA data_version")
        row = cursor.fetchone()
        cursor.close()
        return int(row[0]) if row is not None else None

    def close(self) -> None:
        """Gives its connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def serialise_dialling(connection: Connection) -> None:
    """Until this transaction ends, no other one may decide whether to dial. (SQLite has one writer anyway.)"""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _DIAL_LOCK})


def _open_sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        path = PROJECT_ROOT / url.database
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        url = url.set(database=str(path))
    # Parameters are hidden from error messages, and so from logs: they hold names and transcripts.
    engine = create_engine(url, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_MS / 1000}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say, below
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("kindline_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


@contextlib.contextmanager
def _migration_lock(engine: Engine) -> Iterator[None]:
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection, connection.begin():
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATE_LOCK})
            yield
        return
    with open(f"{engine.url.database}.migrating", "w") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)
        yield
