"""The states of a call's automata, and how patient they are. What leads from one to another is in `turn_taking.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from voicebridge.dialogue.endpointing import Patience


class CallerState(StrEnum):
    """What the ears hear."""

    SILENT = "silent"
    SPEAKING = "speaking"
    PAUSED = "paused"


class AgentState(StrEnum):
    """What we do. The values are those of the `agent.state` event."""

    IDLE = "listening"
    WAITING = "waiting"
    """As IDLE, but the person has asked us to hold on."""
    DRAFTING = "drafting"
    """The person has paused; an answer is being prepared, and nothing of it is heard before the turn is over."""
    THINKING = "thinking"
    """The turn is over; the answer's first sound is awaited."""
    SPEAKING = "speaking"
    HELD = "held"
    """We have stopped in mid-sentence, and may go on."""


class Phase(StrEnum):
    """Where the call is."""

    OPENING = "opening"
    TALKING = "talking"
    PATIENT = "patient"
    CLOSING = "closing"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Timing:
    """How patient we are."""

    patience: Patience = field(default_factory=Patience)
    """The silence after the person's speech before we may be heard."""
    in_code_s: float = 0.8
    """The same after what is answered without a model ("Pardon?", "slower"): those few words are all of it."""
    drafts: bool = True
    """Prepare answers in pauses. Without, nothing is asked of any provider before the turn is surely over."""
    draft_after_s: float = 0.2
    """A pause of this length has the utterance transcribed."""
    late_draft_after_s: float = 0.9
    """The same, once a turn has used up its drafts, and for answers to what sounds unfinished."""
    drafts_per_turn: int = 4
    """So many answers are prepared for one turn that goes on and on."""
    draft_speech_s: float = 20.0
    """A turn with more speech than this is transcribed only in long pauses: it costs by the minute."""
    suspicion_s: float = 0.16
    """A quick sign of speech holds our first sound back for so long: by then the ears are sure."""
    suspicions_s: float = 0.5
    """All of them together, in one pause."""
    repair_s: float = 1.0
    """Whoever goes on within this time of our first sound was not finished: it is one turn."""
    barge_in_s: float = 0.14
    """Speech of this length makes us stop, for the time being."""
    greeting_barge_in_s: float = 1.2
    """The same over the greeting: a "Hello?" when picking up is no interruption."""
    yield_s: float = 2.0
    """Speech of this length over us is an interruption, whatever is said."""
    noise_s: float = 0.6
    """A shorter sound without the pitch of a voice is a noise: we go on at once."""
    noise_pitched_ms: int = 40
    """So much pitch is in a noise, too."""
    worth_resuming_s: float = 0.6
    """With less than this unheard, a reply that was stopped is over."""
    filler_after_s: float = 2.5
    """After the end of the person's speech, without an answer: a holding word."""
    filler_again_s: float = 4.0
    """After that: another one."""
    filler_grace_s: float = 0.4
    """An answer that is released late has so long for its first sound: it may be ready."""
    idle_s: float = 9.0
    """Silence until we say that there is no hurry."""
    idle_again_s: float = 10.0
    """Silence after that until we ask whether anybody is there, and again until we say goodbye."""
    hold_on_s: float = 120.0
    """So long we wait in silence for somebody who has asked us to hold on."""
    hold_on_turn_s: float = 4.0
    """While we wait, the person may talk with somebody else: only after this silence it was meant for us."""
    transcribing_s: float = 20.0
    """After it was asked for, the text of a turn has to be there."""
    thinking_s: float = 20.0
    """After its release an answer's first sound has to be there."""
    goodbye_within_s: float = 6.0
    """The same for our goodbye, which the local one can replace."""
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
