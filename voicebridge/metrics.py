"""What the bridge tells Prometheus. Labels never name a call, a person or a number."""

from __future__ import annotations

import asyncio

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

_REGISTRY = CollectorRegistry()
ProcessCollector(registry=_REGISTRY)  # memory, CPU time and open files of this process
_STAGE_BUCKETS = (0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 7.5, 10)

CALLS_ACTIVE = Gauge("calls_active", "Calls whose audio flows now.", namespace="kindline", registry=_REGISTRY)
CALLS_TOTAL = Counter(
    "calls_total", "Calls that had a media stream, by how the stream ended.", ["end"], registry=_REGISTRY
)
TURN_STAGE_SECONDS = Histogram(
    "turn_stage_seconds",
    "From the end of the person's speech to the first audio: the whole turn, and its stages.",
    ["stage"],
    buckets=_STAGE_BUCKETS,
    namespace="kindline",
    registry=_REGISTRY,
)
DRAFTS = Counter(
    "drafts_total",
    "Answers prepared in a pause: begun, withdrawn (the person went on) and released.",
    ["what"],
    namespace="kindline",
    registry=_REGISTRY,
)
PROVIDER_REQUESTS = Counter(
    "provider_requests_total", "Requests to a provider, retries included.", ["stage"], registry=_REGISTRY
)
PROVIDER_ERRORS = Counter(
    "provider_errors_total", "Failed attempts at a provider, retried or not.", ["stage", "kind"], registry=_REGISTRY
)
STREAM_REJECTED = Counter(
    "stream_rejected_total", "Media streams refused, by reason.", ["reason"], namespace="kindline", registry=_REGISTRY
)
FEED_CLIENTS = Gauge("feed_clients", "Browsers on the feed.", namespace="kindline", registry=_REGISTRY)
FEED_DROPPED = Counter(
    "feed_dropped_total", "Browsers dropped from the feed, by reason.", ["reason"], registry=_REGISTRY
)
EVENTS_LOST = Counter(
    "events_lost_total", "Call events that the registry never took.", namespace="kindline", registry=_REGISTRY
)
EVENTS_WAITING = Gauge(
    "events_waiting", "Call events not yet in the registry.", namespace="kindline", registry=_REGISTRY
)
TASKS = Gauge("tasks", "Tasks of the event loop.", namespace="kindline", registry=_REGISTRY)
LOOP_LAG_SECONDS = Gauge(
    "loop_lag_seconds", "How late the event loop last woke a sleeper.", namespace="kindline", registry=_REGISTRY
)


def exposition() -> bytes:
    """All of it in Prometheus' text format."""
    return generate_latest(_REGISTRY)


async def watch_loop(*, every_s: float = 1.0) -> None:
    """Measures until cancelled how late the event loop is, and how many tasks it has."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + every_s
        await asyncio.sleep(every_s)
        LOOP_LAG_SECONDS.set(loop.time() - due)
        TASKS.set(len(asyncio.all_tasks()))
