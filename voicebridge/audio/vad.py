"""Voice activity: is somebody speaking into the telephone? By loudness against the talker and the room, and by pitch.

How it listens, every 20 ms:

*Beginning.* Somebody has begun to speak when a sound with a pitch stands out of the room (`onset.py`).

*Going on.* From then on it is the talker who is followed (`talker.py`): he speaks while the level over 200 ms or over
100 ms is above his gate. Nobody has spoken since the last frame above it. In the first 360 ms 80 ms are enough for a
pause, so that a cough is known to be over before it can pass for an interruption. A voice that has not been above the
gate for 120 ms *fades*: in most cases a pause of this beginning is told 80 ms later, and work for it can begin.

*After a pause* he is expected to go on, so for 2.5 s 3 frames of 5 are enough in which the level over 60 ms is above
his gate, and a pitch within 100 ms, because his breath goes on as well. The first of them is told as a suspicion.

*While we speak* he is not expected: it takes a beginning as above, and what is our own voice coming back is none
(`echo.py`).

*What is not a talker.* A sound whose level stays within 3 dB for a second (hum, hiss, a dial tone) is the room: speech
goes up and down. And when nothing strong enough to be the talker has been heard for 2.2 s although something is heard
(a television after he has finished), he has paused since then, and only his own level is his return. For a television
that was switched on since, the room was too quiet before to tell it from him: then 6 s without his loudest decide.

Where the end of a turn lies is not decided here, but in `dialogue/turn_taking.py`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from voicebridge.audio.codec import SAMPLE_RATE_HZ, dbfs, power
from voicebridge.audio.echo import HEARD_BYTES, Echo
from voicebridge.audio.onset import Onset
from voicebridge.audio.talker import Talker
from voicebridge.audio.voicing import is_pitched, periodicity

FRAME_MS = 20
_FRAME_BYTES = SAMPLE_RATE_HZ * FRAME_MS // 1000

_YOUNG_MS, _YOUNG_FRAMES = 360, 4

_FADES_MS = 120

_RESUME_WINDOW, _RESUME_FRAMES = 5, 3
_RESUME_MS = 2500
_RESUME_PITCH_MS = 100
_RESUME_PERIODICITY = 0.4
_SOFT_AFTER_MS = 1000
_SUSPECT_AGAIN_MS = 200

_PITCH_FOR_MS = 640
_STEADY_FRAMES = 50
_STEADY_DB = 3.0
_STEADY_CHECK_MS = 200
_STRONG_WINDOW, _STRONG_FRAMES = 5, 4
_CEILING_MS = 2200
_HIGH_CEILING_MS = 6000
_WEAK_END_MS = 500
"""The end of a phrase may be as weak for so long, and is the talker all the same."""
_QUIETEST_ROOM_DBFS = -70.0


@dataclass(frozen=True, slots=True)
class VoiceStarted:
    """Somebody speaks, since `at_ms` of the audio fed."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class VoiceSuspected:
    """In a pause: somebody may speak again, since `at_ms` of the audio fed."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class VoiceFading:
    """Nobody has been heard since `at_ms` of the audio fed; not yet for long enough to be a pause."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class VoicePaused:
    """Nobody has spoken since `at_ms` of the audio fed. Told again in a pause when it turns out to have begun earlier:
    what was heard since was not the talker."""

    at_ms: int
    pitched_ms: int
    """How much of the first 640 ms since `VoiceStarted` had a pitch, about."""


VoiceEvent = VoiceStarted | VoiceSuspected | VoiceFading | VoicePaused


