"""Hanging up at any moment leaves no task, no socket, no claim, and the row in a right state."""

from __future__ import annotations

import asyncio

import pytest

from callregistry.call_events import Kind
from tests.voicebridge.conftest import Scene, no_task_is_left
from tests.voicebridge.fakes import Telephone

MOMENTS_MS = [*range(0, 1000, 100), *range(1000, 5000, 250)]


async def talk(telephone: Telephone) -> None:
    """What the person would do if nobody hung up: listen, speak, interrupt."""
    await asyncio.sleep(1.2)
    await telephone.say(0.7)
    await asyncio.sleep(1.0)
    await telephone.say(0.9)


@pytest.mark.parametrize("stops", [True, False], ids=["with stop", "by breaking off"])
async def test_hanging_up_at_any_moment_leaves_nothing_behind(scene: Scene, stops: bool) -> None:
    scene.voice.s_per_char = 0.03
    scene.ears.delay_s = scene.mind.delay_s = scene.voice.delay_s = 0.15
    exchange = await scene.open()
    standing = asyncio.all_tasks()

    async def hang_up_after(ms: int) -> None:
        call = exchange.new_call(f"+1202555{ms:04d}")
        async with exchange.answered(call) as telephone, asyncio.TaskGroup() as tasks:
            talking = tasks.create_task(talk(telephone))
            await asyncio.sleep(ms / 1000)
            if stops:
                await telephone.hang_up()
            else:
                telephone.break_off()
            talking.cancel()
            await telephone.until_closed()
        await scene.until(lambda: _is_settled(scene, call.id, stops), within_s=8)

    async with asyncio.TaskGroup() as tasks:
        for ms in MOMENTS_MS:
            tasks.create_task(hang_up_after(ms))
    await scene.until_no_call_is_active()
    await no_task_is_left(standing)
    assert scene.bridge is not None
    for event in (event for call in scene.registry.recent_calls(100) for event in scene.events(call)):
        assert event.kind != Kind.STREAM_ENDED or event.data["reason"] == ("stopped" if stops else "stream_lost")


def _is_settled(scene: Scene, call_id: str, stops: bool) -> bool:
    """Never claimed, or claimed and told to the end: finished if the person hung up, open if the line broke."""
    call = scene.registry.call(call_id)
    assert call is not None
    if call.attempt == 0:
        return True
    ended = any(event.kind == Kind.STREAM_ENDED for event in scene.registry.events_after(call_id))
    return ended and (call.finished_at is not None) == stops


async def test_a_socket_that_falls_silent_is_given_up_and_the_call_can_be_resumed(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    async with exchange.answered(call) as telephone:
        await telephone.until_audio()
        telephone.sends_audio = telephone.echoes_marks = False
        await telephone.until_closed(within_s=14)
    await scene.until_no_call_is_active()
    assert scene.bridge is not None
    await scene.bridge.house.call_log.flush()
    assert scene.events(call, Kind.STREAM_ENDED)[0].data["reason"] == "stream_lost"
    lost = scene.registry.call(call.id)
    assert lost is not None
    assert lost.finished_at is None


async def test_an_old_stream_that_stops_late_does_not_end_the_resumed_call(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    async with exchange.answered(call) as old:
        await old.until_audio()
        async with exchange.answered(call, attempt=2) as new:
            await new.until_audio()
            await old.hang_up()
            await scene.until(lambda: len(scene.events(call, Kind.STREAM_ENDED)) == 1)
            await new.press("5")
            await scene.until(lambda: len(scene.events(call, Kind.DTMF)) == 1)
            current = scene.registry.call(call.id)
            assert current is not None
            assert current.finished_at is None
