"""The mouth of one call: what is sent to the telephone, how fast, and what of it was heard.

Twilio plays what it has, in order, and takes it faster than real time. We stay at most `AHEAD_S` ahead, so that a busy
machine is not heard, and an interruption has little to throw away; a mark at least every `MARK_EVERY_S` tells what has
been played (`dialogue/playout.py` keeps the ledger).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from voicebridge import media_stream
from voicebridge.audio import codec
from voicebridge.dialogue.playout import Playout
from voicebridge.providers import ProviderError

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


class Mouth:
    """One per call. Replies speak one after the other: a second one waits for the first to be over."""

    def __init__(self, socket: ServerConnection, stream_sid: str) -> None:
        self._socket, self._stream_sid = socket, stream_sid
        self._one_at_a_time = asyncio.Lock()
        self._mark_came = asyncio.Event()
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
            problem = await self._say_all(reply, first, sentences, on_sentence, on_started)
            if self.playout.said_text(reply):
                await self._send_mark(reply)
                self.playout.reply_sent(reply)
                await self._until_played_out(reply)
        if problem is not None:
            raise problem

    async def stop(self, reply: int) -> None:
        """`reply` has been cancelled: the telephone forgets what it has of it. The ledger settles what was heard."""
        if self.playout.said_text(reply):
            self.playout.cleared(self._now())
            await self._send(media_stream.clear(self._stream_sid))

    def mark_returned(self, name: str) -> None:
        """A mark came back from the telephone."""
        self.playout.mark_returned(name, self._now())
        self._mark_came.set()

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
                    for piece in _pieces(audio):
                        await self._send_piece(reply, piece)
                        if not started:
                            started = True
                            on_started()
                if begun:
                    self.playout.sentence_sent(reply)
                sentence = await anext(others, None)
        except ProviderError as problem:
            return problem
        return None

    async def _send_piece(self, reply: int, piece: bytes) -> None:
        too_far_s = self.playout.ahead_s(self._now()) + codec.duration_s(piece) - AHEAD_S
        if too_far_s > 0:
            await asyncio.sleep(too_far_s)
        await self._send(media_stream.media(self._stream_sid, piece))
        self.playout.audio_sent(reply, codec.duration_s(piece), self._now())
        if self.playout.unmarked_s(reply) + PIECE_S > MARK_EVERY_S + 0.001:  # the next piece may be too much
            await self._send_mark(reply)

    async def _send_mark(self, reply: int) -> None:
        await self._send(media_stream.mark(self._stream_sid, self.playout.mark_sent(reply)))

    async def _until_played_out(self, reply: int) -> None:
        while not self.playout.has_played_out(reply):
            self._mark_came.clear()
            try:
                async with asyncio.timeout(self.playout.ahead_s(self._now()) + LOST_MARK_S):
                    await self._mark_came.wait()
            except TimeoutError:
                self.playout.give_up_on(reply, self._now())
                return

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