class VoiceActivity:
    """Fed with everything that is heard, in pieces of any size; tells when somebody begins to speak and pauses."""

    def __init__(self, echo: Echo | None = None) -> None:
        self._echo = echo or Echo()
        self._rest = b""
        self.now_ms = 0
        """How much audio has been judged, in whole frames."""
        self.voiced_ms = 0
        """How much of it was voice."""
        self.speaking = False
        self._recent = b""
        """The last moments, for their pitch, and to find our own voice in them."""
        self._powers = [0.0] * 10
        """Of the last 200 ms."""
        self._before: deque[float] = deque(maxlen=250)
        """Levels over 200 ms, as a talker is met with."""
        self._onset = Onset(self._echo)
        self._talker: Talker | None = None
        """Whoever speaks or has just paused."""
        self._voiced: deque[bool] = deque(maxlen=_RESUME_WINDOW)
        self._strong: deque[bool] = deque(maxlen=_STRONG_WINDOW)
        self._steady: deque[float] = deque(maxlen=_STEADY_FRAMES)
        self._started_ms = 0
        self._young_until_ms = 0
        self._last_voice_ms = 0
        self._last_strong_ms = 0
        self._last_loudest_ms = 0
        self._paused_ms = 0
        self._given_up = False
        """What is heard is not the talker: only his own level is his return."""
        self._suspected_ms = 0
        self._rises_ms = self._pitched_until_ms = 0
        self.snr_db: float | None = None
        """How far the one who spoke last stood out of the background, where that is known."""
        self._pitched_ms = 0
        self._pitch_frames = 0

    def feed(self, mulaw: bytes, now: float = 0.0) -> list[VoiceEvent]:
        """What became clear with these bytes (8 kHz mu-law), which were complete at `now` on the clock of the echo."""
        if len(mulaw) == _FRAME_BYTES and not self._rest:  # almost always
            event = self._judge(mulaw, now)
            return [] if event is None else [event]
        data = self._rest + mulaw
        events: list[VoiceEvent] = []
        end = 0
        for end in range(_FRAME_BYTES, len(data) + 1, _FRAME_BYTES):
            event = self._judge(data[end - _FRAME_BYTES : end], now - (len(data) - end) / SAMPLE_RATE_HZ)
            if event is not None:
                events.append(event)
        self._rest = data[end:]
        return events

    def _judge(self, frame: bytes, at: float) -> VoiceEvent | None:
        self.now_ms += FRAME_MS
        self._recent = (self._recent + frame)[-HEARD_BYTES:]
        frame_power = power(frame)
        self._powers = powers = [*self._powers[1:], frame_power]
        frame_db = dbfs(frame_power)
        long_db = dbfs(sum(powers) / 10)
        if self._talker is None:
            return self._notice(frame_db, long_db, at)
        short_db = dbfs(sum(powers[5:]) / 5)
        self._follow(self._talker, frame_db, long_db, short_db)
        if self.speaking:
            return self._listen(self._talker, long_db, short_db)
        return self._wait(self._talker, frame_db, long_db, dbfs(sum(powers[7:]) / 3), at)

    # --- nobody speaks

    def _notice(self, frame_db: float, long_db: float, at: float) -> VoiceEvent | None:
        self._before.append(long_db)
        begun = self._onset.hear(frame_db, self._recent, at)
        if begun is None:
            return None
        frames, loud = begun
        return self._meet(self.now_ms - FRAME_MS * frames, voiced=loud)

    def _meet(self, started_ms: int, voiced: int) -> VoiceEvent:
        self._talker = Talker(self._before)
        self._before.clear()
        self._young_until_ms = started_ms + _YOUNG_MS
        self._last_strong_ms = self._last_loudest_ms = self.now_ms
        return self._start(started_ms, voiced)

    def _start(self, started_ms: int, voiced: int) -> VoiceEvent:
        self.speaking = True
        self.voiced_ms += FRAME_MS * voiced
        self._started_ms = started_ms
        self._pitched_ms = self._pitch_frames = 0
        self._last_voice_ms = self.now_ms
        self._given_up = False
        self._voiced.clear()
        self._steady.clear()
        return VoiceStarted(started_ms)

    # --- somebody speaks, or has just paused

    def _follow(self, talker: Talker, frame_db: float, long_db: float, short_db: float) -> None:
        talker.follow(long_db)
        self._steady.append(short_db)
        self._strong.append(talker.is_strong(long_db))
        if talker.is_at_his_loudest(long_db):
            self._last_loudest_ms = self.now_ms
        if sum(self._strong) >= _STRONG_FRAMES or self._is_soft_voice(talker, short_db):
            self._last_strong_ms = self.now_ms
        if self.speaking and frame_db > talker.gate_db:
            self.voiced_ms += FRAME_MS
            self._last_voice_ms = self.now_ms

    def _listen(self, talker: Talker, long_db: float, short_db: float) -> VoiceEvent | None:
        self._measure_pitch()
        if self.now_ms < self._young_until_ms:
            quiet = dbfs(sum(self._powers[-_YOUNG_FRAMES:]) / _YOUNG_FRAMES) <= talker.gate_db
        else:
            quiet = max(long_db, short_db) <= talker.gate_db
        if quiet:
            return self._pause(talker, self._last_voice_ms)
        if self.now_ms - self._last_strong_ms >= _CEILING_MS:
            return self._give_up(talker)
        if self.now_ms - self._last_loudest_ms >= _HIGH_CEILING_MS:
            talker.was_not_heard(self._steady)
            self._last_strong_ms = self._last_loudest_ms
            return self._give_up(talker)
        if self.now_ms % _STEADY_CHECK_MS == 0 and self._is_steady():
            return self._hear_a_hum(talker, short_db)
        return VoiceFading(self._last_voice_ms) if self.now_ms - self._last_voice_ms == _FADES_MS else None

    def _wait(self, talker: Talker, frame_db: float, long_db: float, latest_db: float, at: float) -> VoiceEvent | None:
        self._voiced.append(latest_db > talker.gate_db)
        self._onset.room.hear(frame_db)
        self._before.append(long_db)
        if self.now_ms - self._paused_ms >= _RESUME_MS or self._echo.may_be_heard(at):
            self._talker = None
            return None
        if sum(self._voiced) >= _RESUME_FRAMES:
            if self._voiced[-1] and periodicity(self._recent) >= _RESUME_PERIODICITY:
                self._pitched_until_ms = self.now_ms
            resumed = self._pitched_until_ms > self.now_ms - _RESUME_PITCH_MS
            if resumed and (not self._given_up or talker.is_strong(long_db) or talker.stands_out(latest_db)):
                self._onset.forget()
                if self._given_up:
                    self._last_strong_ms = self._last_loudest_ms = self.now_ms
                return self._start(self._rises_ms, _RESUME_FRAMES)
        else:
            self._rises_ms = self.now_ms - FRAME_MS * (_RESUME_FRAMES - 1)
        weak_ms = self._last_voice_ms - self._last_strong_ms
        if not self._given_up and weak_ms > _WEAK_END_MS and self.now_ms - self._last_strong_ms >= _CEILING_MS:
            return self._give_up(talker)
        may_suspect = self.now_ms - self._suspected_ms >= _SUSPECT_AGAIN_MS and not self._given_up
        if may_suspect and self._voiced[-1]:
            self._suspected_ms = self.now_ms
            return VoiceSuspected(self.now_ms - 3 * FRAME_MS)
        return None

    def _is_soft_voice(self, talker: Talker, short_db: float) -> bool:
        """Looked for only when it matters: after a while without strong speech."""
        if not self.speaking or self.now_ms - self._last_strong_ms < _SOFT_AFTER_MS:
            return False
        return self.now_ms % (2 * FRAME_MS) == 0 and talker.stands_out(short_db) and is_pitched(self._recent)

    def _is_steady(self) -> bool:
        return len(self._steady) == _STEADY_FRAMES and max(self._steady) - min(self._steady) < _STEADY_DB

    def _measure_pitch(self) -> None:
        """It tells a cough from a word: what lasts longer is none, and not worth its CPU."""
        if self.now_ms < self._started_ms + _PITCH_FOR_MS and self._last_voice_ms == self.now_ms:
            self._pitch_frames += 1
            if self._pitch_frames % 2 and is_pitched(self._recent):
                self._pitched_ms += 2 * FRAME_MS

    def _give_up(self, talker: Talker) -> VoiceEvent:
        """What goes on is not the talker: from now on it takes his own level to be him."""
        since_ms = min(self._last_strong_ms, self._last_voice_ms)
        self._given_up = True
        return self._pause(talker, since_ms)

    def _hear_a_hum(self, talker: Talker, level_db: float) -> VoiceEvent:
        """It was the room all the time: it is louder than was thought, and its talker is not known any more."""
        self._onset.room.was_not_somebody([level_db] * (2 * _STEADY_FRAMES))
        pause = self._pause(talker, self._last_voice_ms)
        self._talker = None
        return pause

    def _pause(self, talker: Talker, since_ms: int) -> VoiceEvent:
        self.speaking = False
        self.snr_db = talker.top_db - max(talker.background_db, self._onset.room.quiet_db, _QUIETEST_ROOM_DBFS)
        self._voiced.clear()
        self._paused_ms = self.now_ms
        return VoicePaused(since_ms, self._pitched_ms)
