"""Is somebody speaking? Voices loud and soft, rooms quiet and noisy."""

from __future__ import annotations

import numpy as np
import pytest

from tests.voicebridge.audio.sounds import Samples, line, mulaw, noise, silence, speech_like, tone
from voicebridge.audio.vad import VoiceActivity, VoiceEvent, VoiceFading, VoicePaused, VoiceStarted, VoiceSuspected


def listen(audio: bytes, frame_bytes: int = 160) -> list[VoiceEvent]:
    """What is told, without the quick signs."""
    ears = VoiceActivity()
    events: list[VoiceEvent] = []
    for at in range(0, len(audio), frame_bytes):
        events += ears.feed(audio[at : at + frame_bytes])
    return [event for event in events if not isinstance(event, VoiceSuspected | VoiceFading)]


def told_at(audio: bytes) -> list[tuple[VoiceEvent, int]]:
    """Each event, fading excepted, with the moment at which it was told."""
    return [(event, told_ms) for event, told_ms in all_told_at(audio) if not isinstance(event, VoiceFading)]


def all_told_at(audio: bytes) -> list[tuple[VoiceEvent, int]]:
    """Each event with the moment at which it was told."""
    ears = VoiceActivity()
    return [(event, ears.now_ms) for at in range(0, len(audio), 160) for event in ears.feed(audio[at : at + 160])]


def cough(seconds: float, level_dbfs: float) -> Samples:
    """A burst of noise with a hoarse pitch in it."""
    return noise(seconds, level_dbfs - 6, seed=4) + speech_like(seconds, level_dbfs)


def kinds(events: list[VoiceEvent]) -> list[str]:
    return [type(event).__name__ for event in events]


@pytest.mark.parametrize("level", [-12.0, -20.0, -30.0, -40.0])
@pytest.mark.parametrize("line_noise", [-70.0, -55.0])
def test_a_voice_is_heard_from_its_beginning_to_its_end(level: float, line_noise: float) -> None:
    audio = line(silence(1.0), speech_like(1.6, level), silence(1.0), noise_dbfs=line_noise)
    started, paused = listen(audio)
    assert isinstance(started, VoiceStarted)
    assert started.at_ms == pytest.approx(1000, abs=60)
    assert isinstance(paused, VoicePaused)
    assert paused.at_ms == pytest.approx(2600, abs=80)


def test_it_is_noticed_soon_after_it_has_begun_and_after_it_has_ended() -> None:
    (_, noticed_ms), (_, ended_ms) = told_at(line(silence(1.0), speech_like(1.6), silence(1.0)))
    assert noticed_ms - 1000 <= 180
    assert 150 <= ended_ms - 2600 <= 260


@pytest.mark.parametrize("cough_s", [0.15, 0.2])
def test_a_cough_is_over_before_it_could_interrupt(cough_s: float) -> None:
    (_, _), (paused, told_ms) = told_at(line(silence(2.0), cough(cough_s, -20.0), silence(1.0)))
    assert paused.at_ms == pytest.approx(2000 + 1000 * cough_s, abs=20)
    assert told_ms - 2000 < 300


def test_a_voice_fades_before_its_pause_is_sure() -> None:
    told = all_told_at(line(silence(1.0), speech_like(1.6), silence(1.0)))
    (fading, fades_ms), (paused, paused_ms) = told[-2:]
    assert isinstance(fading, VoiceFading)
    assert isinstance(paused, VoicePaused)
    assert fading.at_ms == paused.at_ms, "the same end of the voice"
    assert fades_ms == fading.at_ms + 120
    assert paused_ms >= fades_ms + 40


def test_a_hello_in_the_first_moment_of_the_call_is_heard() -> None:
    (started, told_ms), _ = told_at(line(silence(0.2), speech_like(0.6, -25.0), silence(1.0)))
    assert started.at_ms <= 300
    assert told_ms <= 500


