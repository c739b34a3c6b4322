"""The registry, on SQLite and on PostgreSQL: the same suite."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callregistry.call_events import Kind
from callregistry.calls import Call, CallStatus, Direction
from callregistry.database import migrate
from callregistry.registry import (
    AlreadyOnThePhone,
    Greeting,
    IdempotencyConflict,
    NewCall,
    NewEvent,
    NewStream,
    Registry,
    StreamRefused,
    TooManyCalls,
)
from callregistry.schema import metadata

MARGARET = "+12025550101"
GEORGE = "+12025550102"
OURS = "+12025550199"
NOW = 1_000_000.0


def place(registry: Registry, to: str = MARGARET, **more: str) -> Call:
    call, created = registry.create_call(NewCall(to, OURS, **more), max_calls=5, now=NOW)
    assert created
    return call


def in_parallel(count: int, work: Callable[[int], bool]) -> list[bool]:
    barrier = threading.Barrier(count)

    def one(i: int) -> bool:
        barrier.wait()
        return work(i)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_migrations_build_exactly_the_tables_of_the_schema(registry: Registry) -> None:
    with registry.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_migrating_twice_and_from_two_processes_at_once_is_harmless(registry_url: str) -> None:
    registries = [Registry.open(registry_url)]

    def open_again(_: int) -> bool:
        registries.append(Registry.open(registry_url))
        return True

    assert all(in_parallel(3, open_again))
    migrate(registries[0].engine)
    assert registries[0].is_ready()
    for opened in registries:
        opened.close()


def test_a_new_call_is_queued_and_its_first_event_tells_of_it(registry: Registry) -> None:
    call = place(registry, person_name="Margaret", topic="her garden")
    assert registry.call(call.id) == Call(**call.as_dict() | {"last_seq": 1})
    [event] = registry.events_after(call.id)
    assert (event.seq, event.kind, event.at) == (1, Kind.CALL_CREATED, NOW)
    assert event.data == {"direction": "outbound", "person_name": "Margaret", "topic": "her garden"}


def test_a_second_live_call_to_the_same_number_is_refused(registry: Registry) -> None:
    first = place(registry)
    with pytest.raises(AlreadyOnThePhone) as refused:
        place(registry)
    assert refused.value.call.id == first.id
    registry.advance_status(first.id, CallStatus.NO_ANSWER, now=NOW)
    assert place(registry).id != first.id


def test_a_person_who_rang_us_is_on_the_phone_too(registry: Registry) -> None:
    registry.adopt_call("CA1", Direction.INBOUND, OURS, MARGARET, now=NOW)
    with pytest.raises(AlreadyOnThePhone):
        place(registry)


def test_no_more_than_max_calls_are_live(registry: Registry) -> None:
    registry.create_call(NewCall(MARGARET, OURS), max_calls=1, now=NOW)
    with pytest.raises(TooManyCalls):
        registry.create_call(NewCall(GEORGE, OURS), max_calls=1, now=NOW)


def test_requests_at_the_same_moment_never_pass_the_limit(registry: Registry) -> None:
    def dial(i: int) -> bool:
        try:
            registry.create_call(NewCall(f"+1202555{i:04d}", OURS), max_calls=3, now=NOW)
        except TooManyCalls:
            return False
        return True

    assert sum(in_parallel(8, dial)) == 3


def test_a_repeated_idempotency_key_gives_the_first_call(registry: Registry) -> None:
    new = NewCall(MARGARET, OURS, idempotency_key="k", request_hash="h")
    call, created = registry.create_call(new, max_calls=5, now=NOW)
    again, created_again = registry.create_call(new, max_calls=5, now=NOW + 1)
    assert (created, created_again) == (True, False)
    assert again.id == call.id
    other = NewCall(GEORGE, OURS, idempotency_key="k", request_hash="other")
    with pytest.raises(IdempotencyConflict):
        registry.create_call(other, max_calls=5, now=NOW)


def test_a_call_of_twilios_is_adopted_once(registry: Registry) -> None:
    def adopt(_: int) -> str:
        return registry.adopt_call("CA1", Direction.INBOUND, OURS, MARGARET, now=NOW).id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(adopt, range(4)))) == 1
    adopted = registry.call_by_sid("CA1")
    assert adopted is not None
    assert adopted.person_number == MARGARET


def test_status_moves_forward_only(registry: Registry) -> None:
    call = place(registry)
    assert registry.advance_status(call.id, CallStatus.RINGING, now=NOW + 1)
    assert not registry.advance_status(call.id, CallStatus.INITIATED, now=NOW + 2)
    assert not registry.advance_status(call.id, CallStatus.RINGING, now=NOW + 3)
    assert registry.advance_status(call.id, CallStatus.IN_PROGRESS, now=NOW + 4)
    assert registry.advance_status(call.id, CallStatus.COMPLETED, now=NOW + 5, reason="The call has ended.")
    assert not registry.advance_status(call.id, CallStatus.FAILED, now=NOW + 6)
    row = registry.call(call.id)
    assert row is not None
    assert (row.status, row.answered_at, row.ended_at) == (CallStatus.COMPLETED, NOW + 4, NOW + 5)
    assert row.end_reason == "The call has ended."
    told = [event.data["status"] for event in registry.events_after(call.id) if event.kind == Kind.CALL_STATUS]
    assert told == ["ringing", "in-progress", "completed"]
    assert not registry.advance_status("call_unknown", CallStatus.RINGING, now=NOW)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(list(CallStatus)), max_size=12))
def test_any_order_of_callbacks_only_ever_raises_the_rank(registry: Registry, statuses: list[CallStatus]) -> None:
    sid = f"CA{len(registry.recent_calls(10_000))}"
    call = registry.adopt_call(sid, Direction.INBOUND, OURS, MARGARET, now=NOW)
    ranks = [0]
    for status in statuses:
        registry.advance_status(call.id, status, now=NOW)
        row = registry.call(call.id)
        assert row is not None
        ranks.append(row.status.rank)
    assert ranks == sorted(ranks)
    first_over = next((status for status in statuses if status.is_over), None)
    if first_over is not None:
        row = registry.call(call.id)
        assert row is not None
        assert row.status is first_over


def test_who_answered_is_told_once(registry: Registry) -> None:
    call = place(registry)
    assert registry.set_answered_by(call.id, "human", now=NOW)
    assert not registry.set_answered_by(call.id, "human", now=NOW)
    row = registry.call(call.id)
    assert row is not None
    assert row.answered_by == "human"


def test_exactly_one_stream_wins_each_attempt(registry: Registry) -> None:
    call = place(registry)
    assert sum(in_parallel(4, lambda i: registry.claim_stream(call.id, attempt=1, bridge=f"b{i}"))) == 1
    assert not registry.claim_stream(call.id, attempt=3, bridge="b")
    assert registry.claim_stream(call.id, attempt=2, bridge="newer")
    row = registry.call(call.id)
    assert row is not None
    assert (row.attempt, row.claimed_by) == (2, "newer")


def shown(call: Call, *, attempt: int = 1, sid: str = "CA1", nonce: str = "stream:one") -> NewStream:
    return NewStream(call.id, attempt, sid, "bridge", nonce, NOW + 60)


def test_a_stream_is_let_in_with_its_greeting_and_the_call_is_in_progress(registry: Registry) -> None:
    call = place(registry)
    registry.set_twilio_sid(call.id, "CA1")
    registry.claim_preparation("bridge", now=NOW)
    registry.store_greeting(call.id, Greeting("Hello.", b"\x01\x02"))
    admitted, greeting = registry.admit_stream(shown(call), now=NOW + 5)
    assert greeting == Greeting("Hello.", b"\x01\x02")
    assert admitted == registry.call(call.id)
    assert (admitted.status, admitted.answered_at) == (CallStatus.IN_PROGRESS, NOW + 5)
    assert (admitted.attempt, admitted.claimed_by) == (1, "bridge")
    assert [event.kind for event in registry.events_after(call.id)] == [Kind.CALL_CREATED, Kind.CALL_STATUS]


def test_a_stream_whose_greeting_is_not_ready_is_let_in_without(registry: Registry) -> None:
    call = place(registry)
    registry.claim_preparation("bridge", now=NOW)
    assert registry.admit_stream(shown(call), now=NOW)[1] is None


def test_a_refused_stream_changes_nothing_but_its_token_is_used(registry: Registry) -> None:
    call = place(registry)
    registry.set_twilio_sid(call.id, "CA1")
    refused = {
        "no such call": replace(shown(call, nonce="n1"), call_id="call_unknown"),
        "wrong CallSid": shown(call, sid="CA2", nonce="n2"),
        "attempt already claimed, or the call is over": shown(call, attempt=2, nonce="n3"),
    }
    before = registry.call(call.id)
    for why, stream in refused.items():
        with pytest.raises(StreamRefused, match=why):
            registry.admit_stream(stream, now=NOW)
        assert registry.token_is_redeemed(stream.nonce)
    assert registry.call(call.id) == before


def test_one_token_lets_one_stream_in_however_many_come_at_once(registry: Registry) -> None:
    call = place(registry)
    refusals: list[str] = []

    def admitted(_: int) -> bool:
        try:
            registry.admit_stream(shown(call), now=NOW)
        except StreamRefused as refusal:
            refusals.append(str(refusal))
            return False
        return True

    assert sum(in_parallel(4, admitted)) == 1
    assert refusals == ["token used before"] * 3
    assert len(registry.events_after(call.id)) == 2


def test_a_call_that_is_finished_or_over_cannot_be_claimed(registry: Registry) -> None:
    finished, over = place(registry), place(registry, GEORGE)
    assert registry.finish_call(finished.id, "said_goodbye", now=NOW)
    assert not registry.finish_call(finished.id, "person_hung_up", now=NOW)
    registry.advance_status(over.id, CallStatus.COMPLETED, now=NOW)
    for call in (finished, over):
        assert not registry.claim_stream(call.id, attempt=1, bridge="b")
    assert [e.data for e in registry.events_after(finished.id) if e.kind == Kind.CALL_FINISHED] == [
        {"reason": "said_goodbye"}
    ]


def test_events_are_numbered_without_gaps_whoever_writes_them(registry: Registry) -> None:
    calls = [place(registry), place(registry, GEORGE)]

    def write(i: int) -> bool:
        batch = [NewEvent(call.id, Kind.AGENT_STATE, {"state": str(i)}, NOW) for call in calls for _ in range(5)]
        for _ in range(4):
            registry.append_events(batch)
        return True

    assert all(in_parallel(3, write))
    for call in calls:
        events = registry.events_after(call.id)
        assert [event.seq for event in events] == list(range(1, 62))
    assert registry.last_seqs([call.id for call in calls]) == {call.id: 61 for call in calls}
    assert [event.seq for event in registry.events_after(calls[0].id, seq=59)] == [60, 61]
    assert len(registry.events_after(calls[0].id, limit=7)) == 7


def test_kinds_that_are_not_wanted_are_left_out_and_do_not_count(registry: Registry) -> None:
    call = place(registry)
    kinds = [Kind.TURN_STEP, Kind.AGENT_STATE, Kind.TURN_STEP, Kind.DTMF]
    registry.append_events([NewEvent(call.id, kind, {}, NOW) for kind in kinds])
    wanted = registry.events_after(call.id, 1, 2, without=[Kind.TURN_STEP])
    assert [(event.seq, event.kind) for event in wanted] == [(3, Kind.AGENT_STATE), (5, Kind.DTMF)]
    neither = registry.events_after(call.id, without=[Kind.TURN_STEP, Kind.DTMF])
    assert [event.kind for event in neither] == [Kind.CALL_CREATED, Kind.AGENT_STATE]


def test_nothing_to_append_is_fine(registry: Registry) -> None:
    registry.append_events([])


def test_recent_calls_come_newest_first_and_live_ones_are_those_not_over(registry: Registry) -> None:
    old, _ = registry.create_call(NewCall(MARGARET, OURS), max_calls=5, now=NOW)
    new, _ = registry.create_call(NewCall(GEORGE, OURS), max_calls=5, now=NOW + 1)
    assert [call.id for call in registry.recent_calls()] == [new.id, old.id]
    assert [call.id for call in registry.recent_calls(limit=1)] == [new.id]
    registry.advance_status(new.id, CallStatus.BUSY, now=NOW)
    assert [call.id for call in registry.live_calls()] == [old.id]


def test_one_bridge_prepares_the_greeting_and_any_can_play_it(registry: Registry) -> None:
    call = place(registry)
    claims = [registry.claim_preparation(f"b{i}", now=NOW + 1) for i in range(2)]
    assert [claimed.id if claimed else None for claimed in claims] == [call.id, None]
    assert registry.greeting(call.id) is None
    registry.store_greeting(call.id, Greeting("Hello, Margaret.", b"\xff\x7f\x00"))
    assert registry.greeting(call.id) == Greeting("Hello, Margaret.", b"\xff\x7f\x00")


def test_a_call_that_was_answered_or_forgotten_needs_no_greeting(registry: Registry) -> None:
    answered = place(registry)
    registry.advance_status(answered.id, CallStatus.IN_PROGRESS, now=NOW)
    place(registry, GEORGE)
    assert registry.claim_preparation("b", now=NOW + 3600) is None


def test_calls_that_others_place_while_nothing_rings_are_prepared_one_after_the_other(
    registry: Registry, registry_url: str
) -> None:
    assert [registry.claim_preparation("b", now=NOW) for _ in range(3)] == [None, None, None]
    web_app = Registry.open(registry_url)
    try:
        placed = [place(web_app), place(web_app, GEORGE)]
        claimed = [registry.claim_preparation("b", now=NOW + 1) for _ in range(4)]
        assert [call and call.id for call in claimed] == [placed[0].id, placed[1].id, None, None]
        placed.append(place(web_app, "+12025550103"))
        assert (again := registry.claim_preparation("b", now=NOW + 1)) is not None
        assert again.id == placed[2].id
    finally:
        web_app.close()


def test_twilios_sid_is_kept(registry: Registry) -> None:
    call = place(registry)
    registry.set_twilio_sid(call.id, "CA9")
    found = registry.call_by_sid("CA9")
    assert found is not None
    assert found.id == call.id
    assert registry.call_by_sid("CA0") is None


def test_a_token_is_redeemed_once_over_all_processes(registry: Registry) -> None:
    assert not registry.token_is_redeemed("n")
    assert sum(in_parallel(4, lambda _: registry.redeem_token("n", NOW + 60, now=NOW))) == 1
    assert registry.token_is_redeemed("n")
    assert not registry.redeem_token("n", NOW + 60, now=NOW + 59)
    assert registry.redeem_token("other", NOW + 90, now=NOW + 61)


def test_failed_sign_ins_are_counted_per_address_and_forgotten_after_a_day(registry: Registry) -> None:
    for at in (NOW, NOW + 10):
        registry.note_sign_in_failure("192.0.2.1", now=at)
    assert registry.sign_in_failures("192.0.2.1", since=NOW - 1) == 2
    assert registry.sign_in_failures("192.0.2.1", since=NOW + 5) == 1
    assert registry.sign_in_failures("192.0.2.2", since=NOW - 1) == 0
    registry.note_sign_in_failure("192.0.2.1", now=NOW + 86_401)
    assert registry.sign_in_failures("192.0.2.1", since=0) == 2


def test_a_call_s_history_survives_a_restart(registry_url: str) -> None:
    before = Registry.open(registry_url)
    call = place(before)
    before.append_events([NewEvent(call.id, Kind.AGENT_STATE, {"state": "listening"}, NOW)])
    before.close()
    after = Registry.open(registry_url)
    assert [event.kind for event in after.events_after(call.id)] == [Kind.CALL_CREATED, Kind.AGENT_STATE]
    after.close()
