"""Our own voice may come back from a loudspeaker. It is not somebody speaking."""

from __future__ import annotations

import numpy as np
import pytest

from tests.voicebridge.audio.sounds import Samples, at_level, mulaw, noise, silence, speech_like
from voicebridge.audio.echo import HEARD_BYTES, Echo
from voicebridge.audio.vad import VoiceActivity, VoiceStarted

RATE = 8000
BEGINS_S = 2.0
"""When we begin to speak."""


def voice(seconds: float, level_dbfs: float, pitch_hz: float, seed: int) -> Samples:
    """A voice of its own: its pitch wanders, its words come as they come, and there is breath in it."""
    rng = np.random.default_rng(seed)
    count = int(seconds * RATE)
    pitch = pitch_hz * (
        1 + 0.15 * np.interp(np.arange(count), np.arange(0, count, 800), rng.normal(size=-(-count // 800)))
    )
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    colours = rng.uniform(0.2, 1.0, size=20)
    buzz = sum(colour * np.sin(n * phase + n) / n for n, colour in enumerate(colours, start=2))
    opening = np.interp(np.arange(count), np.arange(0, count, 600), rng.uniform(0.05, 1.0, size=-(-count // 600)))
    return at_level(np.asarray(buzz * opening) + 0.05 * rng.normal(size=count) * opening, level_dbfs)


def ours(seconds: float = 8.0) -> Samples:
    return voice(seconds, -20.0, 190.0, seed=1)


def theirs(seconds: float, level_dbfs: float) -> Samples:
    return voice(seconds, level_dbfs, 115.0, seed=2)


def through_a_loudspeaker(said: Samples, loss_db: float) -> Samples:
    """Coloured and reverberant, and weaker."""
    rng = np.random.default_rng(5)
    reverberation = rng.normal(size=1200) * np.exp(-np.arange(1200) / 160)
    path = np.concatenate([[1.0, -0.4, 0.2], 0.5 * reverberation / np.sqrt(np.sum(reverberation**2))])
    return at_level(np.convolve(said, path)[: len(said)], -20.0 - loss_db)


def coded(sound: Samples) -> Samples:
    """Noise that goes with the sound, as a codec of a mobile telephone leaves."""
    return np.asarray(sound * (1 + 0.25 * np.random.default_rng(6).normal(size=len(sound))))


def at(begins_s: float, sound: Samples, total_s: float) -> Samples:
    begin = int(begins_s * RATE)
    placed = np.concatenate([np.zeros(begin), sound, np.zeros(max(0, int(total_s * RATE) - begin - len(sound)))])
    return placed[: int(total_s * RATE)]


def call(heard: Samples, said: Samples | None, *, jitter_s: float = 0.0, start_s: float = 0.0) -> list[float]:
    """The moments at which somebody was noticed while we said `said` from `BEGINS_S` on."""
    echo = Echo()
    ears = VoiceActivity(echo)
    audio = mulaw(heard + noise(len(heard) / RATE, -65.0, seed=9))
    speech = mulaw(said) if said is not None else b""
    sent = 0
    noticed: list[float] = []
    for number in range(len(audio) // 160):
        now = (number + 1) * 0.02
        while sent < len(speech) and BEGINS_S + sent / RATE < now + 1.5:
            echo.spoke(speech[sent : sent + 1600], start_s + BEGINS_S + sent / RATE)
            sent += 1600
        late_s = jitter_s if number % 7 == 3 else 0.0
        events = ears.feed(audio[number * 160 : (number + 1) * 160], start_s + now + late_s)
        noticed += [now for event in events if isinstance(event, VoiceStarted)]
    return noticed


@pytest.mark.parametrize("delay_s", [0.1, 0.25, 0.4, 0.7])
@pytest.mark.parametrize("loss_db", [12.0, 20.0, 30.0])
def test_our_own_voice_is_nobody(delay_s: float, loss_db: float) -> None:
    echo = through_a_loudspeaker(ours(), loss_db)
    assert call(at(BEGINS_S + delay_s, echo, 12.0), ours()) == []


def test_it_would_be_somebody_if_we_had_not_said_it() -> None:
    echo = through_a_loudspeaker(ours(), 12.0)
    assert call(at(BEGINS_S + 0.25, echo, 12.0), None) != []


def test_nor_is_it_through_a_poor_codec_and_over_a_jittery_line() -> None:
    echo = coded(through_a_loudspeaker(ours(), 15.0))
    assert call(at(BEGINS_S + 0.3, echo, 12.0), ours(), jitter_s=0.04, start_s=1000.0) == []


@pytest.mark.parametrize("level", [-20.0, -35.0])
def test_who_interrupts_us_without_an_echo_is_heard_at_once(level: float) -> None:
    (noticed, *_) = call(at(5.0, theirs(2.0, level), 10.0), ours())
    assert 5.0 <= noticed < 5.4


@pytest.mark.parametrize("loss_db", [15.0, 25.0])
def test_who_is_louder_than_the_echo_is_heard_over_it(loss_db: float) -> None:
    echo = at(BEGINS_S + 0.25, through_a_loudspeaker(ours(), loss_db), 10.0)
    (noticed, *_) = call(echo + at(5.0, theirs(2.0, -20.0), 10.0), ours())
    assert 5.0 <= noticed < 5.5


def test_who_answers_after_the_echo_is_heard() -> None:
    echo = at(BEGINS_S + 0.25, through_a_loudspeaker(ours(3.0), 15.0), 10.0)
    (noticed, *_) = call(echo + at(6.5, theirs(2.0, -30.0), 10.0), ours(3.0))
    assert 6.5 <= noticed < 6.9


def test_once_the_receiver_is_taken_up_a_soft_voice_is_heard_over_us_again() -> None:
    long = ours(30.0)
    echo = at(BEGINS_S + 0.25, through_a_loudspeaker(long, 12.0)[: 4 * RATE], 34.0)
    noticed = call(echo + at(24.0, theirs(3.0, -36.0), 34.0), long)
    assert any(24.0 <= moment < 27.0 for moment in noticed)


# --- what it is told


def said_and_heard(echo: Echo, said: Samples, delay_s: float, now: float) -> bool:
    """Whether it finds in what was heard until `now` what began to sound at 0."""
    heard = np.concatenate([np.zeros(int(delay_s * RATE)), 0.2 * said])
    end = int(now * RATE)
    return echo.explains(mulaw(heard[end - HEARD_BYTES : end]), now)


def test_what_is_to_come_has_not_been_heard_yet() -> None:
    echo = Echo()
    echo.spoke(mulaw(ours(1.0)), 5.0)
    assert echo.level_db(1.0) < -90.0
    assert not echo.explains(mulaw(theirs(1.0, -20.0))[-HEARD_BYTES:], 1.0)


def test_it_is_found_where_it_is_and_foretold_from_then_on() -> None:
    echo = Echo()
    echo.spoke(mulaw(ours(2.0)), 0.0)
    assert said_and_heard(echo, ours(2.0), 0.2, 1.0)
    assert -45.0 < echo.level_db(1.2) < -15.0
    assert echo.level_db(10.0) < -90.0
    assert not echo.may_be_heard(10.0)


def test_pieces_sound_one_after_the_other_however_they_were_sent() -> None:
    in_one, in_pieces = Echo(), Echo()
    speech = mulaw(ours(2.0))
    in_one.spoke(speech, 0.0)
    for begin in range(0, len(speech), 1600):
        in_pieces.spoke(speech[begin : begin + 1600], begin / RATE + (0.01 if begin % 3200 else -0.02))
    for echo in (in_one, in_pieces):
        assert said_and_heard(echo, ours(2.0), 0.3, 1.5)


def test_what_was_silenced_does_not_come_back() -> None:
    echo = Echo()
    echo.spoke(mulaw(ours(2.0)), 0.0)
    echo.silenced(0.5)
    assert echo.may_be_heard(1.0)
    assert not echo.may_be_heard(1.3)
    assert not said_and_heard(echo, ours(2.0), 0.2, 1.6)


def test_silencing_what_has_been_played_changes_nothing() -> None:
    echo = Echo()
    echo.spoke(mulaw(ours(1.0)), 0.0)
    echo.silenced(3.0)
    assert said_and_heard(echo, ours(1.0), 0.2, 0.9)


def test_we_may_speak_for_long() -> None:
    echo = Echo()
    long = ours(20.0)
    speech = mulaw(long)
    for begin in range(0, len(speech), 1600):
        echo.spoke(speech[begin : begin + 1600], begin / RATE)
    assert said_and_heard(echo, long, 0.2, 19.5)


def test_what_was_said_long_ago_is_another_matter() -> None:
    echo = Echo()
    echo.spoke(mulaw(silence(1.0)), 0.0)
    echo.spoke(mulaw(ours(2.0)), 30.0)
    heard = np.concatenate([np.zeros(int(0.2 * RATE)), 0.2 * ours(2.0)])
    assert echo.explains(mulaw(heard[int(1.0 * RATE) - HEARD_BYTES : int(1.0 * RATE)]), 31.0)


def test_a_synthetic_voice_is_not_taken_for_ours() -> None:
    echo = Echo()
    echo.spoke(mulaw(ours(4.0)), 0.0)
    speech = mulaw(speech_like(3.0))
    assert not any(echo.explains(speech[end - HEARD_BYTES : end], end / RATE) for end in range(HEARD_BYTES, 24000, 400))