def test_breath_between_words_is_no_pause() -> None:
    audio = line(silence(1.0), speech_like(0.75), silence(0.12), speech_like(0.75), silence(0.6))
    assert kinds(listen(audio)) == ["VoiceStarted", "VoicePaused"]


def test_a_pause_for_thought_is_told_and_the_next_word_too() -> None:
    audio = line(silence(1.0), speech_like(1.0), silence(0.7), speech_like(1.0), silence(0.6))
    _, paused, resumed, _ = listen(audio)
    assert paused.at_ms == pytest.approx(2000, abs=60)
    assert resumed.at_ms == pytest.approx(2700, abs=60)


def test_a_weaker_second_phrase_still_counts() -> None:
    audio = line(silence(1.0), speech_like(1.0, -20.0), silence(0.5), speech_like(0.8, -34.0), silence(0.6))
    assert kinds(listen(audio)) == ["VoiceStarted", "VoicePaused", "VoiceStarted", "VoicePaused"]


# --- what is nobody


@pytest.mark.parametrize("offset", range(0, 160, 20))
@pytest.mark.parametrize("level", [-10.0, -25.0])
def test_a_knock_of_100_ms_is_not_speech(offset: int, level: float) -> None:
    before: Samples = silence(2.0 + offset / 8000)
    assert listen(line(before, noise(0.1, level, seed=5), silence(1.0))) == []


@pytest.mark.parametrize("offset", range(0, 160, 40))
@pytest.mark.parametrize("hz", [90, 200, 700])
def test_what_rings_when_it_is_struck_is_not_speech(offset: int, hz: float) -> None:
    t = np.arange(800) / 8000
    knock = 0.5 * np.sin(2 * np.pi * hz * t) * np.exp(-t / 0.03)
    twice = np.concatenate([silence(2.0), silence(1.0)[:offset], knock, silence(0.1), knock, silence(1.0)])
    assert listen(line(twice)) == []


@pytest.mark.parametrize(
    "room",
    [
        pytest.param(tone(100, 20.0, level_dbfs=-38.0) + tone(300, 20.0, level_dbfs=-44.0), id="hum"),
        pytest.param(noise(20.0, -40.0), id="line noise"),
        pytest.param(silence(20.0), id="nothing at all"),
    ],
)
def test_the_sound_of_the_line_is_not_speech(room: Samples) -> None:
    assert listen(mulaw(room)) == []


def test_a_hum_that_begins_in_mid_call_is_found_out_within_about_a_second() -> None:
    events = told_at(line(silence(2.0), tone(150, 20.0, level_dbfs=-30.0)))
    assert kinds([event for event, _ in events]) in ([], ["VoiceStarted", "VoicePaused"])
    assert all(at_ms < 2000 + 1400 for _, at_ms in events)


def test_a_voice_over_a_hum_is_heard() -> None:
    voice = np.concatenate([silence(4.0), speech_like(1.5, -22.0), silence(3.0)])
    hum = tone(150, len(voice) / 8000, level_dbfs=-36.0)
    started, paused = listen(line(voice + hum))
    assert started.at_ms == pytest.approx(4000, abs=100)
    assert paused.at_ms == pytest.approx(5500, abs=150)


def test_clipped_syllables_over_a_hum_are_heard() -> None:
    syllable = np.concatenate([speech_like(0.07, -18.0, syllables_per_s=7.0), silence(0.09)])
    voice = np.concatenate([silence(4.0), *[syllable] * 12, silence(3.0)])
    hum = tone(150, len(voice) / 8000, level_dbfs=-46.0)
    started, *_ = listen(line(voice + hum))
    assert started.at_ms == pytest.approx(4000, abs=200)


def test_a_television_does_not_hold_the_turn() -> None:
    television = np.concatenate([speech_like(6.0, -33.0, syllables_per_s=5.0), silence(0.25), speech_like(6.0, -33.0)])
    events = told_at(line(silence(1.0), speech_like(2.0, -18.0), television))
    assert kinds([event for event, _ in events]) == ["VoiceStarted", "VoicePaused"], "and it is not a new talker"
    paused, told_ms = events[1]
    assert paused.at_ms == pytest.approx(3000, abs=250)
    assert told_ms == pytest.approx(3000 + 6000, abs=300)


