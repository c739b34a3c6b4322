"""What was audible on one call's line: both sides on one time line, who said what and when.

Times inside are media seconds since the call was answered; the report gives epoch seconds. The person's words are
what was said (the script, or speech recognition for somebody at the browser's telephone); the agent's words are what
speech recognition understands of the sound on the line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.line_audio import FRAME_BYTES, RATE_HZ, stereo_wav

MAX_RECORDED_BYTES = 60 * 60 * RATE_HZ
_SAME_TURN_S = 1.0


@dataclass
class Utterance:
    """One person's or the agent's speech, audible from `began` to `ended` (media seconds)."""

    speaker: str
    text: str
    began: float
    ended: float
    interrupted: bool = False
    aside: bool = False
    """A cough, or a word while the agent speaks, that is no turn and wants no answer."""


@dataclass(frozen=True)
class Clear:
    """The agent's side took back what the telephone had not played yet. Times in (media) seconds."""

    at: float
    unheard_s: float


class LineRecorder:
    """Fed once per 20 ms by the line, and with utterances by those who know their words."""

    def __init__(self) -> None:
        self._person = bytearray()
        self._agent = bytearray()
        self._utterances: list[Utterance] = []
        self._clears: list[Clear] = []
        self.answered_at = 0.0
        self.stream_started: float | None = None
        self.agent_first_audible: float | None = None

    def frame(self, person: bytes, agent: bytes) -> None:
        """The next 20 ms of both sides. After an hour the sound is no longer kept, the words still are."""
        if len(self._person) + FRAME_BYTES <= MAX_RECORDED_BYTES:
            self._person += person
            self._agent += agent

    def stream_start(self, at: float) -> None:
        """A `start` message was sent; the first one counts for the greeting."""
        if self.stream_started is None:
            self.stream_started = at

    def agent_audible(self, at: float) -> None:
        """The agent's speech became audible."""
        if self.agent_first_audible is None and self.stream_started is not None:
            self.agent_first_audible = at

    def cleared(self, at: float, unheard_s: float) -> None:
        """A clear arrived. It threw away `unheard_s` of audio that had not been heard, or nothing."""
        self._clears.append(Clear(at, unheard_s))

    def said(self, speaker: str, text: str, began: float, ended: float, *, aside: bool = False) -> None:
        """Somebody ("person" or "agent") spoke."""
        self._utterances.append(Utterance(speaker, text, began, ended, aside=aside))

    def greeting_ms(self) -> int | None:
        """From the `start` message to the agent's first audible sound."""
        if self.stream_started is None or self.agent_first_audible is None:
            return None
        return round((self.agent_first_audible - self.stream_started) * 1000)

    def utterances(self) -> list[Utterance]:
        """In order of their beginning; stretches of one speaker's turn joined, interruptions marked."""
        joined: list[Utterance] = []
        for one in sorted(self._utterances, key=lambda utterance: utterance.began):
            last = joined[-1] if joined else None
            if (
                last is not None
                and last.speaker == one.speaker == "agent"
                and one.began - last.ended <= _SAME_TURN_S
                and not self._cut_between(last.began, one.began)
            ):
                last.text = f"{last.text} {one.text}".strip()
                last.ended = max(last.ended, one.ended)
            else:
                joined.append(Utterance(one.speaker, one.text, one.began, one.ended, aside=one.aside))
        for one in joined:
            one.interrupted = self._interrupted(one, joined)
        return joined

    def report(self) -> dict[str, Any]:
        """Utterances and clears with epoch times, and the greeting's delay."""
        return {
            "greeting_ms": self.greeting_ms(),
            "utterances": [
                {
                    "speaker": one.speaker,
                    "text": one.text,
                    "started_at": round(self.answered_at + one.began, 3),
                    "ended_at": round(self.answered_at + one.ended, 3),
                    "interrupted": one.interrupted,
                    "aside": one.aside,
                }
                for one in self.utterances()
            ],
            "clears": [
                {"at": round(self.answered_at + clear.at, 4), "unheard_ms": round(clear.unheard_s * 1000)}
                for clear in self._clears
            ],
        }

    def wav(self) -> bytes:
        """Stereo, 8 kHz, 16-bit: the person left, the agent right."""
        return stereo_wav(bytes(self._person), bytes(self._agent))

    def _cut_between(self, began: float, ended: float) -> bool:
        return any(clear.unheard_s and began <= clear.at <= ended for clear in self._clears)

    def _interrupted(self, one: Utterance, everything: list[Utterance]) -> bool:
        """The agent: cut off by a clear. The person: the agent began to speak while he or she was speaking."""
        if one.speaker == "agent":
            return self._cut_between(one.began, one.ended + 0.1)
        return any(other.speaker == "agent" and one.began < other.began < one.ended for other in everything)
