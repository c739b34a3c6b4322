"""Voice activity: is somebody speaking into the telephone? By loudness alone, measured against the talker and the room.

How it listens, every 20 ms:

*Beginning.* While nobody speaks, the room is known by the levels of the last 1.5 s. Somebody has begun to speak when
7 of 9 frames stand 9 dB out of the quiet fifth of those. A click or a knock of 100 ms touches at most 6 frames.

*Going on.* From then on it is the talker who is followed: his *top* is the highest level over 200 ms, sinking by 0.5 dB
a second; the *background* is what the room sounded like before he began. The gate lies just above the background, but
never so high that his weak last syllables are lost (8 dB below the top), nor so low that far sounds count (35 dB). He
speaks while the level over 200 ms or over 100 ms is above the gate: about 200 ms of silence are a pause. Within the
first 360 ms 80 ms are enough, so that a cough is known to be over before it can pass for an interruption.

*After a pause* he is expected to go on, so for 2.5 s 3 frames of 5 above his gate are enough.

*What is not a talker.* A sound whose level stays within 3 dB for a second (hum, hiss, a dial tone) is the room: speech
goes up and down. And when the talker's own level has not been reached for 2.4 s although something is heard (a
television after the talker has finished), the talker has paused since then, and what was heard is the background.

Where the end of a turn lies is not decided here, but in `dialogue/turn_taking.py`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from voicebridge.audio.codec import SAMPLE_RATE_HZ, dbfs, power

FRAME_MS = 20
_FRAME_BYTES = SAMPLE_RATE_HZ * FRAME_MS // 1000

_ONSET_WINDOW, _ONSET_FRAMES = 9, 7
_ONSET_ABOVE_ROOM_DB = 9.0
_ONSET_AT_LEAST_DBFS = -48.0
_ROOM_FRAMES = 75
_ROOM_REFRESH_FRAMES = 5
_ROOM_AT_MOST_DBFS = -40.0
"""Until the room is known, the first sounds may be a "Hello?": a room is not taken to be louder than this."""

_GATE_ABOVE_BACKGROUND_DB = 1.0
_GATE_BELOW_TOP_DB = 8.0
_GATE_LOWEST_BELOW_TOP_DB = 35.0
_GATE_AT_LEAST_DBFS = -58.0
_TOP_FALLS_DB = 0.5 * FRAME_MS / 1000

_YOUNG_MS, _YOUNG_FRAMES = 360, 4

_RESUME_WINDOW, _RESUME_FRAMES = 5, 3
_RESUME_ABOVE_GATE_DB = 2.0
_RESUME_MS = 2500

_STEADY_FRAMES = 50
_STEADY_DB = 3.0
_STRONG_BELOW_TOP_DB = 7.0
_STRONG_MEMORY_MS = 1000
_CEILING_MS = 2400
_ONSET_ABOVE_TELEVISION_DB = 3.0
_BACKGROUND_GONE_DB = 12.0
_BACKGROUND_FALLS_DB = 1.0 * FRAME_MS / 1000


@dataclass(frozen=True, slots=True)
class VoiceStarted:
    """Somebody speaks, since `at_ms` of the audio fed."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class VoicePaused:
    """Nobody has spoken since `at_ms` of the audio fed."""

    at_ms: int


VoiceEvent = VoiceStarted | VoicePaused


