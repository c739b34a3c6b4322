"""How long a stage may take, and when it is asked again. The only place that retries.

First the policy, pure: time is an argument. Then three wrappers that put it around any provider and are providers
themselves. A stream is asked again only before its first item: what was spoken cannot be taken back.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeVar, cast

from callregistry.logs import get_logger
from voicebridge import metrics
from voicebridge.providers import (
    LanguageModel,
    Message,
    ProviderError,
    SpeechToText,
    Stage,
    TextToSpeech,
    Transcript,
)
from voicebridge.providers.rate_limit import RATE_LIMITED, RateLimiter

log = get_logger(__name__)
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Limits:
    """The time limits of one stage, in seconds."""

    answer_s: float
    """From asking to the whole answer (speech to text) or its first piece, all attempts together."""
    stall_s: float = 0.0
    """Streams: between two pieces of the answer."""
    first_try_share: float = 0.6
    """How much of `answer_s` the first attempt may use: a stalled server must leave time for a second one."""
    attempts: int = 3
    back_off_s: float = 0.1
    """Before the second attempt; doubles from there."""


LIMITS = {
    Stage.STT: Limits(answer_s=5.0),
    Stage.LLM: Limits(answer_s=4.0, stall_s=4.0),
    # 2.6 s for the first attempt, 1.4 s for another: a voice that needs longer is better replaced by a line.
    Stage.TTS: Limits(answer_s=4.0, stall_s=3.0, first_try_share=0.65),
}
UNHURRIED_VOICE = Limits(answer_s=20.0, stall_s=10.0)
"""For what is spoken while the phone rings, or before there is any call."""
SUMMARY_LIMITS = Limits(answer_s=20.0, attempts=2)


class Attempts:
    """The policy for one request: how long each attempt may take, and whether there is another."""

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self._deadline = now + limits.answer_s
        self._made = 0

    def time_for_one(self, now: float) -> float:
        """How long the attempt that begins at `now` may take. Zero or less: there is no time for one."""
        left = self._deadline - now
        self._made += 1
        if self._made == 1 and self._limits.attempts > 1:
            return left * self._limits.first_try_share
        return left

    def pause_before_next(self, error: ProviderError, now: float, jitter: float) -> float | None:
        """How long to wait after `error` before another attempt; None if there is none. `jitter` is from 0 to 1."""
        if error.permanent or self._made >= self._limits.attempts:
            return None
        pause = self._limits.back_off_s * 2 ** (self._made - 1) * (0.5 + jitter)
        if error.retry_after_s is not None:
            pause = max(pause, error.retry_after_s)
        return pause if now + pause < self._deadline else None

    def can_wait(self, wait_s: float, now: float) -> bool:
        """True if a rate limit that holds for `wait_s` ends before the deadline."""
        return now + wait_s < self._deadline


async def ask(stage: Stage, limits: Limits, limiter: RateLimiter, request: Callable[[], Awaitable[Item]]) -> Item:
    """Awaits `request()` within `limits`, and again after a passing failure. Raises `ProviderError`."""
    loop = asyncio.get_running_loop()
    attempts = Attempts(limits, loop.time())
    while True:
        wait_s = limiter.wait_s(loop.time())
        if not attempts.can_wait(wait_s, loop.time()):
            raise ProviderError(stage, RATE_LIMITED, retry_after_s=wait_s)
        await asyncio.sleep(wait_s)
        metrics.PROVIDER_REQUESTS.labels(stage).inc()
        try:
            async with asyncio.timeout(attempts.time_for_one(loop.time())):
                answer = await request()
        except (ProviderError, TimeoutError) as problem:
            error = problem if isinstance(problem, ProviderError) else ProviderError(stage, "timeout")
        else:
            limiter.succeeded()
            return answer
        limiter.failed(error, loop.time())
        metrics.PROVIDER_ERRORS.labels(stage, error.problem).inc()
        pause_s = attempts.pause_before_next(error, loop.time(), random.random())  # noqa: S311 - jitter, not a secret
        log.warning("provider failed", stage=stage, problem=error.problem, again=pause_s is not None)
        if pause_s is None:
            raise error
        await asyncio.sleep(pause_s)


async def ask_stream(
    stage: Stage, limits: Limits, limiter: RateLimiter, request: Callable[[], AsyncIterator[Item]]
) -> AsyncIterator[Item]:
    """As `ask`, for a stream: the first item within `limits.answer_s`, each further one within `limits.stall_s`."""

    async def open_stream() -> tuple[AsyncIterator[Item], Item]:
        stream = request()
        try:
            return stream, await anext(stream)
        except StopAsyncIteration:
            raise ProviderError(stage, "empty") from None

    stream, item = await ask(stage, limits, limiter, open_stream)
    async with aclosing(cast("_Closable[Item]", stream)):
        yield item
        while True:
            try:
                async with asyncio.timeout(limits.stall_s):
                    item = await anext(stream)
            except StopAsyncIteration:
                return
            except (ProviderError, TimeoutError) as problem:
                error = problem if isinstance(problem, ProviderError) else ProviderError(stage, "stalled")
                metrics.PROVIDER_ERRORS.labels(stage, error.problem).inc()
                raise error from None
            yield item


class _Closable(AsyncIterator[Item]):
    """Every stream of a provider is an async generator, though the protocols say no more than they need."""

    async def aclose(self) -> None: ...


class PatientSpeechToText:
    """Any `SpeechToText`, within its limits."""

    def __init__(self, inner: SpeechToText, limits: Limits = LIMITS[Stage.STT]) -> None:
        self._inner, self._limits, self._limiter = inner, limits, RateLimiter()

    async def transcribe(self, audio: bytes) -> Transcript:
        """See `SpeechToText.transcribe`."""
        return await ask(Stage.STT, self._limits, self._limiter, lambda: self._inner.transcribe(audio))


class PatientLanguageModel:
    """Any `LanguageModel`, within its limits."""

    def __init__(
        self, inner: LanguageModel, limits: Limits = LIMITS[Stage.LLM], summary_limits: Limits = SUMMARY_LIMITS
    ) -> None:
        self._inner, self._limits, self._limiter = inner, limits, RateLimiter()
        self._summary_limits = summary_limits

    def stream(self, messages: Sequence[Message]) -> AsyncIterator[str]:
        """See `LanguageModel.stream`."""
        return ask_stream(Stage.LLM, self._limits, self._limiter, lambda: self._inner.stream(messages))

    async def complete(self, messages: Sequence[Message], *, max_tokens: int) -> str:
        """See `LanguageModel.complete`."""
        return await ask(
            Stage.LLM,
            self._summary_limits,
            self._limiter,
            lambda: self._inner.complete(messages, max_tokens=max_tokens),
        )


class PatientTextToSpeech:
    """Any `TextToSpeech`, within its limits."""

    def __init__(self, inner: TextToSpeech, limits: Limits = LIMITS[Stage.TTS]) -> None:
        self._inner, self._limits, self._limiter = inner, limits, RateLimiter()

    def speak(self, text: str) -> AsyncIterator[bytes]:
        """See `TextToSpeech.speak`."""
        return ask_stream(Stage.TTS, self._limits, self._limiter, lambda: self._inner.speak(text))
