"""Our own voice, coming back: from a loudspeaker into the microphone, 50 to 750 ms late and weaker. It is not speech.

`Echo` is told what we say and when it begins to sound. Asked about a doubtful sound, it looks for our voice in it:
cross-correlation of the last 240 ms with what we said before, where only the phases count (so the loudspeaker's colour
and the pitch of a voice do not matter). Our own voice gives 0.15 to 0.5, through codecs and in reverberant rooms, any
other voice less than 0.13. Once it has been found, delay and loss of the path are known, and from then on the level of
the echo can be foretold from what we say: only what is clearly louder is somebody.

Times are seconds on the clock that `Ears` is given; only differences matter, and 100 ms of jitter do no harm.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from voicebridge.audio.codec import QUIETEST_DBFS, SAMPLE_RATE_HZ, SILENCE, dbfs, decode, power

HEARD_BYTES = SAMPLE_RATE_HZ * 240 // 1000
"""How much of what is heard is compared."""

_SHORTEST_S, _LONGEST_S = 0.05, 0.75
_LIKE_OURS = 0.14
_MARGIN_DB = 8.0
"""A room reverberates: what is no louder than this above the foretold level is still the echo."""
_GAIN_FALLS_DB = 0.05
"""In 20 ms without the echo that was foretold: the receiver has been taken up."""
_ABSENT_DB = 18.0
_MEMORY_S = 4.0
_SLOT_S = 0.02
_SLOTS_BEFORE, _SLOTS_AFTER = 5, 3
"""The foretold level is the loudest from 100 ms before to 60 ms after the known delay."""

_FFT = 8192
_LOWEST_BIN, _HIGHEST_BIN = (hz * _FFT // SAMPLE_RATE_HZ for hz in (300, 3400))
_LAGS = round((_LONGEST_S - _SHORTEST_S) * SAMPLE_RATE_HZ) + 1
_FADE = np.hanning(2 * SAMPLE_RATE_HZ // 25)[: SAMPLE_RATE_HZ // 25]
"""40 ms."""

_Samples = NDArray[np.float64]


class Echo:
    """One call's: what we say, and what is known of how it comes back."""

    def __init__(self) -> None:
        self._said = bytearray()
        self._said_from_s = 0.0
        self._levels: dict[int, float] = {}
        """Of what we say, by slots of 20 ms."""
        self._delay_s: float | None = None
        self._gain_db = QUIETEST_DBFS
        self._out_until_s = -math.inf

    def spoke(self, mulaw: bytes, plays_at: float) -> None:
        """We say this, and it begins to sound at `plays_at`; or after what is still to sound by then."""
        ends_s = self._said_from_s + len(self._said) / SAMPLE_RATE_HZ
        if not 0.0 <= ends_s - plays_at <= _MEMORY_S:
            gap_s = plays_at - ends_s
            if 0.0 < gap_s < _LONGEST_S:
                self._said += bytes([SILENCE]) * round(gap_s * SAMPLE_RATE_HZ)
            else:
                self._said.clear()
                self._levels.clear()
                self._said_from_s = plays_at
            ends_s = plays_at
        slot_bytes = round(_SLOT_S * SAMPLE_RATE_HZ)
        for begin in range(0, len(mulaw), slot_bytes):
            slot = int((ends_s + begin / SAMPLE_RATE_HZ) / _SLOT_S)
            self._levels[slot] = dbfs(power(mulaw[begin : begin + slot_bytes]))
        self._said += mulaw
        self._out_until_s = ends_s + len(mulaw) / SAMPLE_RATE_HZ
        self._forget()

    def silenced(self, now: float) -> None:
        """What was to sound after `now` will not."""
        heard = max(0, round((now - self._said_from_s) * SAMPLE_RATE_HZ))
        if heard < len(self._said):
            del self._said[heard:]
            self._levels = {slot: db for slot, db in self._levels.items() if slot * _SLOT_S < now}
            self._out_until_s = min(self._out_until_s, now)

    def may_be_heard(self, now: float) -> bool:
        """Whether what we say, or its echo, can be in what is heard at `now`."""
        return now < self._out_until_s + _LONGEST_S

    def level_db(self, now: float) -> float:
        """The level up to which what is heard at `now` is taken for our echo, as far as that is known."""
        if self._delay_s is None or not self.may_be_heard(now):
            return QUIETEST_DBFS
        return self._loudest_said_db(now - self._delay_s) + self._gain_db + _MARGIN_DB

    def is_missed(self, heard_db: float, now: float) -> None:
        """This level was heard at `now`. If the echo stays away, it is forgotten little by little."""
        if self.level_db(now) - heard_db > _ABSENT_DB:
            self._gain_db -= _GAIN_FALLS_DB

    def explains(self, heard: bytes, now: float) -> bool:
        """Whether the sound that ends at `now` (mu-law, `HEARD_BYTES` of it) is our own voice and nothing louder."""
        samples = _samples(heard[-HEARD_BYTES:])
        said = self._said_before(now, len(samples))
        likeness, lag = _find(samples, said)
        if likeness < _LIKE_OURS:
            return False
        ours = said[_LAGS - 1 - lag :][: len(samples)]
        self._learn(samples, ours, lag)
        return _level_db(samples) <= _level_db(ours) + self._gain_db + _MARGIN_DB

    def _learn(self, heard: _Samples, said: _Samples, lag: int) -> None:
        """Only the part of the level that is ours counts: somebody may speak over it."""
        self._delay_s = _SHORTEST_S + lag / SAMPLE_RATE_HZ
        ours = abs(float(heard @ said)) / (float(said @ said) + 1e-9)
        gain_db = 2 * dbfs(ours)
        self._gain_db = max(gain_db, self._gain_db - 1.0)

    def _loudest_said_db(self, at: float) -> float:
        slot = int(at / _SLOT_S)
        levels = self._levels
        return max(levels.get(each, QUIETEST_DBFS) for each in range(slot - _SLOTS_BEFORE, slot + _SLOTS_AFTER + 1))

    def _said_before(self, now: float, length: int) -> _Samples:
        """What we said from the longest delay before the heard sound's beginning to the shortest before its end."""
        wanted = length + _LAGS - 1
        end = round((now - _SHORTEST_S - self._said_from_s) * SAMPLE_RATE_HZ)
        begin = end - wanted
        piece = _samples(bytes(self._said[max(0, begin) : max(0, end)]))
        before = min(max(0, -begin), wanted)
        return np.pad(piece, (before, max(0, wanted - before - len(piece))))[:wanted]

    def _forget(self) -> None:
        too_much = len(self._said) - round(_MEMORY_S * SAMPLE_RATE_HZ)
        if too_much > 0:
            del self._said[:too_much]
            self._said_from_s += too_much / SAMPLE_RATE_HZ
            first = int(self._said_from_s / _SLOT_S)
            self._levels = {slot: db for slot, db in self._levels.items() if slot >= first}


