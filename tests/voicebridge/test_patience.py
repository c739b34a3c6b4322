"""The policy with time as an argument; the runner with providers that fail as told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, cast

import pytest

from voicebridge.providers import ProviderError, Stage
from voicebridge.providers.patience import Attempts, Limits, ask, ask_stream
from voicebridge.providers.rate_limit import MAX_BACK_OFF_S, RATE_LIMITED, RateLimiter

LIMITS = Limits(answer_s=4.0, stall_s=1.0, back_off_s=0.2)
MS = 0.001
QUICK = Limits(answer_s=200 * MS, stall_s=50 * MS, back_off_s=1 * MS)


def passing(retry_after_s: float | None = None) -> ProviderError:
    return ProviderError(Stage.LLM, "server_error", retry_after_s=retry_after_s)


def limited(retry_after_s: float | None = None) -> ProviderError:
    return ProviderError(Stage.LLM, RATE_LIMITED, retry_after_s=retry_after_s)


def test_a_first_attempt_leaves_time_for_a_second() -> None:
    attempts = Attempts(LIMITS, now=100.0)
    assert attempts.time_for_one(100.0) == pytest.approx(2.4)
    assert attempts.time_for_one(102.5) == pytest.approx(1.5)


def test_the_only_attempt_may_use_all_the_time() -> None:
    attempts = Attempts(Limits(answer_s=4.0, attempts=1), now=100.0)
    assert attempts.time_for_one(100.0) == pytest.approx(4.0)


def test_the_pause_doubles_and_is_spread_by_jitter() -> None:
    attempts = Attempts(LIMITS, now=0.0)
    attempts.time_for_one(0.0)
    assert attempts.pause_before_next(passing(), 0.1, jitter=0.5) == pytest.approx(0.2)
    attempts.time_for_one(0.3)
    assert attempts.pause_before_next(passing(), 0.4, jitter=0.0) == pytest.approx(0.2)
    attempts.time_for_one(0.6)
    assert attempts.pause_before_next(passing(), 0.7, jitter=0.0) is None, "three attempts are all there are"


@pytest.mark.parametrize("problem", [ProviderError(Stage.LLM, "invalid_api_key", permanent=True), limited(20.0)])
def test_what_cannot_help_in_time_is_not_tried(problem: ProviderError) -> None:
    attempts = Attempts(LIMITS, now=0.0)
    attempts.time_for_one(0.0)
    assert attempts.pause_before_next(problem, 0.1, jitter=0.5) is None


def test_a_retry_after_within_the_deadline_is_obeyed() -> None:
    attempts = Attempts(LIMITS, now=0.0)
    attempts.time_for_one(0.0)
    assert attempts.pause_before_next(limited(1.5), 0.1, jitter=0.5) == pytest.approx(1.5)


def test_a_rate_limit_holds_back_every_request_for_as_long_as_asked() -> None:
    limiter = RateLimiter()
    assert limiter.wait_s(10.0) == 0.0
    limiter.failed(limited(20.0), 10.0)
    assert limiter.wait_s(12.0) == pytest.approx(18.0)
    assert limiter.wait_s(31.0) == 0.0


def test_a_rate_limit_without_a_time_backs_off_further_each_time_until_an_answer() -> None:
    limiter = RateLimiter()
    limiter.failed(limited(), 0.0)
    assert limiter.wait_s(0.0) == pytest.approx(0.5)
    limiter.failed(limited(), 1.0)
    assert limiter.wait_s(1.0) == pytest.approx(1.0)
    limiter.succeeded()
    limiter.failed(limited(), 10.0)
    assert limiter.wait_s(10.0) == pytest.approx(0.5)


def test_no_server_can_close_a_stage_for_ever_and_other_failures_do_not_close_it() -> None:
    limiter = RateLimiter()
    limiter.failed(limited(86_400.0), 0.0)
    assert limiter.wait_s(0.0) == MAX_BACK_OFF_S
    other = RateLimiter()
    other.failed(passing(20.0), 0.0)
    assert other.wait_s(0.0) == 0.0


def script(*outcomes: Any) -> tuple[Callable[[], Any], list[Any]]:
    """A request that does one outcome after the other: an exception is raised, a number slept, a text the answer."""
    left, made = list(outcomes), []

    async def request() -> str:
        outcome = left.pop(0)
        made.append(outcome)
        if isinstance(outcome, Exception):
            raise outcome
        if isinstance(outcome, float):
            await asyncio.sleep(outcome)
        return str(outcome)

    return request, made


async def test_a_passing_failure_is_tried_again() -> None:
    request, made = script(passing(), passing(), "answer")
    assert await ask(Stage.LLM, QUICK, RateLimiter(), request) == "answer"
    assert len(made) == 3


async def test_a_stalled_server_is_asked_a_second_time_and_then_given_up_within_the_deadline() -> None:
    request, made = script(60.0, 60.0, 60.0)
    began = asyncio.get_running_loop().time()
    with pytest.raises(ProviderError, match="timeout"):
        await ask(Stage.STT, QUICK, RateLimiter(), request)
    assert len(made) == 2
    assert asyncio.get_running_loop().time() - began < 0.4


async def test_a_permanent_failure_is_told_at_once() -> None:
    request, made = script(ProviderError(Stage.LLM, "invalid_api_key", permanent=True), "answer")
    with pytest.raises(ProviderError, match="invalid_api_key"):
        await ask(Stage.LLM, QUICK, RateLimiter(), request)
    assert len(made) == 1


async def test_while_a_stage_is_rate_limited_nothing_is_sent_to_it() -> None:
    limiter = RateLimiter()
    request, made = script(limited(20.0), "answer")
    for _ in range(2):
        with pytest.raises(ProviderError, match=RATE_LIMITED):
            await ask(Stage.LLM, QUICK, limiter, request)
    assert len(made) == 1


class Stream:
    """Streams, one after the other; each a list of items, where a number is a pause and an exception is raised."""

    def __init__(self, *streams: list[Any]) -> None:
        self.left, self.opened, self.closed = list(streams), 0, 0

    async def __call__(self) -> AsyncIterator[str]:
        self.opened += 1
        try:
            for item in self.left.pop(0):
                if isinstance(item, Exception):
                    raise item
                if isinstance(item, float):
                    await asyncio.sleep(item)
                else:
                    yield item
        finally:
            self.closed += 1


async def heard(stream: Stream) -> list[str]:
    return [item async for item in ask_stream(Stage.TTS, QUICK, RateLimiter(), stream)]


@pytest.mark.parametrize("first", [[passing()], [60.0, "late"]])
async def test_a_stream_is_opened_again_before_its_first_item(first: list[Any]) -> None:
    stream = Stream(first, ["a", "b"])
    assert await heard(stream) == ["a", "b"]
    assert (stream.opened, stream.closed) == (2, 2)


async def test_a_stream_is_not_opened_again_after_its_first_item() -> None:
    stream = Stream(["a", passing()], ["a", "b"])
    with pytest.raises(ProviderError, match="server_error"):
        await heard(stream)
    assert stream.opened == 1


async def test_a_stream_that_stalls_in_the_middle_is_given_up() -> None:
    stream = Stream(["a", 60.0])
    with pytest.raises(ProviderError, match="stalled"):
        await heard(stream)
    assert stream.closed == 1


async def test_an_empty_stream_is_a_failure() -> None:
    with pytest.raises(ProviderError, match="empty"):
        await heard(Stream([], [], []))


async def test_closing_the_stream_closes_the_one_inside() -> None:
    stream = Stream(["a", "b", "c"])
    async with aclosing(cast(Any, ask_stream(Stage.TTS, QUICK, RateLimiter(), stream))) as items:
        assert await anext(items) == "a"
    assert stream.closed == 1
