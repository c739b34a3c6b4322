"""The states of a call's automata, and how patient they are. What leads from one to another is in `turn_taking.py`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CallerState(StrEnum):
    """What the ears hear."""

    SILENT = "silent"
    SPEAKING = "speaking"
    PAUSED = "paused"


class AgentState(StrEnum):
    """What we do. The values are those of the `agent.state` event."""

    IDLE = "listening"
    THINKING = "thinking"
    SPEAKING = "speaking"


class Phase(StrEnum):
    """Where the call is."""

    OPENING = "opening"
    TALKING = "talking"
    CLOSING = "closing"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Timing:
    """How patient we are."""

    end_of_turn_s: float = 1.0
    """A pause of this length ends the person's turn."""
    barge_in_s: float = 0.3
    """Speech of this length stops us."""
    greeting_barge_in_s: float = 1.2
    """Speech of this length stops the greeting."""
    idle_s: float = 12.0
    """Silence until we ask whether anybody is there."""
    idle_again_s: float = 15.0
    """Silence after that until we say goodbye."""
    transcribing_s: float = 20.0
    """After the end of a turn its words have to be there."""
    thinking_s: float = 20.0
    """After `StartReply` its first sound has to be there."""
    speaking_s: float = 120.0
    """No reply is longer: its end has been lost."""
    max_call_s: float = 1800.0
    """The call is hung up at this age, whatever happens."""
    wind_down_s: float = 30.0
    """So long before that we begin to look for a moment to say goodbye."""
    clearly_a_voice_ms: int = 600
    """A turn without words that had this much voice was meant for us."""
    misheard_in_a_row: int = 2
    """So often we ask to say it again; then we just listen."""
    failures_in_a_row: int = 3
    """So many, and we say goodbye."""
