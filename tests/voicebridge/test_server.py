"""Health, limits and drain."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import httpx2
import pytest

from callregistry.call_events import Kind
from tests.voicebridge.conftest import Scene, bridge_settings
from tests.voicebridge.test_media_door import upgrade_status


async def get(port: int, path: str, **headers: str) -> httpx2.Response:
    async with httpx2.AsyncClient(trust_env=False) as client:
        return await client.get(f"http://127.0.0.1:{port}{path}", headers=headers)


async def test_it_says_that_it_is_alive_and_ready(scene: Scene) -> None:
    exchange = await scene.open()
    alive, ready = await get(exchange.port, "/healthz"), await get(exchange.port, "/readyz?probe=1")
    assert (alive.status_code, alive.text) == (200, "ok\n")
    assert (ready.status_code, ready.text) == (200, "ready\n")


async def test_it_is_not_ready_without_its_registry(scene: Scene) -> None:
    exchange = await scene.open()
    scene.registry.engine.dispose()
    (scene.tmp_path / "calls.db").unlink()
    (scene.tmp_path / "calls.db").mkdir()
    assert (await get(exchange.port, "/readyz")).status_code == 503
    assert (await get(exchange.port, "/healthz")).status_code == 200


async def test_metrics_are_for_who_has_the_token(scene: Scene) -> None:
    exchange = await scene.open()
    assert (await get(exchange.port, "/metrics")).status_code == 401
    assert (await get(exchange.port, "/metrics", Authorization="Bearer wrong")).status_code == 401
    shown = await get(exchange.port, "/metrics", Authorization="Bearer metrics-token")
    assert shown.status_code == 200
    for name in (
        "calls_active",
        "turn_stage_seconds",
        "provider_errors_total",
        "stream_rejected_total",
        "feed_clients",
    ):
        assert name in shown.text


async def test_metrics_do_not_exist_without_a_token(scene: Scene) -> None:
    exchange = await scene.open(metrics_token=None)
    assert (await get(exchange.port, "/metrics")).status_code == 404


@pytest.mark.parametrize("path", ["/", "/media/x", "/admin", "/%6dedia", "//[", "/?/media"])
async def test_other_paths_do_not_exist(scene: Scene, path: str) -> None:
    exchange = await scene.open()
    assert (await get(exchange.port, path)).status_code == 404


async def test_a_crowd_of_strangers_and_half_open_handshakes_leave_a_call_alone(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()

    async def stranger(noise: bytes) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", exchange.port)
        writer.write(noise)
        try:
            async with asyncio.timeout(8):
                await reader.read()
        except ConnectionResetError:
            pass
        finally:
            writer.close()

    noises = [b"", b"GET /media HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00", b"SSH-2.0-x\r\n", b"GET / HTTP/1.0\r\n\r\n"]
    async with exchange.answered(call) as telephone, asyncio.TaskGroup() as tasks:
        for noise in noises * 20:
            tasks.create_task(stranger(noise))
        await scene.until_listening(call)
        await telephone.say(0.6)
        await scene.until_listening(call, after=1)
    assert scene.events(call, Kind.REPLY_STARTED)[1].data["latency_ms"] < 1500


async def test_a_call_that_fails_inside_does_not_take_others_with_it(scene: Scene) -> None:
    scene.ears.texts = [RuntimeError("a bug"), "Hello there, good morning."]
    exchange = await scene.open()
    first, second = exchange.new_call(), exchange.new_call("+12025550101")
    async with exchange.answered(first) as unlucky, exchange.answered(second) as lucky:
        await scene.until_listening(first)
        await scene.until_listening(second)
        await unlucky.say(0.6)
        assert await unlucky.until_closed() == 1011
        await lucky.say(0.6)
        await scene.until_listening(second, after=1)
    assert scene.events(first, Kind.STREAM_ENDED)[0].data["reason"] == "stream_lost"


async def test_while_it_drains_nobody_new_comes_in_and_calls_go_on(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    assert scene.bridge is not None
    async with exchange.answered(call) as telephone:
        await scene.until_listening(call)
        draining = asyncio.create_task(scene.bridge.server.drain(10.0))
        await asyncio.sleep(0)
        assert (await get(exchange.port, "/readyz")).status_code == 503
        assert await upgrade_status(exchange.port, **{"X-Twilio-Signature": exchange.signature()}) == 503
        await telephone.say(0.6)
        await scene.until_listening(call, after=1)
        assert not draining.done()
        await telephone.hang_up()
        await asyncio.wait_for(draining, 5)


async def test_calls_longer_than_the_drain_are_ended_and_can_be_resumed_elsewhere(scene: Scene) -> None:
    exchange = await scene.open()
    call = exchange.new_call()
    assert scene.bridge is not None
    async with exchange.answered(call) as telephone:
        await telephone.until_audio()
        await scene.bridge.server.drain(0.1)
        assert await telephone.until_closed() == 1001
    await scene.until_no_call_is_active()
    left = scene.registry.call(call.id)
    assert left is not None
    assert left.finished_at is None
    assert scene.events(call, Kind.STREAM_ENDED)[0].data["reason"] == "stream_lost"


# --- the process


def environment(tmp_path: Path, port: int, **more: str) -> dict[str, str]:
    settings = bridge_settings(tmp_path)
    return {
        "PATH": os.environ["PATH"],
        "PUBLIC_BASE_URL": settings.public_base_url,
        "PUBLIC_STREAM_URL": settings.public_stream_url,
        "TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": "twilio-token",
        "CALLER_NAME": "Sunrise House",
        "LINK_SECRET": "l" * 32,
        "OPENAI_API_KEY": "sk-canary-key",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "REGISTRY_URL": f"sqlite:///{tmp_path}/calls.db",
        "BRIDGE_PORT": str(port),
        "LOG_FORMAT": "json",
        **more,
    }


async def start_process(env: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "voicebridge", env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_process_ends_well_when_told(tmp_path: Path, free_port: int, number: signal.Signals) -> None:
    process = await start_process(environment(tmp_path, free_port))
    assert process.stderr is not None
    lines: list[bytes] = []
    async with asyncio.timeout(20):
        while b"bridge listens" not in (line := await process.stderr.readline()):
            assert line, b"".join(lines).decode()
            lines.append(line)
        assert (await get(free_port, "/readyz")).status_code == 200
        process.send_signal(number)
        _, rest = await process.communicate()
    assert process.returncode == 0, rest.decode()
    assert b"canary" not in b"".join(lines) + rest
    assert b"Traceback" not in b"".join(lines) + rest


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        ({"LINK_SECRET": "short"}, b"LINK_SECRET"),
        ({"BRIDGE_PORT": "many"}, b"BRIDGE_PORT"),
        ({"CALL_LANGUAGE": "tlh"}, b"CALL_LANGUAGE"),
        ({"CALL_LANGUAGE": "xx"}, b"CALL_LANGUAGE"),
        ({"REGISTRY_URL": "sqlite:////proc/no/such/calls.db"}, b"REGISTRY_URL"),
    ],
)
async def test_a_wrong_setting_stops_the_start_with_a_line_that_names_it(
    tmp_path: Path, free_port: int, wrong: dict[str, str], names: bytes
) -> None:
    process = await start_process(environment(tmp_path, free_port, **wrong))
    async with asyncio.timeout(20):
        _, complaint = await process.communicate()
    assert process.returncode == 78
    assert names in complaint
    assert b"Traceback" not in complaint


async def test_a_port_that_is_taken_is_told_plainly(tmp_path: Path, free_port: int) -> None:
    listening = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", free_port)
    async with listening, asyncio.timeout(20):
        process = await start_process(environment(tmp_path, free_port))
        _, complaint = await process.communicate()
    assert process.returncode == 1
    assert str(free_port).encode() in complaint
    assert b"Traceback" not in complaint
