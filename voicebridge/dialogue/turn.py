"""One turn of the person: the parts it is transcribed in, put together again in the order in which they were spoken.

A long story is transcribed in parts while it goes on, and a turn goes on when the person speaks again before our answer
is heard. Answers may come in any order. Not here: when a turn is over (`turn_taking.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from voicebridge.dialogue.events import Transcribed
from voicebridge.dialogue.intents import is_backchannel, is_goodbye, is_hello
from voicebridge.dialogue.states import AgentState, Phase


@dataclass(slots=True)
class Turn:
    """What the person has said since we last spoke, as far as it is known."""

    over_greeting: bool = False
    """It began while the greeting played."""
    interrupted_us: bool = False
    """We fell silent because of it."""
    number: int | None = None
    """Given when it is told for the first time."""
    ended_at: float = 0.0
    """When the person's voice was last heard."""
    failed: bool = False
    """A part of it could not be transcribed."""
    _parts: dict[int, Transcribed | None] = field(default_factory=dict)

    def asked(self, request: int) -> None:
        """A part has gone to speech to text."""
        self._parts[request] = None

    def answered(self, transcribed: Transcribed) -> None:
        """Its text has come."""
        self._parts[transcribed.request] = transcribed

    def gave_up(self, request: int) -> None:
        """It will never be known."""
        del self._parts[request]
        self.failed = True

    @property
    def pending(self) -> list[int]:
        """The requests without an answer."""
        return [request for request, part in self._parts.items() if part is None]

    @property
    def text(self) -> str:
        """All words, in the order of the requests."""
        words = (part.text.strip() for _, part in sorted(self._parts.items()) if part is not None)
        return " ".join(word for word in words if word)

    @property
    def audio_ms(self) -> int:
        """How much audio was transcribed."""
        return sum(part.audio_ms for part in self._parts.values() if part is not None)

    @property
    def voiced_ms(self) -> int:
        """How much of that was voice."""
        return sum(part.voiced_ms for part in self._parts.values() if part is not None)

    @property
    def stt_ms(self) -> int:
        """How long the slowest part took to be transcribed."""
        return max((part.took_ms for part in self._parts.values() if part is not None), default=0)

    def needs_no_answer(self, phase: Phase, agent: AgentState) -> bool:
        """Rules 3 and 7 of `turn_taking.py`: a sign of listening, a hello over the greeting, a second goodbye."""
        if phase is Phase.CLOSING:
            return is_goodbye(self.text) or is_backchannel(self.text)
        if self.over_greeting and not self.interrupted_us and is_hello(self.text):
            return True
        return agent is AgentState.SPEAKING and is_backchannel(self.text)
