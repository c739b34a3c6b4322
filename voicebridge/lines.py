"""The fixed lines: what is said when nothing may depend on a provider.

`WORDS` is the text of every line in every language; `scripts/make_lines` speaks it into
`voicebridge/lines/<language>/<name>.ulaw` (G.711 mu-law, mono, 8 kHz), which are shipped with the code. At start-up the
same lines are spoken by the configured voice in the background, kept in `var/lines`, and take the shipped ones' place.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path

from callregistry.database import PROJECT_ROOT
from callregistry.logs import get_logger
from voicebridge.dialogue.events import LineName
from voicebridge.providers import TextToSpeech
from voicebridge.reply import synthesise

log = get_logger(__name__)

WORDS: dict[str, dict[LineName, str]] = {
    "en": {
        LineName.GREETING: (
            "Hello. This is Kindline, an automated A I voice. I am calling to see how you are. How are you today?"
        ),
        LineName.ONE_MOMENT: "One moment, please.",
        LineName.LET_ME_SEE: "Let me see.",
        LineName.TAKE_YOUR_TIME: "Take your time.",
        LineName.SLOWER: "Of course. I will speak more slowly.",
        LineName.FASTER: "Of course. I will speak a little faster.",
        LineName.LOUDER: "Of course. I will speak up.",
        LineName.QUIETER: "Of course. I will speak more softly.",
        LineName.I_WAIT: "Of course. Take your time, I will wait.",
        LineName.AM_LISTENING: "Yes, I am listening.",
        LineName.NOTHING_TO_REPEAT: "I only said hello. How are you today?",
        LineName.DID_NOT_HEAR: "I'm sorry, I didn't hear that well. Could you say it again?",
        LineName.TROUBLE: "I'm sorry, I'm having a little trouble with my line. Could you say that once more?",
        LineName.STILL_THERE: "Are you still there? Take all the time you need.",
        LineName.CUT_OFF: "I'm sorry, we were cut off for a moment. I'm back now.",
        LineName.GOODBYE: "Thank you for talking with me. Take care, and goodbye.",
        LineName.GOODBYE_SILENCE: "I can't hear you, so I will try again another time. Take care, and goodbye.",
        LineName.GOODBYE_TROUBLE: (
            "I'm sorry, I'm having trouble with my line today. I will try again later. Take care, and goodbye."
        ),
        LineName.GOODBYE_TIME: "I have to end our call now. It was good to talk with you. Take care, and goodbye.",
    },
}

SHIPPED = Path(__file__).parent / "lines"
CACHE = PROJECT_ROOT / "var" / "lines"


class LinesMissingError(Exception):
    """The bridge must not start: it could not say what has to be said when all else fails."""


class Lines:
    """Every line's words and audio (mu-law, 8 kHz). Shared by all calls of this process."""

    def __init__(self, words: Mapping[LineName, str], audio: Mapping[LineName, bytes]) -> None:
        self._spoken = {line: (words[line], audio[line]) for line in LineName}

    def line(self, name: LineName) -> tuple[str, bytes]:
        """Words and audio."""
        return self._spoken[name]

    async def take_voice(
        self, name: LineName, text_to_speech: TextToSpeech, voice: str, words: str | None = None, *, cache: Path = CACHE
    ) -> None:
        """Has a line spoken by the voice that answers, so that the person hears one voice. Raises `ProviderError`.

        `voice` identifies it in the cache. `words` take the place of the shipped ones: our greeting, because the
        shipped one cannot know on whose behalf we call.
        """
        words = words or self._spoken[name][0]
        fingerprint = hashlib.sha256("\n".join([voice, words]).encode()).hexdigest()[:32]
        self._spoken[name] = (words, await _cached(cache / f"{fingerprint}.ulaw", text_to_speech, words))


def load_lines(language: str, folder: Path = SHIPPED) -> Lines:
    """The shipped lines. Raises `LinesMissingError`."""
    if language not in WORDS:
        raise LinesMissingError(f"CALL_LANGUAGE: there are no spoken lines in {language!r}, only in {sorted(WORDS)}")
    try:
        audio = {name: (folder / language / f"{name}.ulaw").read_bytes() for name in LineName}
    except OSError as error:
        raise LinesMissingError(f"{error.filename}: a spoken line is missing; run scripts/make_lines") from None
    return Lines(WORDS[language], audio)


async def _cached(file: Path, text_to_speech: TextToSpeech, words: str) -> bytes:
    audio = await asyncio.to_thread(_kept, file)
    if audio is None:
        audio = await synthesise(text_to_speech, words)
        try:
            await asyncio.to_thread(_keep, file, audio)
        except OSError as error:
            log.warning("a line could not be kept for the next start", problem=type(error).__name__)
    return audio


def _kept(file: Path) -> bytes | None:
    return file.read_bytes() if file.exists() else None


def _keep(file: Path, audio: bytes) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = file.with_suffix(".part")
    unfinished.write_bytes(audio)
    unfinished.replace(file)
