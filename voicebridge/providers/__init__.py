"""Speech and language vendors, behind three small protocols. LAW: the only code that talks to a vendor.

A provider makes one attempt and raises `ProviderError`; deadlines, retries and back-off are `patience.py`'s, once for
all stages. To add a vendor: one new file here, and a line where providers are chosen (`selection.py`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Stage(StrEnum):
    """The three stages of an answer."""

    STT = "stt"
    LLM = "llm"
    TTS = "tts"


class ProviderError(Exception):
    """A stage failed. `permanent`: trying again cannot help (a wrong key, no quota, an unknown model)."""

    def __init__(
        self, stage: Stage, problem: str, *, permanent: bool = False, retry_after_s: float | None = None
    ) -> None:
        super().__init__(f"{stage}: {problem}")
        self.stage = stage
        self.problem = problem
        """A short word for logs and metrics, never what was said: timeout, connection, rate_limited, empty ..."""
        self.permanent = permanent
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat: role is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """The words of an utterance, and what the model thinks of them itself, where it tells."""

    text: str
    """Empty if there are no words."""
    no_speech_prob: float | None = None
    """The model's doubt that anybody spoke, from 0 to 1."""
    avg_logprob: float | None = None
    """How sure it is of its words: 0 is certain, below -1 it is guessing."""


class SpeechToText(Protocol):
    """Turns one utterance into text."""

    async def transcribe(self, audio: bytes) -> Transcript:
        """The words in `audio` (16-bit little-endian PCM, mono, 8 kHz).

        Raises `ProviderError`.
        """
        ...


class LanguageModel(Protocol):
    """Thinks of an answer."""

    def stream(self, messages: Sequence[Message]) -> AsyncIterator[str]:
        """The answer as pieces of text, as they come. Closing the iterator cancels it. Raises `ProviderError`."""
        ...

    async def complete(self, messages: Sequence[Message], *, max_tokens: int) -> str:
        """The whole answer at once (used for summaries). Raises `ProviderError`."""
        ...


class TextToSpeech(Protocol):
    """Speaks a sentence."""

    def speak(self, text: str) -> AsyncIterator[bytes]:
        """Audio as it comes: 16-bit little-endian PCM, mono, 24 kHz, whole samples. Closing the iterator cancels it.

        Raises `ProviderError`.
        """
        ...
