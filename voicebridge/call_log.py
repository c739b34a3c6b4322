"""The async door to the registry: the media loop never waits for a disk.

Events are written behind, in batches, by one writer thread; everything else runs in a thread and is awaited.
`follow` tails a call's events whoever wrote them. Time stamps are wall time, because they go to people.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

from sqlalchemy.exc import IntegrityError, NoResultFound, SQLAlchemyError

from callregistry.call_events import Kind
from callregistry.calls import CallEvent
from callregistry.logs import get_logger
from callregistry.registry import NewEvent, Registry
from voicebridge import metrics

log = get_logger(__name__)
Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

MAX_WAITING = 20_000
"""Events that may wait while the database does not answer: hours of talk. Above it, new ones are lost and counted."""
BATCH = 500
GATHER_S = 0.04
"""What happens in a talk comes in handfuls, and each transaction costs more than what is in it."""
POLL_S = 0.15
CLOSE_WITHIN_S = 5.0


@dataclass(eq=False, slots=True)
class _Follower:
    call_id: str
    cursor: int
    news: asyncio.Event = field(default_factory=asyncio.Event)


class CallLog:
    """Open it with `open_call_log`."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._waiting: deque[NewEvent] = deque()
        self._something_waits = asyncio.Event()
        self._all_written = asyncio.Event()
        self._all_written.set()
        self._hurry = asyncio.Event()
        """Somebody waits for it to be written."""
        self._followers: set[_Follower] = set()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="registry-writer")
        self._askers = ThreadPoolExecutor(4, thread_name_prefix="registry")

    def record(self, call_id: str, kind: Kind, data: dict[str, Any]) -> None:
        """Something happened in a call. Returns at once; the event is written soon, in order."""
        if len(self._waiting) >= MAX_WAITING:
            metrics.EVENTS_LOST.inc()
            return
        self._waiting.append(NewEvent(call_id, kind, data, time.time()))
        metrics.EVENTS_WAITING.set(len(self._waiting))
        self._all_written.clear()
        self._something_waits.set()

    async def flush(self) -> None:
        """Returns when everything recorded so far is in the registry."""
        self._hurry.set()
        await self._all_written.wait()

    async def ask(
        self, query: Callable[Arguments, Answer], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Answer:
        """Runs a method of the registry in a thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._askers, lambda: query(*args, **kwargs))

    async def write(
        self, change: Callable[Arguments, Answer], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Answer:
        """As `ask`, for what changes a call: after the events recorded before it, and followers hear of it at once."""
        await self.flush()
        answer = await self.ask(change, *args, **kwargs)
        for follower in self._followers:
            follower.news.set()
        return answer

    async def follow(self, call_id: str, after: int) -> AsyncGenerator[list[CallEvent], None]:
        """The call's events after `after`, in batches, for ever. An empty batch says: that is all for now.

        Wakes at once for what this process writes, and within `POLL_S` for what others write.
        """
        follower = _Follower(call_id, after)
        self._followers.add(follower)
        try:
            while True:
                follower.news.clear()
                events = await self.ask(self.registry.events_after, call_id, follower.cursor, BATCH)
                if events:
                    follower.cursor = events[-1].seq
                yield events
                if not events:
                    await follower.news.wait()
        finally:
            self._followers.discard(follower)

    async def write_behind(self) -> None:
        """Writes what is recorded, until cancelled. A database that fails is asked again; nothing is reordered."""
        pause_s = 0.1
        while True:
            await self._something_waits.wait()
            await self._gather()
            self._something_waits.clear()
            while self._waiting:
                batch = [self._waiting[i] for i in range(min(BATCH, len(self._waiting)))]
                try:
                    await asyncio.get_running_loop().run_in_executor(self._writer, self._append, batch)
                except SQLAlchemyError as error:
                    log.error("registry does not take events", problem=type(error).__name__, waiting=len(self._waiting))
                    await asyncio.sleep(pause_s)
                    pause_s = min(pause_s * 2, 2.0)
                    continue
                pause_s = 0.1
                self._written(batch)
            self._hurry.clear()
            self._all_written.set()

    async def _gather(self) -> None:
        """Until a handful has come together, or somebody waits for it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GATHER_S):
                await self._hurry.wait()

    async def poll(self) -> None:
        """Looks every `POLL_S` for what others have written to followed calls, in one query, until cancelled."""
        while True:
            await asyncio.sleep(POLL_S)
            if not self._followers:
                continue
            try:
                newest = await self.ask(self.registry.last_seqs, {follower.call_id for follower in self._followers})
            except SQLAlchemyError as error:
                log.error("registry does not answer", problem=type(error).__name__)
                continue
            for follower in self._followers:
                if newest.get(follower.call_id, 0) > follower.cursor:
                    follower.news.set()

    def close(self) -> None:
        """Ends the threads."""
        self._writer.shutdown(cancel_futures=True)
        self._askers.shutdown(cancel_futures=True)

    def _written(self, batch: list[NewEvent]) -> None:
        for _ in batch:
            self._waiting.popleft()
        metrics.EVENTS_WAITING.set(len(self._waiting))
        for follower in self._followers:
            if any(event.call_id == follower.call_id for event in batch):
                follower.news.set()

    def _append(self, batch: list[NewEvent]) -> None:
        try:
            self.registry.append_events(batch)
        except (IntegrityError, NoResultFound):  # a call that is no more: its events must not hold up the others'
            for call_id in dict.fromkeys(event.call_id for event in batch):
                try:
                    self.registry.append_events([event for event in batch if event.call_id == call_id])
                except (IntegrityError, NoResultFound):
                    metrics.EVENTS_LOST.inc()
                    log.error("events of an unknown call are lost", call=call_id)


@contextlib.asynccontextmanager
async def open_call_log(registry: Registry) -> AsyncIterator[CallLog]:
    """The log of this process's calls; at the end, what is waiting is written for up to `CLOSE_WITHIN_S`."""
    call_log = CallLog(registry)
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(call_log.write_behind()), tasks.create_task(call_log.poll())]
            try:
                yield call_log
                async with asyncio.timeout(CLOSE_WITHIN_S):
                    await call_log.flush()
            except TimeoutError:
                log.error("events could not be written before the end", waiting=len(call_log._waiting))
            finally:
                for task in running:
                    task.cancel()
    finally:
        call_log.close()
