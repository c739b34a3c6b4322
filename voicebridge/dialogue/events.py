"""The vocabulary of a call: what can happen (events) and what can be asked for (commands).

`TurnTaking.handle(event, now)` takes events and gives commands; the shell (`call_session.py`) carries them out and
sends back what came of them. All times are seconds on one monotonic clock. Every reply has a number: what arrives
from a cancelled reply carries the old number and is dropped in `TurnTaking`, in one place.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from callregistry.call_events import Kind

# --- events: what can happen


@dataclass(frozen=True, slots=True)
class StreamStarted:
    """The telephone's audio flows. `resumed`: an earlier stream of this call broke off."""

    resumed: bool = False


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The ears hear somebody since `at`. The utterance buffer has begun (with what came just before)."""

    at: float


@dataclass(frozen=True, slots=True)
class SpeechSuspected:
    """A quick sign, in a pause, that the person may have spoken again since `at`. `SpeechStarted` follows if so."""

    at: float


@dataclass(frozen=True, slots=True)
class SpeechFading:
    """A quick sign: nobody has been heard since `at`. `SpeechPaused` follows in a moment, if it is more than a gap."""

    at: float


@dataclass(frozen=True, slots=True)
class SpeechPaused:
    """The ears have heard nobody since `at`. A breath, or the end of the turn: `TurnTaking` decides."""

    at: float
    pitched_ms: int | None = None
    """How much of the sound since `SpeechStarted` had the pitch of a voice: a cough has next to none."""


@dataclass(frozen=True, slots=True)
class UtteranceFull:
    """The utterance buffer is at its maximum: this part must be transcribed, while the turn goes on."""


@dataclass(frozen=True, slots=True)
class Transcribed:
    """The answer to `Transcribe(request)`. `text` is empty when no words were found."""

    request: int
    text: str
    audio_ms: int
    """Length of the audio that was transcribed."""
    voiced_ms: int
    """How much of it was voice."""
    took_ms: int
    snr_db: float | None = None
    """How far the voice stood out of the background."""
    no_speech_prob: float | None = None
    """The model's own doubt that anybody spoke, from 0 to 1, where it tells."""
    avg_logprob: float | None = None
    """How sure the model is of its words (0 is certain, -1 is doubtful), where it tells."""


@dataclass(frozen=True, slots=True)
class TranscriptionFailed:
    """Speech to text gave up on `request` within its deadline."""

    request: int


@dataclass(frozen=True, slots=True)
class ReplyStarted:
    """The first audio of `reply` is on the wire."""

    reply: int


@dataclass(frozen=True, slots=True)
class ReplyFinished:
    """All of `reply` has been played to the person (its last mark came back)."""

    reply: int
    last_sentence: str = ""
    """How it ended: what is said next may be the answer to this."""


@dataclass(frozen=True, slots=True)
class ReplyHeld:
    """`HoldReply` has been carried out; so much of what was made of `reply` has not been heard."""

    reply: int
    unheard_s: float
    last_sentence: str = ""
    """The sentence it was held in."""


@dataclass(frozen=True, slots=True)
class ReplyFailed:
    """The language model or the voice gave up on `reply`. What was sent of it before has been played or cleared."""

    reply: int
    stage: str


@dataclass(frozen=True, slots=True)
class DigitPressed:
    """A key on the telephone."""

    digit: str


@dataclass(frozen=True, slots=True)
class StreamStopped:
    """The telephone's audio has ended: nothing more can be said or heard."""


Event = (
    StreamStarted
    | SpeechStarted
    | SpeechSuspected
    | SpeechFading
    | SpeechPaused
    | UtteranceFull
    | Transcribed
    | TranscriptionFailed
    | ReplyStarted
    | ReplyFinished
    | ReplyHeld
    | ReplyFailed
    | DigitPressed
    | StreamStopped
)


# --- commands: what can be asked for


