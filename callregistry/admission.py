"""How a media stream is let in: a one-time token is redeemed, and one attempt at a call is claimed.

Statements of a transaction that `registry.py` has begun.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from callregistry.calls import LIVE_STATUSES
from callregistry.schema import calls, used_tokens


class StreamRefused(Exception):  # noqa: N818 - it is a decision, not an error of ours
    """This media stream opens nothing. The text is for logs and metrics."""


@dataclass(frozen=True, slots=True)
class NewStream:
    """What a media stream has shown: whose it is, and the one-time token that says so."""

    call_id: str
    attempt: int
    call_sid: str
    bridge: str
    nonce: str
    expires_at: float


def redeem(connection: Connection, nonce: str, expires_at: float, *, now: float) -> None:
    """Raises IntegrityError, which ends the transaction, if the nonce was shown before."""
    connection.execute(used_tokens.delete().where(used_tokens.c.expires_at < now))
    connection.execute(used_tokens.insert().values(nonce=nonce, expires_at=expires_at))


def claim(connection: Connection, stream: NewStream) -> str | None:
    """Claims the attempt of a stream; why not, if it may not have it."""
    call = connection.execute(select(calls.c.twilio_sid).where(calls.c.id == stream.call_id)).first()
    if call is None:
        return "no such call"
    if call.twilio_sid not in {None, stream.call_sid}:
        return "wrong CallSid"
    if not claim_attempt(connection, stream.call_id, attempt=stream.attempt, bridge=stream.bridge):
        return "attempt already claimed, or the call is over"
    return None


def claim_attempt(connection: Connection, call_id: str, *, attempt: int, bridge: str) -> bool:
    """True for the first stream that asks for an attempt, the one after the last, of a call that is not over."""
    claimed = connection.execute(
        calls.update()
        .where(
            calls.c.id == call_id,
            calls.c.attempt == attempt - 1,
            calls.c.status.in_(LIVE_STATUSES),
            calls.c.finished_at.is_(None),
        )
        .values(attempt=attempt, claimed_by=bridge)
    )
    return claimed.rowcount == 1