def _faded(samples: _Samples) -> _Samples:
    faded = samples.copy()
    faded[: len(_FADE)] *= _FADE
    faded[-len(_FADE) :] *= _FADE[::-1]
    return faded


def _level_db(samples: _Samples) -> float:
    return dbfs(float(np.mean(samples**2)))


def _samples(mulaw: bytes) -> _Samples:
    return np.frombuffer(decode(mulaw), dtype="<i2").astype(np.float64) / 32768.0


def _find(heard: _Samples, said: _Samples) -> tuple[float, int]:
    """How clearly `heard` is in `said` (1 is the same sound), and how many samples later than the shortest delay."""
    # Cut off hard, the ends of both would be alike: two clicks.
    cross = np.fft.rfft(_faded(said), _FFT) * np.conj(np.fft.rfft(_faded(heard), _FFT))
    phases = np.zeros_like(cross)
    band = slice(_LOWEST_BIN, _HIGHEST_BIN)
    phases[band] = cross[band] / (np.abs(cross[band]) + 1e-12)
    likeness = np.fft.irfft(phases, _FFT)[:_LAGS] * (_FFT / 2 / (_HIGHEST_BIN - _LOWEST_BIN))
    place = int(likeness.argmax())
    return float(likeness[place]), _LAGS - 1 - place