class LineName(StrEnum):
    """Fixed lines, spoken from local audio that needs no provider (`voicebridge/lines.py` has the words)."""

    GREETING = "greeting"
    ONE_MOMENT = "one_moment"
    LET_ME_SEE = "let_me_see"
    TAKE_YOUR_TIME = "take_your_time"
    SLOWER = "slower"
    FASTER = "faster"
    LOUDER = "louder"
    QUIETER = "quieter"
    I_WAIT = "i_wait"
    AM_LISTENING = "am_listening"
    NOTHING_TO_REPEAT = "nothing_to_repeat"
    DID_NOT_HEAR = "did_not_hear"
    TROUBLE = "trouble"
    STILL_THERE = "still_there"
    CUT_OFF = "cut_off"
    GOODBYE = "goodbye"
    GOODBYE_SILENCE = "goodbye_silence"
    GOODBYE_TROUBLE = "goodbye_trouble"
    GOODBYE_TIME = "goodbye_time"


class Role(StrEnum):
    """What an utterance of ours is for (the `role` of `agent.said`)."""

    GREETING = "greeting"
    ANSWER = "answer"
    REPEAT = "repeat"
    LINE = "line"
    GOODBYE = "goodbye"


@dataclass(frozen=True, slots=True)
class Manner:
    """How we speak to this person, kept for the call."""

    pace: float = 1.0
    """1.0 is as the voice speaks; 0.8 takes a quarter longer."""
    gain_db: float = 0.0
    """Above (below) the usual level."""


class HangUpReason(StrEnum):
    """Why we end a call (the `reason` of `call.finished`)."""

    SAID_GOODBYE = "said_goodbye"
    SILENCE = "silence"
    TIME_LIMIT = "time_limit"
    TECHNICAL = "technical"


@dataclass(frozen=True, slots=True)
class Transcribe:
    """Turn the utterance so far, all of it, into text; it goes on with what is heard next. `closes_part`: the buffer is
    full, so what is transcribed now leaves it."""

    request: int
    closes_part: bool = False


@dataclass(frozen=True, slots=True)
class DiscardUtterance:
    """The turn is settled, or it was nobody's: forget the audio of it."""


@dataclass(frozen=True, slots=True)
class StartReply:
    """Prepare an answer: language model, then voice. Nothing is sent, and nothing has happened, until `ReleaseReply`.
    `speech_ended_at` is the end of the person's speech, from which the latency is counted. `closing`: the person has
    said goodbye, so this is our goodbye."""

    reply: int
    turn: int
    text: str
    speech_ended_at: float
    closing: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseReply:
    """The person has finished: `reply` may be heard as soon as its first sound is ready."""

    reply: int


@dataclass(frozen=True, slots=True)
class SayGreeting:
    """Speak the prepared greeting as `reply` (the local greeting line, if none is ready)."""

    reply: int


@dataclass(frozen=True, slots=True)
class SayLine:
    """Speak a fixed line as `reply`."""

    reply: int
    line: LineName
    role: Role


@dataclass(frozen=True, slots=True)
class SayFiller:
    """Speak a holding word as `reply`, while the answer is not ready. It is no part of the conversation."""

    reply: int
    line: LineName


@dataclass(frozen=True, slots=True)
class SayAgain:
    """Speak our last sentence once more as `reply`, in this manner, after a line if there is one to say first."""

    reply: int
    manner: Manner
    opener: LineName | None = None


@dataclass(frozen=True, slots=True)
class ChangeManner:
    """Speak so from now on."""

    manner: Manner


@dataclass(frozen=True, slots=True)
class HoldReply:
    """Stop sounding, and keep what has not been heard of `reply`: it may go on. `ReplyHeld` answers."""

    reply: int


@dataclass(frozen=True, slots=True)
class ResumeReply:
    """It was no interruption: `reply` goes on where it stopped."""

    reply: int


@dataclass(frozen=True, slots=True)
class StopReply:
    """Cancel `reply`: its tasks, its queued audio, and what the telephone has buffered of it."""

    reply: int


@dataclass(frozen=True, slots=True)
class HangUp:
    """The conversation is over: mark the call finished and have it hung up."""

    reason: HangUpReason


@dataclass(frozen=True, slots=True)
class Record:
    """A call event for the log and the browser (`callregistry/call_events.py`)."""

    kind: Kind
    data: dict[str, Any]


Command = (
    Transcribe
    | DiscardUtterance
    | StartReply
    | ReleaseReply
    | SayGreeting
    | SayLine
    | SayFiller
    | SayAgain
    | ChangeManner
    | HoldReply
    | ResumeReply
    | StopReply
    | HangUp
    | Record
)
