"""The mouth of one call: what is sent to the telephone, how fast, and what of it was heard.

Twilio plays what it has, in order, and takes it faster than real time. We stay at most `AHEAD_S` ahead, so that a busy
machine is not heard, and an interruption has little to throw away; a mark at least every `MARK_EVERY_S` tells what has
been played (`dialogue/playout.py` keeps the ledger). A reply that is held has been cleared from the telephone; what was
not heard of it is kept here (`unheard.py`), and is sent again, from a quiet moment just before, if it goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from voicebridge import media_stream
from voicebridge.audio import codec
from voicebridge.dialogue.playout import Playout
from voicebridge.providers import ProviderError
from voicebridge.unheard import Piece, Unheard

AHEAD_S = 2.0
MARK_EVERY_S = 0.4
PIECE_S = 0.2
PIECE_BYTES = round(PIECE_S * codec.SAMPLE_RATE_HZ)
SEND_TIMEOUT_S = 5.0
LOST_MARK_S = 2.0
"""A mark that is this late will not come: Twilio drops one with an invalid message, say. The talk must go on."""


class LineLostError(Exception):
    """The telephone's socket takes nothing any more."""


@dataclass(frozen=True, slots=True)
class SpokenSentence:
    """A sentence and its audio (mu-law, 8 kHz), as it comes."""

    text: str
    audio: AsyncIterator[bytes]


class Listener(Protocol):
    """Whoever must know what comes out of the telephone: the ears, for they may hear it again."""

    def spoke(self, audio: bytes, plays_at: float) -> None:
        """This (mu-law, 8 kHz) begins to sound at `plays_at` (loop time)."""
        ...

    def silenced(self, now: float) -> None:
        """What was to sound after `now` will not."""
        ...


