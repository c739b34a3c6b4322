"""The registry: every SQL statement about calls, named for what happens to one.

Synchronous. The web app calls it from its request threads; the bridge only from `call_log.py`'s threads, so that
the media loop never waits for a disk. All times are seconds since the epoch and passed in.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import IntegrityError

from callregistry import admission
from callregistry.admission import NewStream, StreamRefused
from callregistry.call_events import Kind
from callregistry.calls import (
    LIVE_STATUSES,
    Call,
    CallEvent,
    CallStatus,
    Direction,
    new_call_id,
)
from callregistry.database import ChangeWatch, migrate, open_engine, reading, serialise_dialling, writing
from callregistry.rows import Greeting, NewEvent, advance_status, append_events, call_from, greeting_of
from callregistry.schema import call_events, calls, greetings, idempotency_keys, sign_in_attempts, used_tokens

PREPARE_WITHIN_S = 120.0
"""A call older than this that was never answered needs no greeting any more."""


__all__ = [
    "AlreadyOnThePhone",
    "Greeting",
    "IdempotencyConflict",
    "NewCall",
    "NewEvent",
    "NewStream",
    "Registry",
    "RegistryError",
    "StreamRefused",
    "TooManyCalls",
]


class RegistryError(Exception):
    """A request that the state of the calls does not allow."""


class AlreadyOnThePhone(RegistryError):  # noqa: N818 - it is a fact, not an error of ours
    """This number has a live call already; `call` is it."""

    def __init__(self, call: Call) -> None:
        super().__init__("There is a live call to this number already.")
        self.call = call


class TooManyCalls(RegistryError):  # noqa: N818
    """`MAX_CALLS` calls are live."""


class IdempotencyConflict(RegistryError):  # noqa: N818
    """The Idempotency-Key was used before, for another request."""


@dataclass(frozen=True, slots=True)
class NewCall:
    """A call about to be placed."""

    to_number: str
    from_number: str
    person_name: str | None = None
    topic: str | None = None
    idempotency_key: str | None = None
    request_hash: str = ""


class Registry:
    """All calls, over one engine. Thread-safe: each method is one short transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._changes = ChangeWatch(engine)
        self._nothing_rings: int | None = None
        """The version of the database in which no call waited to be prepared."""

    @classmethod
    def open(cls, url: str) -> Registry:
        """Opens `REGISTRY_URL` and brings its schema up to date."""
        engine = open_engine(url)
        migrate(engine)
        return cls(engine)

    def close(self) -> None:
        """Closes the pooled connections."""
        self._changes.close()
        self.engine.dispose()

    def is_ready(self) -> bool:
        """True if a query works. Raises SQLAlchemyError otherwise."""
        with reading(self.engine) as connection:
            return connection.execute(text("SELECT 1")).scalar() == 1

    # --- a call begins

    def create_call(self, new: NewCall, *, max_calls: int, now: float) -> tuple[Call, bool]:
        """Writes the row of a call about to be placed: `(call, created)`; the earlier call for a repeated key.

        Raises `AlreadyOnThePhone`, `TooManyCalls` or `IdempotencyConflict`; two requests at once cannot both pass.
        """
        with writing(self.engine) as connection:
            serialise_dialling(connection)
            earlier = _call_of_key(connection, new)
            if earlier is not None:
                return earlier, False
            live = connection.execute(select(calls).where(calls.c.status.in_(LIVE_STATUSES))).all()
            for row in live:
                if call_from(row).person_number == new.to_number:
                    raise AlreadyOnThePhone(call_from(row))
            if len(live) >= max_calls:
                raise TooManyCalls(f"{len(live)} calls are live, and MAX_CALLS is {max_calls}.")
            return _insert_call(connection, new, Direction.OUTBOUND, None, now), True

    def adopt_call(
        self, twilio_sid: str, direction: Direction, to_number: str, from_number: str, *, now: float
    ) -> Call:
        """The row of a call that our API did not place (a test from Twilio's console, somebody ringing back)."""
        try:
            with writing(self.engine) as connection:
                row = connection.execute(select(calls).where(calls.c.twilio_sid == twilio_sid)).first()
                if row is not None:
                    return call_from(row)
                return _insert_call(connection, NewCall(to_number, from_number), direction, twilio_sid, now)
        except IntegrityError:  # PostgreSQL: another worker adopted it between our two statements
            adopted = self.call_by_sid(twilio_sid)
            assert adopted is not None
            return adopted

    def set_twilio_sid(self, call_id: str, twilio_sid: str) -> None:
        """Twilio has accepted the call. A callback may have told us before the response did."""
        with writing(self.engine) as connection:
            connection.execute(calls.update().where(calls.c.id == call_id).values(twilio_sid=twilio_sid))

    # --- what happens to it

    def advance_status(self, call_id: str, status: CallStatus, *, now: float, reason: str | None = None) -> bool:
        """Moves the status forward; False (and no change) for a late, repeated or unknown one."""
        with writing(self.engine) as connection:
            return advance_status(connection, call_id, status, now, reason)

    def set_answered_by(self, call_id: str, answered_by: str, *, now: float) -> bool:
        """Twilio's verdict on who answered; False if it was known already."""
        with writing(self.engine) as connection:
            changed = connection.execute(
                calls.update()
                .where(calls.c.id == call_id, calls.c.answered_by.is_distinct_from(answered_by))
                .values(answered_by=answered_by)
            )
            if changed.rowcount:
                append_events(connection, [NewEvent(call_id, Kind.CALL_ANSWERED_BY, {"answered_by": answered_by}, now)])
            return changed.rowcount == 1

    def admit_stream(self, stream: NewStream, *, now: float) -> tuple[Call, Greeting | None]:
        """Lets a media stream in: redeems its token, claims its attempt, and moves the call to in-progress.

        In one transaction, because the person has said "Hello?" already. Returns the call, and its greeting if that is
        ready. Raises `StreamRefused`; the token is used up all the same.
        """
        try:
            with writing(self.engine) as connection:
                admission.redeem(connection, stream.nonce, stream.expires_at, now=now)
                refusal = admission.claim(connection, stream)
                if refusal is None:
                    # The status callback that says so may still be on its way; this one cannot be wrong.
                    advance_status(connection, stream.call_id, CallStatus.IN_PROGRESS, now, None)
                row = connection.execute(select(calls).where(calls.c.id == stream.call_id)).first()
                greeting = greeting_of(connection, stream.call_id)
        except IntegrityError:
            refusal = "token used before"
        if refusal is not None or row is None:
            raise StreamRefused(refusal)
        return call_from(row), greeting

    def claim_stream(self, call_id: str, *, attempt: int, bridge: str) -> bool:
        """One media stream wins each attempt: True for the first that asks for a number above the last one.

        A newer attempt fences the older. A call that is over or finished can be claimed by nobody.
        """
        with writing(self.engine) as connection:
            return admission.claim_attempt(connection, call_id, attempt=attempt, bridge=bridge)

    def finish_call(self, call_id: str, reason: str, *, now: float) -> bool:
        """The conversation is over, and nothing is to be resumed; False if it was finished already."""
        with writing(self.engine) as connection:
            finished = connection.execute(
                calls.update().where(calls.c.id == call_id, calls.c.finished_at.is_(None)).values(finished_at=now)
            )
            if finished.rowcount:
                append_events(connection, [NewEvent(call_id, Kind.CALL_FINISHED, {"reason": reason}, now)])
            return finished.rowcount == 1

    def append_events(self, new: Sequence[NewEvent]) -> None:
        """Appends events of any calls in one transaction, each call's in the order given."""
        if new:
            with writing(self.engine) as connection:
                append_events(connection, new)

    # --- asking

    def call(self, call_id: str) -> Call | None:
        """The call with this id of ours."""
        return self._one_call(calls.c.id == call_id)

    def call_by_sid(self, twilio_sid: str) -> Call | None:
        """The call with this Twilio CallSid."""
        return self._one_call(calls.c.twilio_sid == twilio_sid)

    def recent_calls(self, limit: int = 50) -> list[Call]:
        """The newest calls, newest first."""
        with reading(self.engine) as connection:
            rows = connection.execute(select(calls).order_by(calls.c.created_at.desc()).limit(limit))
            return [call_from(row) for row in rows]

    def live_calls(self) -> list[Call]:
        """Calls that are not over."""
        with reading(self.engine) as connection:
            return [
                call_from(row) for row in connection.execute(select(calls).where(calls.c.status.in_(LIVE_STATUSES)))
            ]

    def events_after(
        self, call_id: str, seq: int = 0, limit: int = 1000, *, without: Collection[Kind] = ()
    ) -> list[CallEvent]:
        """Events of a call with a sequence number above `seq`, oldest first; none of the kinds in `without`."""
        query = (
            select(call_events)
            .where(call_events.c.call_id == call_id, call_events.c.seq > seq, call_events.c.kind.not_in(without))
            .order_by(call_events.c.seq)
            .limit(limit)
        )
        with reading(self.engine) as connection:
            return [
                CallEvent(row.call_id, row.seq, row.at, row.kind, json.loads(row.data))
                for row in connection.execute(query)
            ]

    def last_seqs(self, call_ids: Iterable[str]) -> dict[str, int]:
        """The newest sequence number of each call: one cheap query to see who has news."""
        with reading(self.engine) as connection:
            rows = connection.execute(select(calls.c.id, calls.c.last_seq).where(calls.c.id.in_(list(call_ids))))
            return {row.id: row.last_seq for row in rows}

    # --- greetings, made while the phone rings

    def claim_preparation(self, bridge: str, *, now: float) -> Call | None:
        """A ringing call whose greeting nobody has begun to make, now claimed by `bridge`; None if there is none.

        Asked again and again, it costs next to nothing while nobody writes.
        """
        version = self._changes.version()
        if version is not None and version == self._nothing_rings:
            return None
        waiting = (
            select(calls)
            .outerjoin(greetings, greetings.c.call_id == calls.c.id)
            .where(
                calls.c.status.in_((CallStatus.QUEUED, CallStatus.INITIATED, CallStatus.RINGING)),
                calls.c.created_at > now - PREPARE_WITHIN_S,
                greetings.c.call_id.is_(None),
            )
            .order_by(calls.c.created_at)
            .limit(1)
        )
        with reading(self.engine) as connection:
            row = connection.execute(waiting).first()
        self._nothing_rings = version if row is None else None
        if row is None:
            return None
        try:
            with writing(self.engine) as connection:
                connection.execute(greetings.insert().values(call_id=row.id, claimed_by=bridge))
        except IntegrityError:
            return None  # another bridge got there first
        return call_from(row)

    def store_greeting(self, call_id: str, greeting: Greeting) -> None:
        """Keeps a prepared greeting, so that any bridge can play it."""
        with writing(self.engine) as connection:
            connection.execute(
                greetings.update()
                .where(greetings.c.call_id == call_id)
                .values(text=greeting.text, audio=greeting.audio)
            )

    def greeting(self, call_id: str) -> Greeting | None:
        """The prepared greeting, if it is ready."""
        with reading(self.engine) as connection:
            return greeting_of(connection, call_id)

    # --- used once, counted over all processes

    def redeem_token(self, nonce: str, expires_at: float, *, now: float) -> bool:
        """True the first time a nonce is shown, False ever after."""
        try:
            with writing(self.engine) as connection:
                admission.redeem(connection, nonce, expires_at, now=now)
        except IntegrityError:
            return False
        return True

    def token_is_redeemed(self, nonce: str) -> bool:
        """True once `redeem_token` was called with this nonce, until it expires."""
        with reading(self.engine) as connection:
            found = connection.execute(select(used_tokens.c.nonce).where(used_tokens.c.nonce == nonce))
            return found.first() is not None

    def note_sign_in_failure(self, address: str, *, now: float) -> None:
        """Counts a failed sign-in from `address`; forgets those older than a day."""
        with writing(self.engine) as connection:
            connection.execute(sign_in_attempts.delete().where(sign_in_attempts.c.at < now - 86_400))
            connection.execute(sign_in_attempts.insert().values(address=address, at=now))

    def sign_in_failures(self, address: str, *, since: float) -> int:
        """How many sign-ins from `address` failed since then."""
        query = select(func.count()).where(sign_in_attempts.c.address == address, sign_in_attempts.c.at > since)
        with reading(self.engine) as connection:
            return int(connection.execute(query).scalar_one())

    def _one_call(self, condition: Any) -> Call | None:
        with reading(self.engine) as connection:
            row = connection.execute(select(calls).where(condition)).first()
            return call_from(row) if row is not None else None


