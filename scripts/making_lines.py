"""Speaks the bridge's fixed lines and writes them as telephone audio (the work behind `scripts/make_lines`).

Each line is 8 kHz mu-law, at the level of all our voices (-20 dBFS while speaking), with 100 ms of silence at both ends
and fades, so that it can be joined to anything without a click. What was made is heard by the sandbox's ears: a line
that they do not understand is not written.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Collection
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sandbox.speech import SpeechEngines
from scripts.environment import ROOT
from voicebridge.audio import codec
from voicebridge.dialogue.events import LineName
from voicebridge.lines import WORDS

Samples = npt.NDArray[np.float32]

RATE_HZ = codec.SAMPLE_RATE_HZ
LINES = ROOT / "voicebridge" / "lines"
VOICES = {"en": "joe"}
PACE = 0.95
"""A little slower than usual: these lines come when something is wrong."""

EDGE_MS = 100
_FADE_MS = 10
_SILENT = 10 ** (-50 / 20)
_MOST_WORDS_WRONG = 0.2


class NotUnderstoodError(Exception):
    """The voice did not speak a line so that it can be understood."""


async def make_lines(folder: Path, engines: SpeechEngines, anew: Collection[str] = ()) -> None:
    """Write the lines that are missing under `folder`, and those named in `anew`, in every language.

    The others keep their bytes: the voice never speaks twice alike. Raises `NotUnderstoodError`.
    """
    for language, words in WORDS.items():
        (folder / language).mkdir(parents=True, exist_ok=True)
        for name, text in words.items():
            if name not in anew and (folder / language / f"{name}.ulaw").exists():
                continue
            pcm16 = await engines.say(text, VOICES[language], PACE, RATE_HZ)
            mulaw = codec.encode(trimmed(pcm16))
            heard = (await engines.hear(codec.decode(mulaw))).text
            if missed(text, heard) > _MOST_WORDS_WRONG:
                raise NotUnderstoodError(f"{name}: {text!r} was heard as {heard!r}")
            (folder / language / f"{name}.ulaw").write_bytes(mulaw)
            print(f"{language} {name}: {codec.duration_s(mulaw):.1f} s, {codec.level_dbfs(mulaw):.0f} dBFS")


def trimmed(pcm16: bytes) -> bytes:
    """The speech in `pcm16` (8 kHz) with exactly 100 ms before and after it, faded in and out."""
    samples = np.frombuffer(pcm16, "<i2").astype(np.float32) / 32768
    block = RATE_HZ // 100
    blocks = samples[: samples.size // block * block].reshape(-1, block)
    loud = np.flatnonzero(np.sqrt((blocks**2).mean(axis=1)) > _SILENT)
    if loud.size == 0:
        return b""
    edge = RATE_HZ * EDGE_MS // 1000
    padded = np.concatenate([np.zeros(edge), samples, np.zeros(edge)])
    speech = padded[loud[0] * block : (loud[-1] + 1) * block + 2 * edge]
    fade = np.linspace(0.0, 1.0, RATE_HZ * _FADE_MS // 1000)
    speech[: fade.size] *= fade
    speech[-fade.size :] *= fade[::-1]
    return bytes(np.rint(speech * 32767).astype("<i2").tobytes())


def missed(text: str, heard: str) -> float:
    """Which share of the words of `text` is not in `heard`."""
    wanted, found = (re.findall(r"[a-z']+", t.lower().replace("a i ", "ai ")) for t in (text, heard))
    return sum(word not in found for word in wanted) / len(wanted)


async def _main(anew: list[str]) -> None:
    if unknown := set(anew) - set(LineName):
        sys.exit(f"There is no line {', '.join(sorted(unknown))}. There are: {', '.join(LineName)}.")
    engines = SpeechEngines()
    await engines.start()
    try:
        await make_lines(LINES, engines, anew)
    except NotUnderstoodError as error:
        sys.exit(f"{error}\nNothing more was written. Run it again: the voice never speaks twice alike.")
    finally:
        await engines.close()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1:]))
