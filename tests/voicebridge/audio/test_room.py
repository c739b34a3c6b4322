"""The room is known by what is heard while nobody speaks."""

from __future__ import annotations

import pytest

from voicebridge.audio.room import Room


def hear(room: Room, level_db: float, frames: int) -> Room:
    for _ in range(frames):
        room.hear(level_db)
    return room


def test_a_room_is_known_by_its_quiet_and_its_loud_moments() -> None:
    room = Room()
    for _ in range(20):
        hear(hear(room, -60.0, 9), -45.0, 6)
    assert room.quiet_db == -60.0
    assert room.loud_db == -45.0


def test_a_word_that_begins_is_not_the_room_yet() -> None:
    room = hear(Room(), -60.0, 200)
    hear(room, -20.0, 24)
    assert room.loud_db == -60.0
    room.was_somebody()
    assert hear(room, -60.0, 30).loud_db == -60.0


def test_the_room_forgets() -> None:
    room = hear(Room(), -40.0, 400)
    assert hear(room, -60.0, 400).loud_db == -60.0


def test_the_first_sounds_of_a_call_are_not_its_loud_moments() -> None:
    assert hear(Room(), -20.0, 20).loud_db == -40.0


def test_a_call_out_of_a_loud_room_is_known_soon() -> None:
    assert hear(Room(), -30.0, 20).quiet_db == -30.0


def test_what_was_not_somebody_is_the_room() -> None:
    room = hear(Room(), -60.0, 200)
    room.was_not_somebody([-30.0] * 100)
    assert room.loud_db == pytest.approx(-30.0)
