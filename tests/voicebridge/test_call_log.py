"""The async door to the registry, with a real one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from callregistry.call_events import Kind
from callregistry.calls import CallEvent
from callregistry.registry import NewCall, NewEvent, Registry
from voicebridge.call_log import CallLog, open_call_log


class WatchedRegistry(Registry):
    """A real registry whose disk can be held up."""

    may_write: threading.Event
    failures_left = 0
    batches: list[int]

    def append_events(self, new: Sequence[NewEvent]) -> None:
        self.may_write.wait(10)
        if self.failures_left:
            self.failures_left -= 1
            raise OperationalError("INSERT", {}, Exception("database is locked"))
        self.batches.append(len(new))
        super().append_events(new)


@pytest.fixture
def registry(tmp_path: Path) -> WatchedRegistry:
    opened = WatchedRegistry.open(f"sqlite:///{tmp_path}/calls.db")
    assert isinstance(opened, WatchedRegistry)
    opened.may_write, opened.batches = threading.Event(), []
    opened.may_write.set()
    return opened


@pytest.fixture
async def call_log(registry: WatchedRegistry) -> AsyncIterator[CallLog]:
    async with open_call_log(registry) as opened:
        yield opened
    registry.close()


def new_call(registry: Registry, number: str = "+12025550100") -> str:
    return registry.create_call(NewCall(number, "+12025550199"), max_calls=5, now=1.0)[0].id


def pressed(events: Sequence[CallEvent]) -> list[str]:
    return [event.data["digit"] for event in events if event.kind == Kind.DTMF]


async def collect(call_log: CallLog, call_id: str, count: int, after: int = 0) -> list[CallEvent]:
    found: list[CallEvent] = []
    async with asyncio.timeout(5), aclosing(call_log.follow(call_id, after)) as batches:
        async for events in batches:
            found += events
            if len(found) >= count:
                return found
    raise AssertionError("unreachable: the tail never ends by itself")


async def test_events_are_written_behind_in_order_and_in_batches(registry: WatchedRegistry, call_log: CallLog) -> None:
    call_id = new_call(registry)
    registry.may_write.clear()
    for digit in "123456789":
        call_log.record(call_id, Kind.DTMF, {"digit": digit})
    await asyncio.sleep(0.02)
    assert pressed(registry.events_after(call_id)) == []
    registry.may_write.set()
    await call_log.flush()
    assert pressed(registry.events_after(call_id)) == list("123456789")
    assert len(registry.batches) < 9


async def test_a_database_that_fails_for_a_while_loses_and_doubles_nothing(
    registry: WatchedRegistry, call_log: CallLog
) -> None:
    call_id = new_call(registry)
    registry.failures_left = 2
    for digit in "123":
        call_log.record(call_id, Kind.DTMF, {"digit": digit})
    await call_log.flush()
    assert pressed(registry.events_after(call_id)) == list("123")


async def test_events_of_a_call_that_is_no_more_do_not_hold_up_the_others(
    registry: WatchedRegistry, call_log: CallLog
) -> None:
    call_id = new_call(registry)
    call_log.record("call_gone", Kind.DTMF, {"digit": "9"})
    call_log.record(call_id, Kind.DTMF, {"digit": "1"})
    await call_log.flush()
    assert pressed(registry.events_after(call_id)) == ["1"]


async def test_what_waits_is_written_before_the_log_closes(registry: WatchedRegistry) -> None:
    call_id = new_call(registry)
    async with open_call_log(registry) as call_log:
        for digit in "123":
            call_log.record(call_id, Kind.DTMF, {"digit": digit})
    assert pressed(registry.events_after(call_id)) == list("123")


async def test_a_follower_gets_the_past_and_then_our_own_events_at_once(
    registry: WatchedRegistry, call_log: CallLog
) -> None:
    call_id = new_call(registry)
    call_log.record(call_id, Kind.DTMF, {"digit": "1"})
    await call_log.flush()
    async with asyncio.timeout(5), aclosing(call_log.follow(call_id, 0)) as batches:
        assert pressed(await anext(batches)) == ["1"]
        assert await anext(batches) == [], "caught up"
        call_log.record(call_id, Kind.DTMF, {"digit": "2"})
        assert pressed(await anext(batches)) == ["2"]


async def test_a_follower_sees_what_another_process_writes(registry: WatchedRegistry, call_log: CallLog) -> None:
    call_id = new_call(registry)
    other = Registry(registry.engine)
    following = asyncio.create_task(collect(call_log, call_id, 2))
    await asyncio.sleep(0.05)
    other.append_events([NewEvent(call_id, Kind.DTMF, {"digit": "7"}, 2.0)])
    assert pressed(await following) == ["7"]


async def test_a_follower_begins_after_the_number_it_has(registry: WatchedRegistry, call_log: CallLog) -> None:
    call_id, other_id = new_call(registry), new_call(registry, "+12025550101")
    for digit in "123":
        call_log.record(call_id, Kind.DTMF, {"digit": digit})
        call_log.record(other_id, Kind.DTMF, {"digit": "0"})
    await call_log.flush()
    assert pressed(await collect(call_log, call_id, 2, after=2)) == ["2", "3"]


async def test_a_change_of_a_call_comes_after_the_events_recorded_before_it(
    registry: WatchedRegistry, call_log: CallLog
) -> None:
    call_id = new_call(registry)
    call_log.record(call_id, Kind.DTMF, {"digit": "1"})
    assert await call_log.write(registry.finish_call, call_id, "silence", now=3.0)
    assert [event.kind for event in registry.events_after(call_id)] == ["call.created", Kind.DTMF, Kind.CALL_FINISHED]