class Mouth:
    """One per call. Replies speak one after the other: a second one waits for the first to be over."""

    def __init__(self, socket: ServerConnection, stream_sid: str, listener: Listener) -> None:
        self._socket, self._stream_sid, self._listener = socket, stream_sid, listener
        self._one_at_a_time = asyncio.Lock()
        self._wire = asyncio.Lock()
        """Held while a piece goes out and into the ledger: a clear must not come between."""
        self._flows = asyncio.Event()
        self._flows.set()
        self._mark_came = asyncio.Event()
        self._unheard = Unheard()
        self.playout = Playout()

    async def speak(
        self,
        reply: int,
        sentences: AsyncIterator[SpokenSentence],
        *,
        on_sentence: Callable[[str], None],
        on_started: Callable[[], None],
    ) -> None:
        """Speaks `reply` and returns when the person has heard all of it. Cancel it to stop (then `stop`).

        Raises `LineLostError`, and the sentences' `ProviderError` once what came before it has been heard.
        """
        first = await anext(sentences, None)
        if first is None:
            return
        async with self._one_at_a_time:
            self._unheard.clear()
            try:
                problem = await self._say_all(reply, first, sentences, on_sentence, on_started)
                if self.playout.said_text(reply):
                    await self._until_played_out(reply)
            finally:
                self._flows.set()  # it may have been held in the moment in which it ended
        if problem is not None:
            raise problem

    async def hold(self, reply: int) -> float:
        """The telephone falls silent; what was not heard of `reply` is kept. How much that is, in seconds.

        Raises `LineLostError`.
        """
        self._flows.clear()
        self._mark_came.set()
        async with self._wire:
            now = self._now()
            self._unheard.take_back(self.playout.ahead_s(now))
            await self._clear(now)
        more_s = 0.0 if self.playout.is_all_sent(reply) else 1.0  # at least: it is still being made
        return self._unheard.unheard_s + more_s

    def resume(self, reply: int) -> None:
        """`reply`, which was held, goes on where it stopped."""
        for piece in self._unheard.twice:
            self.playout.heard_in_vain(reply, piece.sentence, piece.duration_s)
        self.playout.resumed(reply)
        self._flows.set()

    async def stop(self, reply: int) -> None:
        """`reply` has been cancelled: the telephone forgets what it has of it. The ledger settles what was heard.

        Raises `LineLostError`.
        """
        self._flows.set()  # also if it was held before its first sound
        if self.playout.said_text(reply):
            self._unheard.clear()
            await self._clear(self._now())

    def mark_returned(self, name: str) -> None:
        """A mark came back from the telephone."""
        self.playout.mark_returned(name, self._now())
        self._mark_came.set()

    async def _clear(self, now: float) -> None:
        self.playout.cleared(now)
        self._listener.silenced(now)
        await self._send(media_stream.clear(self._stream_sid))

    async def _say_all(
        self,
        reply: int,
        first: SpokenSentence,
        others: AsyncIterator[SpokenSentence],
        on_sentence: Callable[[str], None],
        on_started: Callable[[], None],
    ) -> ProviderError | None:
        """The problem that ended it, if one did."""
        sentence: SpokenSentence | None = first
        started = False
        try:
            while sentence is not None:
                begun = False
                async for audio in sentence.audio:
                    if not begun:
                        begun = True
                        self.playout.sentence_begun(reply, sentence.text)
                        on_sentence(sentence.text)
                    place = self.playout.sentence_under_way(reply)
                    for piece in _pieces(audio):
                        await self._send_piece(reply, Piece(place, piece))
                        if not started:
                            started = True
                            on_started()
                if begun:
                    self.playout.sentence_sent(reply)
                sentence = await anext(others, None)
        except ProviderError as problem:
            return problem
        return None

    async def _send_piece(self, reply: int, piece: Piece) -> None:
        """After everything that has to be said again."""
        await self._send_again(reply)
        while not await self._try_to_send(reply, piece, again=False):
            await self._send_again(reply)

    async def _send_again(self, reply: int) -> None:
        while (piece := self._unheard.next_again) is not None:
            if await self._try_to_send(reply, piece, again=True):
                self._unheard.said_again()

    async def _try_to_send(self, reply: int, piece: Piece, *, again: bool) -> bool:
        """Sends a piece when it is time for it. False if the reply was held meanwhile: then others come first."""
        await self._flows.wait()
        too_far_s = self.playout.ahead_s(self._now()) + piece.duration_s - AHEAD_S
        if too_far_s > 0:
            await asyncio.sleep(too_far_s)
        async with self._wire:
            if not self._flows.is_set() or (self._unheard.next_again is not None and not again):
                return False
            await self._send(media_stream.media(self._stream_sid, piece.audio))
            now = self._now()
            self._listener.spoke(piece.audio, now + self.playout.ahead_s(now))
            if again:
                self.playout.audio_sent_again(reply, piece.sentence, piece.duration_s, now)
            else:
                self.playout.audio_sent(reply, piece.duration_s, now)
            self._unheard.sent(piece)
            if self.playout.unmarked_s(reply) + PIECE_S > MARK_EVERY_S + 0.001:  # the next piece may be too much
                await self._send_mark(reply)
        return True

    async def _send_mark(self, reply: int) -> None:
        await self._send(media_stream.mark(self._stream_sid, self.playout.mark_sent(reply)))

    async def _until_played_out(self, reply: int) -> None:
        """Until the last mark is back, however often the reply is held on the way."""
        while True:
            await self._flows.wait()
            await self._send_again(reply)
            async with self._wire:
                if not self._flows.is_set():
                    continue
                await self._send_mark(reply)
                self.playout.reply_sent(reply)
            if await self._last_mark_came(reply):
                return

    async def _last_mark_came(self, reply: int) -> bool:
        """True when all has been heard, or a mark is so late that it must be lost; false if the reply is held."""
        while not self.playout.has_played_out(reply):
            if not self._flows.is_set():
                return False
            self._mark_came.clear()
            try:
                async with asyncio.timeout(self.playout.ahead_s(self._now()) + LOST_MARK_S):
                    await self._mark_came.wait()
            except TimeoutError:
                if self._flows.is_set():
                    self.playout.give_up_on(reply, self._now())
                    return True
        return True

    async def _send(self, message: str) -> None:
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._socket.send(message)
        except (TimeoutError, ConnectionClosed) as problem:
            raise LineLostError(type(problem).__name__) from None

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _pieces(audio: bytes) -> Iterator[bytes]:
    """`audio` in pieces short enough for a mark after every second one."""
    return (audio[begin : begin + PIECE_BYTES] for begin in range(0, len(audio), PIECE_BYTES))
