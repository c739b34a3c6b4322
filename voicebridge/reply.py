"""One reply, as one cancellable task: language model -> sentences -> voice -> telephone.

Three stages run side by side, joined by bounded queues: the model's text is read as fast as it comes; each sentence is
spoken as soon as it is complete, while the one before is still being sent; `mouth.py` paces what goes out.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, cast

from voicebridge.audio.codec import Downsampler
from voicebridge.dialogue.sentences import SentenceSplitter
from voicebridge.mouth import LineLostError, Mouth, SpokenSentence
from voicebridge.providers import LanguageModel, Message, ProviderError, Stage, TextToSpeech

MAX_SENTENCES = 100
"""Sentences of text that may wait. A reply's token limit keeps it far below."""
MAX_PIECES = 400
"""Pieces of audio that may wait for the telephone, about 30 s; then the voice has to wait."""

_Spoken = asyncio.Queue[SpokenSentence | ProviderError | None]
_Audio = asyncio.Queue[bytes | ProviderError | None]


@dataclass(slots=True)
class ReplyTimes:
    """When (loop time) a reply reached each stage; None until then."""

    asked_at: float
    first_sentence_at: float | None = None
    first_audio_at: float | None = None


class Answer:
    """Thinks of a reply and speaks it."""

    def __init__(self, language_model: LanguageModel, text_to_speech: TextToSpeech, asked_at: float) -> None:
        self._language_model, self._text_to_speech = language_model, text_to_speech
        self.times = ReplyTimes(asked_at)
        self._texts: asyncio.Queue[str | ProviderError | None] = asyncio.Queue(MAX_SENTENCES)
        self._spoken: _Spoken = asyncio.Queue(1)

    async def run(
        self,
        reply: int,
        messages: Sequence[Message],
        mouth: Mouth,
        *,
        on_sentence: Callable[[str], None],
        on_started: Callable[[], None],
    ) -> None:
        """Returns when the person has heard all of it.

        Raises `ProviderError` when a stage gave up (what was sent before it has been heard), or `LineLostError`.
        """

        def started() -> None:
            self.times.first_audio_at = asyncio.get_running_loop().time()
            on_started()

        problem: ProviderError | LineLostError | None = None
        async with asyncio.TaskGroup() as tasks:
            stages = [tasks.create_task(self._think(messages)), tasks.create_task(self._voice())]
            try:
                await mouth.speak(reply, _until_none(self._spoken), on_sentence=on_sentence, on_started=started)
            except (ProviderError, LineLostError) as error:
                problem = error
            finally:
                for stage in stages:
                    stage.cancel()
        if problem is not None:
            raise problem

    async def _think(self, messages: Sequence[Message]) -> None:
        splitter = SentenceSplitter()
        try:
            async with aclosing(cast(Any, self._language_model.stream(messages))) as pieces:
                async for piece in pieces:
                    for sentence in splitter.feed(piece):
                        await self._say_next(sentence)
            for sentence in splitter.flush():
                await self._say_next(sentence)
            if self.times.first_sentence_at is None:
                raise ProviderError(Stage.LLM, "nothing_to_say")
            await self._texts.put(None)
        except ProviderError as error:
            await self._texts.put(error)

    async def _say_next(self, sentence: str) -> None:
        if self.times.first_sentence_at is None:
            self.times.first_sentence_at = asyncio.get_running_loop().time()
        await self._texts.put(sentence)

    async def _voice(self) -> None:
        while True:
            text = await self._texts.get()
            if not isinstance(text, str):
                await self._spoken.put(text)
                return
            audio: _Audio = asyncio.Queue(MAX_PIECES)
            await self._spoken.put(SpokenSentence(text, _until_none(audio)))
            await _speak_into(audio, self._text_to_speech, text)


async def synthesise(text_to_speech: TextToSpeech, text: str) -> bytes:
    """`text` as mu-law audio at 8 kHz, whole. Raises `ProviderError`."""
    downsampler = Downsampler()
    audio = bytearray()
    async with aclosing(cast(Any, text_to_speech.speak(text))) as pieces:
        async for piece in pieces:
            audio += downsampler.feed(piece)
    return bytes(audio + downsampler.flush())


async def ready_made(text: str, audio: bytes) -> AsyncIterator[SpokenSentence]:
    """A sentence whose audio is there already: a line, or a greeting made while the phone rang."""

    async def whole() -> AsyncIterator[bytes]:
        yield audio

    yield SpokenSentence(text, whole())


async def _speak_into(audio: _Audio, text_to_speech: TextToSpeech, text: str) -> None:
    downsampler = Downsampler()
    try:
        async with aclosing(cast(Any, text_to_speech.speak(text))) as pieces:
            async for piece in pieces:
                if narrow := downsampler.feed(piece):
                    await audio.put(narrow)
        await audio.put(downsampler.flush())
        await audio.put(None)
    except ProviderError as error:
        await audio.put(error)


async def _until_none(queue: asyncio.Queue[Any]) -> AsyncIterator[Any]:
    """What is put into the queue until None; an exception in it is raised."""
    while (item := await queue.get()) is not None:
        if isinstance(item, ProviderError):
            raise item
        yield item