class VoiceActivity:
    """Fed with everything that is heard, in pieces of any size; tells when somebody begins to speak and pauses."""

    def __init__(self) -> None:
        self._rest = b""
        self.now_ms = 0
        """How much audio has been judged, in whole frames."""
        self.voiced_ms = 0
        """How much of it was voice."""
        self.speaking = False
        self._powers: deque[float] = deque([0.0] * 10, maxlen=10)
        self._loud: deque[bool] = deque(maxlen=_ONSET_WINDOW)
        self._room: deque[float] = deque(maxlen=_ROOM_FRAMES)
        self._room_db = _ROOM_AT_MOST_DBFS
        self._background_db = _ROOM_AT_MOST_DBFS
        self._top_db = _ROOM_AT_MOST_DBFS
        self._steady: deque[float] = deque(maxlen=_STEADY_FRAMES)
        self._frames = 0
        self._young_until_ms = 0
        self._last_voice_ms = 0
        self._last_strong_ms = 0
        self._paused_ms = -_RESUME_MS

    def feed(self, mulaw: bytes) -> list[VoiceEvent]:
        """What became clear with these bytes (8 kHz mu-law)."""
        data = self._rest + mulaw
        events: list[VoiceEvent] = []
        end = 0
        for end in range(_FRAME_BYTES, len(data) + 1, _FRAME_BYTES):
            event = self._judge(data[end - _FRAME_BYTES : end])
            if event is not None:
                events.append(event)
        self._rest = data[end:]
        return events

    def _judge(self, frame: bytes) -> VoiceEvent | None:
        self.now_ms += FRAME_MS
        frame_power = power(frame)
        self._powers.append(frame_power)
        frame_db = dbfs(frame_power)
        long_db = dbfs(sum(self._powers) / 10)
        self._top_db -= _TOP_FALLS_DB
        self._learn_room(frame_db)
        if self.speaking:
            return self._follow(frame_db, long_db)
        return self._notice(frame_db, long_db)

    def _learn_room(self, frame_db: float) -> None:
        self._room.append(frame_db)
        self._frames += 1
        if self._frames % _ROOM_REFRESH_FRAMES == 0:
            self._room_db = sorted(self._room)[len(self._room) // 5]
            if len(self._room) < _ROOM_FRAMES // 2:
                self._room_db = min(self._room_db, _ROOM_AT_MOST_DBFS)

    # --- nobody speaks

    def _notice(self, frame_db: float, long_db: float) -> VoiceEvent | None:
        resuming = self.now_ms - self._paused_ms < _RESUME_MS
        if resuming:
            window, enough, gate_db = _RESUME_WINDOW, _RESUME_FRAMES, self._gate_db() + _RESUME_ABOVE_GATE_DB
        else:
            window, enough = _ONSET_WINDOW, _ONSET_FRAMES
            if long_db < self._background_db - _BACKGROUND_GONE_DB:
                self._background_db -= _BACKGROUND_FALLS_DB
            gate_db = max(self._room_db + _ONSET_ABOVE_ROOM_DB, self._background_db, _ONSET_AT_LEAST_DBFS)
        self._loud.append(frame_db > gate_db)
        recent = list(self._loud)[-window:]
        if sum(recent) < enough:
            return None
        started_ms = self.now_ms - FRAME_MS * (len(recent) - recent.index(True))
        self.speaking = True
        self.voiced_ms += FRAME_MS * sum(recent)
        self._loud.clear()
        self._steady.clear()
        if not resuming:
            self._meet_talker(long_db, before=len(recent))
            self._young_until_ms = started_ms + _YOUNG_MS
        if self.now_ms - self._paused_ms > _STRONG_MEMORY_MS:
            self._last_strong_ms = self.now_ms
        self._last_voice_ms = self.now_ms
        return VoiceStarted(started_ms)

    def _meet_talker(self, long_db: float, before: int) -> None:
        """The background is what the room sounded like before he began: almost all of it lay below."""
        earlier = sorted(list(self._room)[:-before]) or [self._room_db]
        loudest = earlier[min(len(earlier) - 1, len(earlier) * 95 // 100)]
        self._background_db = min(loudest, self._room_db + _ONSET_ABOVE_ROOM_DB)
        self._top_db = max(self._top_db, long_db)

    # --- somebody speaks

    def _gate_db(self) -> float:
        gate_db = self._background_db + _GATE_ABOVE_BACKGROUND_DB
        return min(
            max(gate_db, self._top_db - _GATE_LOWEST_BELOW_TOP_DB, _GATE_AT_LEAST_DBFS),
            self._top_db - _GATE_BELOW_TOP_DB,
        )

    def _follow(self, frame_db: float, long_db: float) -> VoiceEvent | None:
        self._top_db = max(self._top_db, long_db)
        short_db = dbfs(sum(list(self._powers)[5:]) / 5)
        gate_db = self._gate_db()
        if frame_db > gate_db:
            self.voiced_ms += FRAME_MS
            self._last_voice_ms = self.now_ms
        if long_db > self._top_db - _STRONG_BELOW_TOP_DB:
            self._last_strong_ms = self.now_ms
        self._steady.append(short_db)
        if self.now_ms < self._young_until_ms:
            quiet = dbfs(sum(list(self._powers)[-_YOUNG_FRAMES:]) / _YOUNG_FRAMES) <= gate_db
        else:
            quiet = long_db <= gate_db and short_db <= gate_db
        if quiet:
            return self._pause(self._last_voice_ms)
        if self.now_ms - self._last_strong_ms >= _CEILING_MS:
            return self._notice_a_television()
        if len(self._steady) == _STEADY_FRAMES and max(self._steady) - min(self._steady) < _STEADY_DB:
            return self._hear_a_hum(short_db)
        return None

    def _notice_a_television(self) -> VoiceEvent:
        """What goes on is not the talker: from now on it takes more than that to be one."""
        pause = self._pause(self._last_strong_ms)
        self._background_db = max(self._background_db, max(self._steady) + _ONSET_ABOVE_TELEVISION_DB)
        self._paused_ms = self.now_ms - _RESUME_MS
        return pause

    def _hear_a_hum(self, level_db: float) -> VoiceEvent:
        """It was the room all the time: it is louder than was thought, and its talker is not known any more."""
        self._room.extend([level_db] * _ROOM_FRAMES)
        self._room_db = level_db
        pause = self._pause(self._last_voice_ms)
        self._paused_ms = self.now_ms - _RESUME_MS
        return pause

    def _pause(self, since_ms: int) -> VoiceEvent:
        self.speaking = False
        self._loud.clear()
        self._paused_ms = self.now_ms
        return VoicePaused(since_ms)
