"""What a stream must know of its call's earlier streams: a resumed call goes on where it broke off."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from callregistry.call_events import Kind
from callregistry.calls import Call, CallEvent
from callregistry.transcript import transcript
from voicebridge.call_log import CallLog
from voicebridge.dialogue.conversation import Conversation
from voicebridge.dialogue.events import Manner
from voicebridge.dialogue.prompts import system_prompt
from voicebridge.dialogue.turn_taking import Timing
from voicebridge.settings import BridgeSettings

MAX_EVENTS = 5000
LAST_WORDS_S = 30.0


@dataclass(frozen=True, slots=True)
class History:
    """Where a stream begins."""

    conversation: Conversation
    resumed: bool
    """An earlier stream has greeted the person."""
    next_reply: int
    next_turn: int
    talked_s: float
    """How long ago the person answered."""
    manner: Manner = field(default_factory=Manner)
    """How we speak to this person."""

    def timing(self, timing: Timing) -> Timing:
        """The timing of a stream: a resumed call does not get the whole length of a call once more."""
        return replace(timing, max_call_s=max(LAST_WORDS_S, timing.max_call_s - self.talked_s))


async def load_history(call_log: CallLog, call: Call, attempt: int, settings: BridgeSettings) -> History:
    """Reads what earlier streams of the call left in the registry."""
    prompt = system_prompt(call.person_name, settings.caller_name, call.topic, today=_today())
    conversation = Conversation(prompt)
    if attempt == 1:
        return History(conversation, resumed=False, next_reply=1, next_turn=1, talked_s=0.0)
    events = await call_log.ask(call_log.registry.events_after, call.id, 0, MAX_EVENTS, without=[Kind.TURN_STEP])
    greeted = False
    for number, line in enumerate(transcript(events)):
        greeted = greeted or (line.role == "greeting" and bool(line.text))
        if line.speaker == "person" and line.turn is not None:
            conversation.person_said(line.turn, line.text)
        elif line.role != "line":
            # Replies that were told of have numbers below 0 here: they never change again.
            conversation.agent_said(-1 - number, line.text, line.interrupted)
    talked_s = 0.0 if call.answered_at is None else max(0.0, time.time() - call.answered_at)
    # Who has not heard who we are is greeted, not told that we are back.
    next_reply, next_turn = _highest(events, "reply") + 1, _highest(events, "turn") + 1
    return History(conversation, greeted, next_reply, next_turn, talked_s, _manner(events))


def _today() -> str:
    now = time.localtime()
    return f"{time.strftime('%A', now)}, {now.tm_mday} {time.strftime('%B %Y', now)}"


def _manner(events: list[CallEvent]) -> Manner:
    changes = [event.data for event in events if event.kind == Kind.VOICE_CHANGED]
    return Manner(changes[-1]["pace"], changes[-1]["gain_db"]) if changes else Manner()


def _highest(events: list[CallEvent], name: str) -> int:
    kinds = {Kind.REPLY_DRAFT, Kind.REPLY_STARTED, Kind.AGENT_SAID, Kind.PERSON_SAID, Kind.AGENT_SENTENCE}
    return max((event.data.get(name) or 0 for event in events if event.kind in kinds), default=0)
