"""A voice that does not say anew what it has just said.

Conversations on a pretended telephone hold the same sentences again and again ("I am glad to hear that."), and a voice
model on two cores is what five calls at once wait for. Only for the OpenAI endpoint; people's voices are made afresh.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict

from sandbox.speech import SpeechEngines

KEEP = 64
_Wanted = tuple[str, str, float, int]


class SpokenBefore:
    """Speaks like `SpeechEngines.say`, and remembers the last `keep` sentences (16-bit PCM, some 100 kB each)."""

    def __init__(self, engines: SpeechEngines, keep: int = KEEP) -> None:
        self._engines, self._keep = engines, keep
        self._spoken: OrderedDict[_Wanted, asyncio.Task[bytes]] = OrderedDict()
        self._waiting: Counter[_Wanted] = Counter()

    async def say(self, text: str, voice: str, pace: float, sample_rate_hz: int) -> bytes:
        """`text` spoken: 16-bit little-endian mono PCM. Raises what `SpeechEngines.say` does; is forgotten then."""
        wanted = (text, voice, pace, sample_rate_hz)
        task = self._spoken.get(wanted)
        if task is None:
            task = self._spoken[wanted] = asyncio.create_task(self._engines.say(*wanted))
            task.add_done_callback(lambda done: self._forget_failure(wanted, done))
        self._spoken.move_to_end(wanted)
        while len(self._spoken) > self._keep:
            self._spoken.popitem(last=False)
        self._waiting[wanted] += 1
        try:
            return await asyncio.shield(task)  # whoever asked for it may go; others may want the same
        finally:
            self._waiting[wanted] -= 1
            if not self._waiting[wanted]:
                del self._waiting[wanted]
                self._give_up(wanted, task)

    def voices(self) -> list[str]:
        """The names that `say` knows."""
        return self._engines.voices()

    def _give_up(self, wanted: _Wanted, task: asyncio.Task[bytes]) -> None:
        """Nobody waits for it any more: what has not been spoken yet need not be."""
        if not task.done():
            task.cancel()
            if self._spoken.get(wanted) is task:
                del self._spoken[wanted]

    def _forget_failure(self, wanted: _Wanted, done: asyncio.Task[bytes]) -> None:
        if (done.cancelled() or done.exception() is not None) and self._spoken.get(wanted) is done:
            del self._spoken[wanted]
