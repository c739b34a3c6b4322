"""Local speech to text and text to speech, as an async facade. The engines run in two processes of their own, one that
hears and one that speaks, so that neither blocks the other or the event loop that keeps telephone time.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Generic, TypeVar

from sandbox import speech_worker
from sandbox.voices import UnknownVoiceError
from sandbox.weights import WeightPaths, WeightsError
from sandbox.whisper import Heard, Segment

__all__ = [
    "EnginesBusyError",
    "EnginesStoppedError",
    "Heard",
    "Segment",
    "SpeechEngines",
    "UnknownVoiceError",
    "WeightPaths",
    "WeightsError",
]

Loaded = TypeVar("Loaded")
Result = TypeVar("Result")

_NICENESS = 5
_MOST_WAITING = 32


class EnginesBusyError(Exception):
    """So many requests wait for the engine already that this one would not be served in time."""


class EnginesStoppedError(Exception):
    """The engines were closed, or not started: the sandbox is being stopped."""


class SpeechEngines:
    """Ears and voices. `start()` before use, `close()` after."""

    def __init__(self, paths: WeightPaths | None = None) -> None:
        self._paths = paths or WeightPaths()
        self._ears = Engine(speech_worker.load_whisper, self._paths)
        self._mouth = Engine(speech_worker.load_voices, self._paths)
        self._voices: list[str] = []

    async def start(self) -> None:
        """Load both engines (about 2 s). Raises `WeightsError`."""
        try:
            _, self._voices = await asyncio.gather(self._ears.start(), self._mouth.start())
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """End the engines' processes; what is still being worked on is finished first, what waits is dropped."""
        await asyncio.gather(self._ears.close(), self._mouth.close())

    async def hear(self, pcm16_8k: bytes, sample_rate_hz: int = 8000) -> Heard:
        """The words in 16-bit little-endian mono PCM. Raises `EnginesBusyError`, `EnginesStoppedError`."""
        return await self._ears.run(speech_worker.hear, pcm16_8k, sample_rate_hz)

    async def say(self, text: str, voice: str = "joe", pace: float = 1.0, sample_rate_hz: int = 24_000) -> bytes:
        """`text` spoken: 16-bit little-endian mono PCM at `sample_rate_hz`. `pace` 0.8 is slower speech, 0.25 to 4.

        Raises `UnknownVoiceError`, `EnginesBusyError`, `EnginesStoppedError`.
        """
        return await self._mouth.run(speech_worker.say, text, voice, pace, sample_rate_hz)

    def voices(self) -> list[str]:
        """The names that `say` knows."""
        return list(self._voices)


class Engine(Generic[Loaded]):
    """One process with one engine in it, and the bounded queue before it."""

    def __init__(
        self, load: Callable[[WeightPaths], Loaded], paths: WeightPaths, most_waiting: int = _MOST_WAITING
    ) -> None:
        self._load = load
        self._paths = paths
        self._most_waiting = most_waiting
        self._waiting = 0
        self._pool: ProcessPoolExecutor | None = None
        self._restarting = asyncio.Lock()

    async def start(self) -> Loaded:
        # One thread for each engine: numpy's own would only fight with the live audio for the cores. It reads this when
        # it is imported, so the new process must find it in its environment.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        # Spawned, not forked: a fork of a process with threads (asyncio's, onnxruntime's) can hang.
        self._pool = ProcessPoolExecutor(
            max_workers=1,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=speech_worker.settle,
            initargs=(_NICENESS,),
        )
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._load, self._paths)

    async def close(self) -> None:
        if self._pool is not None:
            pool, self._pool = self._pool, None
            await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)

    async def run(self, task: Callable[..., Result], *arguments: object) -> Result:
        if self._waiting >= self._most_waiting:
            raise EnginesBusyError("the speech engine has too much to do")
        self._waiting += 1
        try:
            pool = self._pool
            try:
                return await self._ask(pool, task, *arguments)
            except BrokenProcessPool:
                # The process died (killed, out of memory). A sandbox that is left running should recover from that.
                await self._restart(broken=pool)
                return await self._ask(self._pool, task, *arguments)
        finally:
            self._waiting -= 1

    async def _ask(self, pool: ProcessPoolExecutor | None, task: Callable[..., Result], *arguments: object) -> Result:
        if pool is None:
            raise EnginesStoppedError("the speech engines are not running")
        return await asyncio.get_running_loop().run_in_executor(pool, task, *arguments)

    async def _restart(self, broken: ProcessPoolExecutor | None) -> None:
        async with self._restarting:
            if self._pool is broken and broken is not None:
                broken.shutdown(wait=False)
                await self.start()