def _insert_call(
    connection: Connection, new: NewCall, direction: Direction, twilio_sid: str | None, now: float
) -> Call:
    call = Call(
        id=new_call_id(),
        direction=direction,
        to_number=new.to_number,
        from_number=new.from_number,
        status=CallStatus.QUEUED,
        created_at=now,
        twilio_sid=twilio_sid,
        person_name=new.person_name,
        topic=new.topic,
    )
    connection.execute(calls.insert().values(call.as_dict()))
    if new.idempotency_key is not None:
        connection.execute(
            idempotency_keys.insert().values(
                key=new.idempotency_key, request_hash=new.request_hash, call_id=call.id, created_at=now
            )
        )
    facts = {"direction": direction, "person_name": new.person_name, "topic": new.topic}
    append_events(connection, [NewEvent(call.id, Kind.CALL_CREATED, facts, now)])
    return call


def _call_of_key(connection: Connection, new: NewCall) -> Call | None:
    if new.idempotency_key is None:
        return None
    query = (
        select(calls, idempotency_keys.c.request_hash)
        .join(idempotency_keys, idempotency_keys.c.call_id == calls.c.id)
        .where(idempotency_keys.c.key == new.idempotency_key)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    if row.request_hash != new.request_hash:
        raise IdempotencyConflict("This Idempotency-Key was used before, for another request.")
    return call_from(row)