def test_the_talker_is_heard_again_in_front_of_the_television() -> None:
    television = speech_like(12.0, -36.0, syllables_per_s=5.0)
    voice = np.concatenate([speech_like(2.0, -18.0), silence(6.0), speech_like(2.0, -18.0), silence(2.0)])
    started = [event.at_ms for event in listen(line(television + voice)) if isinstance(event, VoiceStarted)]
    assert any(at_ms == pytest.approx(8000, abs=150) for at_ms in started)


# --- the interface


@pytest.mark.parametrize("frame_bytes", [1, 37, 160, 333, 1600])
def test_the_size_of_the_pieces_makes_no_difference(frame_bytes: int) -> None:
    audio = line(silence(1.0), speech_like(1.0), silence(0.5), speech_like(0.5), silence(0.7))
    assert listen(audio, frame_bytes) == listen(audio)


def test_the_voice_is_measured() -> None:
    ears = VoiceActivity()
    ears.feed(line(silence(1.0), speech_like(1.5), silence(1.0)))
    assert ears.now_ms == 3500
    assert ears.voiced_ms == pytest.approx(1500, abs=200)
    assert not ears.speaking


def test_whoever_speaks_is_speaking_until_the_pause() -> None:
    ears = VoiceActivity()
    ears.feed(line(silence(1.0), speech_like(1.0)))
    assert ears.speaking


