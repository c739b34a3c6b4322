"""One turn of the person: all they say until we answer, however often they pause.

The whole utterance is transcribed again whenever the person has gone on: parts cut in the middle of a sentence are
misheard. Only a story longer than the utterance buffer is put together from parts, each closed when the buffer is full.
Not here: when a turn is over (`answering.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from voicebridge.dialogue.events import Transcribed
from voicebridge.dialogue.hallucination import is_invented
from voicebridge.dialogue.intents import new_words

_SAME_MOMENT_S = 0.03
"""Two times of a voice's end that differ by less, a frame and a half, are the same."""


@dataclass(slots=True)
class _Part:
    """What one filling of the utterance buffer holds. Only the newest request counts: it covers the most."""

    request: int
    transcribed: Transcribed | None = None
    text: str = ""
    failed: bool = False

    @property
    def is_pending(self) -> bool:
        return self.transcribed is None and not self.failed


@dataclass(slots=True)
class Turn:
    """What the person has said since we last spoke, as far as it is known."""

    began_at: float = 0.0
    over_greeting: bool = False
    """It began while the greeting played."""
    interrupted_us: bool = False
    """We fell silent for good because of it."""
    number: int | None = None
    """Given when it is first answered or told."""
    ended_at: float = 0.0
    """When the person's voice was last heard."""
    requested_at: float = 0.0
    """When its text was last asked for."""
    drafts: int = 0
    """Answers prepared for it so far."""
    fillers: int = 0
    """Holding words said while it waited for its answer."""
    told: str = ""
    """Its words as they were told last."""
    draft_failed: bool = False
    """The last answer prepared for it came to nothing."""
    stretches: int = 0
    """How often the person has begun to speak since our last answer to it."""
    answered: str = ""
    """Its words when our answer to it first sounded."""
    _parts: list[_Part] = field(default_factory=list)
    _last_is_closed: bool = True
    _asked_until: float | None = None
    """All that was said until then has gone to speech to text; None if the person has spoken since."""

    def goes_on(self) -> None:
        """The person speaks: what is known of the words is not all of them."""
        self.stretches += 1
        self._asked_until = None
        self.draft_failed = False

    def is_answered(self) -> None:
        """Our answer can be heard. If the person goes on at once, it was not the end of the turn."""
        self.answered, self.stretches = self.text, 0
        self.over_greeting = self.interrupted_us = False

    def pauses(self, since: float) -> None:
        """The person was last heard then."""
        self.ended_at = since
        if self._asked_until is not None and since > self._asked_until + _SAME_MOMENT_S:
            self._asked_until = None

    def asked(self, request: int, *, heard_until: float, closes_part: bool) -> None:
        """The utterance so far, up to the person's voice at `heard_until`, has gone to speech to text."""
        if self._last_is_closed:
            self._parts.append(_Part(request))
        else:
            self._parts[-1] = _Part(request)
        self._last_is_closed = closes_part
        self._asked_until = None if closes_part else heard_until  # a full buffer is emptied while the person speaks on

    def is_waiting_for(self, request: int) -> bool:
        """The answer to this request is needed, and has not come."""
        return any(part.request == request and part.is_pending for part in self._parts)

    def understood(self, transcribed: Transcribed) -> None:
        """The text has come."""
        part = self._part(transcribed.request)
        part.transcribed = transcribed
        part.text = "" if is_invented(transcribed) else transcribed.text.strip()

    def gave_up(self, request: int) -> None:
        """It will never be known."""
        self._part(request).failed = True

    def gave_up_all(self) -> None:
        """None of what is missing will be known."""
        for part in self._parts:
            part.failed = part.failed or part.is_pending

    @property
    def is_asked(self) -> bool:
        """All that has been said has gone to speech to text."""
        return self._asked_until is not None

    @property
    def is_pending(self) -> bool:
        """A text is still to come."""
        return any(part.is_pending for part in self._parts)

    @property
    def is_known(self) -> bool:
        """All that can be known of its words is known."""
        return self.is_asked and not self.is_pending

    @property
    def failed(self) -> bool:
        """A part of it could not be transcribed."""
        return any(part.failed for part in self._parts)

    @property
    def text(self) -> str:
        """All words, as far as they are known."""
        return " ".join(part.text for part in self._parts if part.text)

    @property
    def new_text(self) -> str:
        """The words beyond those that have been answered."""
        return new_words(self.answered, self.text) if self.answered else self.text

    @property
    def audio_ms(self) -> int:
        """How much audio its text was made from."""
        return sum(part.transcribed.audio_ms for part in self._parts if part.transcribed)

    @property
    def voiced_ms(self) -> int:
        """How much of that was voice."""
        return sum(part.transcribed.voiced_ms for part in self._parts if part.transcribed)

    @property
    def stt_ms(self) -> int:
        """How long the slowest part took to be transcribed."""
        return max((part.transcribed.took_ms for part in self._parts if part.transcribed), default=0)

    def _part(self, request: int) -> _Part:
        return next(part for part in self._parts if part.request == request)
