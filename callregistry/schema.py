"""The registry's tables (SQLAlchemy Core), the same on SQLite and PostgreSQL.

Times are seconds since the epoch as DOUBLE. Migrations in `migrations/` build exactly these tables (a test compares).
Who writes a column: W the web app, B the bridge.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)

metadata = MetaData()

calls = Table(
    "calls",
    metadata,
    Column("id", Text, primary_key=True),  # W
    Column("direction", Text, nullable=False),  # W
    Column("to_number", Text, nullable=False),  # W
    Column("from_number", Text, nullable=False),  # W
    Column("status", Text, nullable=False),  # W and B, forward only
    Column("created_at", Double, nullable=False),  # W
    Column("twilio_sid", Text, unique=True),  # W
    Column("person_name", Text),  # W
    Column("topic", Text),  # W
    Column("end_reason", Text),  # W
    Column("answered_by", Text),  # W
    Column("answered_at", Double),  # W
    Column("ended_at", Double),  # W
    Column("attempt", Integer, nullable=False, server_default="0"),  # B
    Column("claimed_by", Text),  # B
    Column("finished_at", Double),  # B
    Column("last_seq", Integer, nullable=False, server_default="0"),  # both, by append_events alone
    Index("calls_by_age", "created_at"),
    Index("calls_by_status", "status"),
)

call_events = Table(
    "call_events",
    metadata,
    Column("call_id", Text, ForeignKey("calls.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("at", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("data", Text, nullable=False),  # JSON
    PrimaryKeyConstraint("call_id", "seq"),
)

greetings = Table(
    "greetings",
    metadata,
    Column("call_id", Text, ForeignKey("calls.id"), primary_key=True),  # B
    Column("claimed_by", Text, nullable=False),  # B
    Column("text", Text, nullable=False, server_default=""),  # B
    Column("audio", LargeBinary),  # B: mu-law, 8 kHz; null until it is ready
)

used_tokens = Table(
    "used_tokens",
    metadata,
    Column("nonce", Text, primary_key=True),
    Column("expires_at", Double, nullable=False),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("key", Text, primary_key=True),  # W
    Column("request_hash", Text, nullable=False),  # W
    Column("call_id", Text, ForeignKey("calls.id"), nullable=False),  # W
    Column("created_at", Double, nullable=False),  # W
)

sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("address", Text, nullable=False),  # W
    Column("at", Double, nullable=False),  # W
    Index("sign_in_attempts_by_address", "address", "at"),
)
