"""The talker's own level tells his voice from the room."""

from __future__ import annotations

from voicebridge.audio.talker import Talker


def follow(talker: Talker, *stretches: tuple[float, float]) -> Talker:
    """Levels in dBFS, each with how long it lasts in seconds."""
    for level_db, seconds in stretches:
        for _ in range(round(seconds * 50)):
            talker.follow(level_db)
    return talker


def test_what_came_before_him_is_the_background() -> None:
    talker = follow(Talker([-50.0] * 100), (-20.0, 1.0))
    assert talker.background_db == -50.0


def test_a_television_is_known_as_soon_as_he_speaks_up() -> None:
    talker = follow(Talker([-36.0] * 100), (-35.0, 0.5))
    assert talker.background_db < -90.0, "it might be him"
    follow(talker, (-20.0, 0.2))
    assert talker.background_db == -36.0 or talker.background_db == -35.0


def test_a_softer_second_phrase_is_not_taken_for_the_background() -> None:
    talker = follow(Talker([-60.0] * 100), (-20.0, 1.0), (-40.0, 1.0), (-20.0, 1.0))
    assert talker.background_db == -60.0


def test_without_a_time_before_there_is_no_background() -> None:
    assert follow(Talker(), (-20.0, 1.0)).background_db < -90.0


def test_weak_syllables_count_beside_a_loud_television() -> None:
    talker = follow(Talker([-34.0] * 100), (-20.0, 0.2))
    assert -34.0 < talker.gate_db <= -30.0


def test_far_sounds_do_not_count_in_a_silent_room() -> None:
    assert follow(Talker([-90.0] * 100), (-20.0, 0.2)).gate_db >= -56.0


def test_he_is_expected_softer_as_time_passes() -> None:
    talker = follow(Talker([-60.0] * 50), (-20.0, 1.0), (-50.0, 10.0))
    assert -26.0 < talker.top_db < -24.0


def test_strong_is_what_the_room_cannot_be() -> None:
    beside_a_television = follow(Talker([-34.0] * 100), (-20.0, 0.2))
    assert not beside_a_television.is_strong(-29.0)
    assert beside_a_television.is_strong(-23.0)
    in_silence = follow(Talker([-80.0] * 100), (-20.0, 0.2))
    assert in_silence.is_strong(-35.0)
    assert not in_silence.is_strong(-40.0)


def test_his_loudest_is_near_the_top_whatever_the_room() -> None:
    talker = follow(Talker([-80.0] * 100), (-20.0, 0.2))
    assert talker.is_at_his_loudest(-25.0)
    assert not talker.is_at_his_loudest(-30.0)


def test_a_soft_voice_stands_out_of_a_quiet_room() -> None:
    assert follow(Talker([-70.0] * 100), (-20.0, 0.2)).stands_out(-50.0)
    assert not follow(Talker([-55.0] * 100), (-20.0, 0.2)).stands_out(-50.0)


def test_the_background_may_turn_out_louder() -> None:
    talker = follow(Talker([-70.0] * 100), (-20.0, 0.2))
    talker.was_not_heard([-33.0, -35.0])
    talker.follow(-30.0)
    assert talker.background_db == -33.0
    assert not talker.is_strong(-32.0)


def test_a_long_turn_does_not_grow_without_end() -> None:
    talker = follow(Talker([-70.0] * 100), (-20.0, 60.0))
    talker.follow(-10.0)
    assert talker.background_db == -70.0
