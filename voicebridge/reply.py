"""One reply, as one cancellable task: language model -> sentences -> voice -> telephone.

Three stages run side by side, joined by bounded queues: the model's text is read as fast as it comes; each sentence is
spoken as soon as it is complete, while the one before is still being sent; `mouth.py` paces what goes out. Before its
release an answer is a draft: its first sentence is made, and waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, cast

from voicebridge.audio.loudness import Loudness
from voicebridge.audio.telephone_voice import TelephoneVoice, restyled
from voicebridge.dialogue.events import Manner
from voicebridge.dialogue.sentences import SentenceSplitter
from voicebridge.last_said import LastSaid
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
    """The voice was ready. When it could be heard depends on the person, too."""


@dataclass(slots=True)
class Style:
    """How one call's replies sound. The manner may change while the call goes on."""

    manner: Manner = field(default_factory=Manner)
    loudness: Loudness = field(default_factory=Loudness)
    lift_consonants: bool = False
    language: str = "en"

    def voice(self) -> TelephoneVoice:
        """For the next sentence."""
        return TelephoneVoice(self.manner, lift_consonants=self.lift_consonants, loudness=self.loudness)

    def of(self, audio: bytes) -> bytes:
        """Audio that lies ready (mu-law, 8 kHz), in this style."""
        return restyled(audio, self.manner)


class Answer:
    """Thinks of a reply and, once it is released, speaks it."""

    def __init__(
        self, language_model: LanguageModel, text_to_speech: TextToSpeech, style: Style, asked_at: float
    ) -> None:
        self._language_model, self._text_to_speech, self._style = language_model, text_to_speech, style
        self.times = ReplyTimes(asked_at)
        self._released = asyncio.Event()
        self._texts: asyncio.Queue[str | ProviderError | None] = asyncio.Queue(MAX_SENTENCES)
        self._spoken: _Spoken = asyncio.Queue(1)

    def release(self) -> None:
        """It may be heard."""
        self._released.set()

    async def run(
        self,
        reply: int,
        messages: Sequence[Message],
        mouth: Mouth,
        last_said: LastSaid,
        *,
        on_sentence: Callable[[str], None],
        on_started: Callable[[], None],
    ) -> None:
        """Returns when the person has heard all of it.

        Raises `ProviderError` when a stage gave up (what was sent before it has been heard), or `LineLostError`.
        """
        problem: ProviderError | LineLostError | None = None
        async with asyncio.TaskGroup() as tasks:
            stages = [tasks.create_task(self._think(messages)), tasks.create_task(self._voice())]
            try:
                await mouth.speak(
                    reply,
                    last_said.remember(self._sentences(), self._style.manner),
                    on_sentence=on_sentence,
                    on_started=on_started,
                )
            except (ProviderError, LineLostError) as error:
                problem = error
            finally:
                for stage in stages:
                    stage.cancel()
        if problem is not None:
            raise problem

    async def _sentences(self) -> AsyncIterator[SpokenSentence]:
        """Nothing before the release; but a draft that comes to nothing says so at once."""
        async with aclosing(cast(Any, _until_none(self._spoken))) as spoken:
            async for sentence in spoken:
                await self._released.wait()
                yield sentence

    async def _think(self, messages: Sequence[Message]) -> None:
        splitter = SentenceSplitter(language=self._style.language)
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
            await self._speak_into(audio, text)

    async def _speak_into(self, audio: _Audio, text: str) -> None:
        voice = self._style.voice()
        try:
            async with aclosing(cast(Any, self._text_to_speech.speak(text))) as pieces:
                async for piece in pieces:
                    if narrow := voice.feed(piece):
                        self.times.first_audio_at = self.times.first_audio_at or asyncio.get_running_loop().time()
                        await audio.put(narrow)
            if rest := voice.flush():
                await audio.put(rest)
            await audio.put(None)
        except ProviderError as error:
            await audio.put(error)


async def synthesise(text_to_speech: TextToSpeech, text: str, style: Style | None = None) -> bytes:
    """`text` as mu-law audio at 8 kHz, whole. Raises `ProviderError`."""
    voice = (style or Style()).voice()
    audio = bytearray()
    async with aclosing(cast(Any, text_to_speech.speak(text))) as pieces:
        async for piece in pieces:
            audio += voice.feed(piece)
    return bytes(audio + voice.flush())


async def ready_made(*sentences: tuple[str, bytes]) -> AsyncIterator[SpokenSentence]:
    """Sentences whose audio is there already: a line, or a greeting made while the phone rang."""
    for text, audio in sentences:
        yield SpokenSentence(text, _whole(audio))


async def _whole(audio: bytes) -> AsyncIterator[bytes]:
    yield audio


async def _until_none(queue: asyncio.Queue[Any]) -> AsyncIterator[Any]:
    """What is put into the queue until None; an exception in it is raised."""
    while (item := await queue.get()) is not None:
        if isinstance(item, ProviderError):
            raise item
        yield item
