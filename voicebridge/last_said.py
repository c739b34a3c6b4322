"""What we said last, kept as sound: "Pardon?" is answered at once, without asking anybody."""

from __future__ import annotations

from collections.abc import AsyncIterator

from voicebridge.audio.telephone_voice import restyled
from voicebridge.dialogue.events import Manner
from voicebridge.mouth import SpokenSentence

_SENTENCE_ENDS = (".", "!", "?", "…", '"', "”", ")")


class LastSaid:
    """One per call. The newest sentence that has begun to sound, holding words excepted.

    A sentence may come in two pieces, because the first clause of a reply is spoken as soon as it can be.
    """

    def __init__(self) -> None:
        self.text = ""
        self._audio = bytearray()
        self._is_whole = False
        self._manner = Manner()

    async def remember(self, sentences: AsyncIterator[SpokenSentence], manner: Manner) -> AsyncIterator[SpokenSentence]:
        """The same sentences, in the same manner as they are; each takes the place of the one before."""
        is_first = True
        async for sentence in sentences:
            goes_on = not is_first and not self.text.endswith(_SENTENCE_ENDS)
            yield SpokenSentence(sentence.text, self._kept(sentence, manner, goes_on=goes_on))
            is_first = False

    def again(self, manner: Manner) -> bytes | None:
        """The sentence in another manner (mu-law, 8 kHz); None if there is none, or not all of it was made."""
        if not self._is_whole:
            return None
        change = Manner(manner.pace / self._manner.pace, manner.gain_db - self._manner.gain_db)
        return restyled(bytes(self._audio), change)

    async def _kept(self, sentence: SpokenSentence, manner: Manner, *, goes_on: bool) -> AsyncIterator[bytes]:
        self.text = f"{self.text} {sentence.text}" if goes_on else sentence.text
        self._manner, self._is_whole = manner, False
        if not goes_on:
            self._audio.clear()
        async for piece in sentence.audio:
            self._audio += piece
            yield piece
        self._is_whole = True
