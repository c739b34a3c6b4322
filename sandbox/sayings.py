"""What a scripted person may say: text with stage directions in it ([pause S], [tone HZ S], [cough], [knock]), or a
WAV file.

Texts and files are checked when a person's file is read: a mistake that only shows when the telephone has rung costs
its writer a whole call.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sandbox import line_audio

LONGEST_DIRECTION_S = 30.0
_SECONDS = r"([0-9]+(?:\.[0-9]+)?)"
_DIRECTION = re.compile(rf"\[(?:(pause) +{_SECONDS}|(tone) +([0-9]+(?:\.[0-9]+)?) +{_SECONDS}|(cough|knock))\]")
_BRACKETS = re.compile(r"\[[^\[\]]*\]?|\]")
_TONE_HZ = (50.0, 3800.0)
_HOW_TO_DIRECT = (
    f"write [pause SECONDS] or [tone HERTZ SECONDS], up to {LONGEST_DIRECTION_S:g} seconds "
    f"and {_TONE_HZ[0]:g} to {_TONE_HZ[1]:g} hertz; or [cough], or [knock]"
)


@dataclass(frozen=True)
class Saying:
    """Something to say: text (with [pause S] and [tone HZ S] in it), or a WAV file and the text it says."""

    text: str
    wav: Path | None = None
    pause_before_s: float = 0.0
    interrupt_after_s: float | None = None
    """Said into the agent's turn, so long after it began."""
    alone_after_s: float | None = None
    """Said so long after the person's own last words, whatever the agent says or does meanwhile."""


def words(saying: Saying) -> str:
    """What is said, without stage directions."""
    return " ".join(_DIRECTION.sub(" ", saying.text).split())


def directions(text: str) -> list[str | tuple[str, float, float]]:
    """Text and stage directions in order: "a[pause 1.2]b[tone 1000 0.5]" -> ["a", ("pause", 1.2, 0),
    "b", ("tone", 1000, 0.5)]."""
    parts: list[str | tuple[str, float, float]] = []
    end = 0
    for match in _DIRECTION.finditer(text):
        parts.append(text[end : match.start()].strip())
        if match[1]:
            parts.append(("pause", float(match[2]), 0.0))
        elif match[3]:
            parts.append(("tone", float(match[4]), float(match[5])))
        else:
            parts.append((match[6], 0.0, 0.0))
        end = match.end()
    parts.append(text[end:].strip())
    return [part for part in parts if part]


def mistake_in_text(text: str) -> str | None:
    """What is wrong with the stage directions of `text`; None if nothing is."""
    for brackets in _BRACKETS.findall(text):
        match directions(brackets):
            case [("pause", seconds, _)] if seconds <= LONGEST_DIRECTION_S:
                continue
            case [("tone", hz, seconds)] if _TONE_HZ[0] <= hz <= _TONE_HZ[1] and seconds <= LONGEST_DIRECTION_S:
                continue
            case [("cough" | "knock", _, _)]:
                continue
        return f"{brackets} is not understood: {_HOW_TO_DIRECT}"
    return None


def mistake_in_wav(wav: Path) -> str | None:
    """Why `wav` cannot be played down the line; None if it can be."""
    if not wav.is_file():
        return f"no such file: {wav}"
    try:
        sound = line_audio.read_wav(wav)
    except ValueError as problem:
        return f"{wav}: {problem}"
    if not line_audio.without_outer_silence(line_audio.telephone_band(sound)):
        return f"{wav}: there is nothing to hear in it"
    return None
