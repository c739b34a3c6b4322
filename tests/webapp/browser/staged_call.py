"""A call played into the registry, step by step, as web app and bridge would record it."""

from __future__ import annotations

import time
from typing import Any

from callregistry.call_events import Kind
from callregistry.calls import CallStatus
from callregistry.registry import NewEvent, Registry

STAGES = {"endpointing_ms": 250, "stt_ms": 280, "llm_ms": 310, "tts_ms": 190, "waiting_ms": 350}


class StagedCall:
    """Speaks for both ends of one call."""

    def __init__(self, registry: Registry, call_id: str) -> None:
        self.registry = registry
        self.call_id = call_id
        self._reply = 0

    def status(self, status: CallStatus, reason: str | None = None) -> None:
        """Twilio's status callback has come."""
        self.registry.advance_status(self.call_id, status, now=time.time(), reason=reason)

    def finished(self, reason: str) -> None:
        """The conversation is over."""
        self.registry.finish_call(self.call_id, reason, now=time.time())

    def tell(self, kind: Kind, **data: Any) -> None:
        """Any event."""
        self.registry.append_events([NewEvent(self.call_id, kind, data, time.time())])

    def answered(self) -> None:
        """The person picks up, and hears the greeting."""
        self.status(CallStatus.RINGING)
        self.status(CallStatus.IN_PROGRESS)
        self.tell(Kind.STREAM_STARTED, attempt=1, stream_sid="MZ" + "0" * 32)
        self.agent("Good morning! This is Kindline, an automated voice.", role="greeting")

    def person(self, turn: int, text: str) -> None:
        """A whole turn of the person."""
        self.tell(Kind.PERSON_SPEAKING, speaking=True)
        self.tell(Kind.PERSON_SPEAKING, speaking=False)
        self.tell(Kind.AGENT_STATE, state="thinking")
        self.tell(Kind.PERSON_SAID, turn=turn, text=text, audio_ms=1800, stt_ms=280)

    def drafts(self, turn: int, *whats: str) -> None:
        """Answers are prepared for a turn; what becomes of each."""
        for what in whats:
            self._reply += 1
            self.tell(Kind.REPLY_DRAFT, reply=self._reply, turn=turn, what="begun")
            self.tell(Kind.REPLY_DRAFT, reply=self._reply, turn=turn, what=what)

    def agent(
        self,
        text: str,
        *,
        turn: int | None = None,
        latency_ms: int | None = None,
        heard: str | None = None,
        role: str = "answer",
    ) -> None:
        """A whole utterance of ours; interrupted if less was `heard` than was meant."""
        self._reply += 1
        stages = STAGES if latency_ms is not None else None
        self.tell(Kind.REPLY_STARTED, reply=self._reply, turn=turn, latency_ms=latency_ms, stages=stages)
        self.tell(Kind.AGENT_STATE, state="speaking")
        self.tell(Kind.AGENT_SENTENCE, reply=self._reply, text=text)
        played = text if heard is None else heard
        facts = {"role": role, "text": text, "heard": played, "interrupted": played != text}
        self.tell(Kind.AGENT_SAID, reply=self._reply, turn=turn, **facts)
        self.tell(Kind.AGENT_STATE, state="listening")

    def said_goodbye(self) -> None:
        """A spoken goodbye, and the line is closed."""
        self.agent("Goodbye, and have a lovely day.", role="goodbye")
        self.finished("said_goodbye")
        self.status(CallStatus.COMPLETED)
