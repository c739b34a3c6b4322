"""What one side of a line said, as understood from the sound: for the recorder, and for the person who listens."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from sandbox import line_audio
from sandbox.line_recorder import LineRecorder
from sandbox.speech import EnginesBusyError, EnginesStoppedError, Heard
from sandbox.voice_activity import SpeechBegan, SpeechEnded

log = logging.getLogger(__name__)

NOT_SPEECH = 0.6
_LAST_WORDS_S = 15.0


class Ears(Protocol):
    """The part of `SpeechEngines` that is needed here."""

    async def hear(self, pcm16_8k: bytes, sample_rate_hz: int = 8000) -> Heard:
        """The words in PCM."""


class LineEar:
    """Transcribes one side's stretches of speech into the recorder, and passes the words on."""

    def __init__(
        self, speaker: str, ears: Ears, recorder: LineRecorder, tell: Callable[[str, float], None] | None = None
    ) -> None:
        self._speaker = speaker
        self._ears = ears
        self._recorder = recorder
        self._tell = tell
        self._tasks: set[asyncio.Task[None]] = set()

    def speech(self, speech: SpeechBegan | SpeechEnded) -> None:
        """Somebody became audible or silent on this side."""
        if isinstance(speech, SpeechBegan):
            if self._speaker == "agent":
                self._recorder.agent_audible(speech.at)
            return
        task = asyncio.create_task(self._transcribe(speech))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Wait until all that was said has been understood."""
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=_LAST_WORDS_S)

    async def _transcribe(self, speech: SpeechEnded) -> None:
        text = ""
        try:
            heard = await self._ears.hear(line_audio.to_pcm(speech.ulaw))
            text = heard.text.strip() if heard.no_speech_prob <= NOT_SPEECH else ""
        except EnginesBusyError:
            log.warning("sandbox: speech recognition is too busy; some words of the report are missing")
        except EnginesStoppedError:
            log.debug("sandbox: stopped before the last words were understood")
        finally:
            self._recorder.said(self._speaker, text, speech.began, speech.ended)
            if self._tell is not None:
                self._tell(text, speech.ended)