@pytest.mark.parametrize("seed", range(5))
def test_any_bytes_can_be_heard_and_events_alternate(seed: int) -> None:
    audio = np.random.default_rng(seed).integers(0, 256, size=80_000, dtype=np.uint8).tobytes()
    loudness = line(*(speech_like(0.3, level) for level in np.random.default_rng(seed).uniform(-60, -5, size=30)))
    events = kinds(listen(audio + loudness))
    assert events == ["VoiceStarted", "VoicePaused"] * (len(events) // 2) + ["VoiceStarted"] * (len(events) % 2)


# --- breath, coughs, soft and hoarse voices


def breath(seconds: float, level_dbfs: float, seed: int = 3) -> Samples:
    rush = noise(seconds, level_dbfs, seed)
    return rush * np.hanning(len(rush)) * 1.6


@pytest.mark.parametrize("level", [-20.0, -30.0])
def test_breath_is_nobody(level: float) -> None:
    breaths = [part for seed in range(8) for part in (breath(0.5, level, seed), silence(1.2))]
    assert listen(line(silence(2.0), *breaths)) == []


def test_breath_after_the_last_word_does_not_start_the_clock_again() -> None:
    audio = line(silence(1.0), speech_like(1.5), silence(0.6), breath(0.6, -26.0), silence(2.0))
    assert kinds(listen(audio)) == ["VoiceStarted", "VoicePaused"]


def test_a_quick_sign_in_a_pause_is_told_before_it_is_sure() -> None:
    audio = line(silence(1.0), speech_like(1.0), silence(0.8), speech_like(1.0), silence(0.5))
    told = told_at(audio)
    assert [type(event).__name__ for event, _ in told] == [
        "VoiceStarted",
        "VoicePaused",
        "VoiceSuspected",
        "VoiceStarted",
        "VoicePaused",
    ]
    (suspected, suspected_ms), (_, sure_ms) = told[2:4]
    assert suspected.at_ms == pytest.approx(2800, abs=60)
    assert suspected_ms < sure_ms


def test_suspicions_are_told_at_most_five_times_a_second() -> None:
    audio = line(silence(1.0), speech_like(1.0), silence(0.4), breath(2.0, -20.0), silence(0.5))
    moments = [told_ms for event, told_ms in told_at(audio) if isinstance(event, VoiceSuspected)]
    assert moments
    assert all(later - earlier >= 200 for earlier, later in zip(moments, moments[1:], strict=False))


def test_who_has_no_voice_left_is_heard_as_well() -> None:
    (started, told_ms), *_ = told_at(line(silence(4.0), noise(2.0, -22.0), silence(1.0)))
    assert isinstance(started, VoiceStarted)
    assert started.at_ms == pytest.approx(4000, abs=40)
    assert told_ms < 5000


def test_pitch_is_measured_so_that_a_word_can_be_told_from_a_cough() -> None:
    def pitched_ms(sound: Samples) -> int:
        pauses = [event for event in listen(line(silence(4.0), sound, silence(1.0))) if isinstance(event, VoicePaused)]
        return pauses[0].pitched_ms

    assert pitched_ms(speech_like(0.6)) >= 300
    assert pitched_ms(noise(0.9, -20.0)) <= 40


def test_a_voice_far_softer_than_before_is_still_the_talker() -> None:
    audio = line(silence(1.0), speech_like(1.0, -14.0), speech_like(5.0, -36.0), silence(1.0))
    started, paused = listen(audio)
    assert paused.at_ms == pytest.approx(7000, abs=200)


def test_how_far_the_voice_stood_out_is_measured() -> None:
    ears = VoiceActivity()
    ears.feed(line(silence(1.0), speech_like(1.5, -20.0), silence(1.0), noise_dbfs=-50.0))
    assert ears.snr_db == pytest.approx(30.0, abs=4.0)


def test_before_anybody_has_spoken_nothing_stands_out() -> None:
    ears = VoiceActivity()
    ears.feed(line(silence(1.0)))
    assert ears.snr_db is None


# --- a television that was on before


def television_behind(*voice: Samples) -> bytes:
    """It plays from the beginning on, 14 dB below the voice."""
    sound = np.concatenate(voice)
    return line(sound + speech_like(len(sound) / 8000 + 1, -34.0, syllables_per_s=5.0)[: len(sound)])


def test_a_television_that_was_on_before_the_talker_keeps_nobody_waiting() -> None:
    told = told_at(television_behind(silence(3.0), speech_like(2.0, -20.0), silence(4.0)))
    pauses = [(event.at_ms, told_ms) for event, told_ms in told if isinstance(event, VoicePaused)]
    assert any(at_ms == pytest.approx(5000, abs=300) and told_ms < 5000 + 2600 for at_ms, told_ms in pauses)


def test_a_pause_is_told_again_if_what_followed_was_not_the_talker() -> None:
    mumble = [part for _ in range(6) for part in (speech_like(0.25, -40.0), silence(0.3))]
    audio = television_behind(silence(3.0), speech_like(2.0, -20.0), *mumble, silence(2.0))
    events = listen(audio)
    pauses = [event.at_ms for event in events if isinstance(event, VoicePaused)]
    assert pauses[-1] <= 5400 or sorted(pauses) != pauses


def test_he_is_heard_again_in_front_of_it() -> None:
    events = listen(television_behind(silence(3.0), speech_like(2.0, -20.0), silence(3.5), speech_like(1.5, -20.0)))
    started = [event.at_ms for event in events if isinstance(event, VoiceStarted)]
    assert any(at_ms == pytest.approx(8500, abs=150) for at_ms in started)


def test_a_crowd_that_is_never_silent_does_not_hold_the_turn() -> None:
    louder = np.interp(np.arange(80_000), [0, 39_000, 39_500], [1.0, 1.0, 1.8])
    crowd = noise(10.0, -36.0) * louder * (1.0 + 0.2 * np.sin(2 * np.pi * 1.3 * np.arange(80_000) / 8000))
    voice = np.concatenate([silence(3.0), speech_like(2.0, -20.0), silence(5.0)])
    told = told_at(line(crowd + voice))
    assert [type(event).__name__ for event, _ in told][:2] == ["VoiceStarted", "VoicePaused"]
    paused, told_ms = told[1]
    assert paused.at_ms == pytest.approx(5000, abs=300)
    assert told_ms == pytest.approx(5000 + 2200, abs=300)
