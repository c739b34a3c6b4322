"""Media Streams on a real socket: what the customer's media server sees, and what becomes of what it sends."""

import asyncio
from typing import Any

import pytest
from twilio.request_validator import RequestValidator
from websockets.asyncio.server import ServerConnection

from tests.sandbox.telephone_fixtures import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    Customer,
    MediaServer,
    Sandbox,
    connect,
    tone_ulaw,
    until,
)

TAIL = "<Say>Tail</Say>"


async def talk(sandbox: Sandbox, customer: Customer, twiml: str) -> str:
    customer.twiml["/voice"] = twiml
    call = await sandbox.call(url=customer.url("/voice"))
    return str(call.sid)


async def test_the_stream_begins_as_twilios_does(
    sandbox: Sandbox, customer: Customer, media_server: MediaServer
) -> None:
    sid = await talk(sandbox, customer, connect(media_server))
    await until(lambda: len(media_server.of("media")) >= 30)
    headers = media_server.headers[0]
    assert RequestValidator(AUTH_TOKEN).validate(media_server.url, {}, headers["x-twilio-signature"])
    assert headers["user-agent"] == "Twilio.TmeWs/1.0"
    assert not {"origin", "sec-websocket-protocol", "sec-websocket-extensions"} & headers.keys()
    connected, start = media_server.messages[:2]
    assert connected == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    assert start["sequenceNumber"] == "1"
    assert start["start"] == {
        "accountSid": ACCOUNT_SID,
        "streamSid": start["streamSid"],
        "callSid": sid,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"token": "abc"},
    }
    media = media_server.of("media")
    stamps = [int(message["media"]["timestamp"]) for message in media]
    assert 100 <= stamps[0] <= 171
    assert all(20 <= later - earlier + 1 <= 22 for earlier, later in zip(stamps, stamps[1:], strict=False))
    assert [message["media"]["chunk"] for message in media] == [str(n + 1) for n in range(len(media))]
    numbers = [int(message["sequenceNumber"]) for message in media_server.messages[1:]]
    assert numbers == list(range(1, len(numbers) + 1))
    await sandbox.update(sid, status="completed")
    await media_server.closed.wait()
    assert media_server.messages[-1]["event"] == "stop"
    assert media_server.messages[-1]["stop"] == {"accountSid": ACCOUNT_SID, "callSid": sid}


async def test_media_comes_every_twenty_milliseconds_and_does_not_drift(
    sandbox: Sandbox, customer: Customer, media_server: MediaServer
) -> None:
    sid = await talk(sandbox, customer, connect(media_server))
    await until(lambda: len(media_server.of("media")) >= 101)
    arrived = [
        at for at, message in zip(media_server.arrived, media_server.messages, strict=True) if "media" in message
    ]
    assert arrived[100] - arrived[0] == pytest.approx(2.0, abs=0.2)
    await sandbox.update(sid, status="completed")


async def test_marks_come_back_when_the_sound_before_them_was_played(
    sandbox: Sandbox, customer: Customer, media_server: MediaServer
) -> None:
    async def speak(socket: ServerConnection, server: MediaServer) -> None:
        await socket.send(server.mark("empty"))
        await socket.send(server.media(tone_ulaw(0.4)))
        await socket.send(server.mark("first"))
        await socket.send(server.media(tone_ulaw(0.2)))
        await socket.send(server.mark("second"))

    media_server.behave = speak
    sid = await talk(sandbox, customer, connect(media_server))
    await until(lambda: len(media_server.marks()) == 3)
    assert media_server.marks() == ["empty", "first", "second"]
    at = {
        message["mark"]["name"]: when
        for when, message in zip(media_server.arrived, media_server.messages, strict=True)
        if message["event"] == "mark"
    }
    assert at["first"] - at["empty"] == pytest.approx(0.4, abs=0.2)
    assert at["second"] - at["first"] == pytest.approx(0.2, abs=0.15)
    await sandbox.update(sid, status="completed")
    report = await sandbox.until(sid, "completed")
    (agent,) = [one for one in report["utterances"] if one["speaker"] == "agent"]
    assert agent["ended_at"] - agent["started_at"] == pytest.approx(0.6, abs=0.05)
    assert agent["text"] == "How are you?"
    assert 0 <= report["greeting_ms"] < 600


async def test_clear_cuts_the_agent_off_and_echoes_all_marks_in_order(
    sandbox: Sandbox, customer: Customer, media_server: MediaServer
) -> None:
    async def speak_and_clear(socket: ServerConnection, server: MediaServer) -> None:
        for name in ("one", "two", "three"):
            await socket.send(server.media(tone_ulaw(2.0)))
            await socket.send(server.mark(name))
        await asyncio.sleep(0.5)
        await socket.send(server.clear())

    media_server.behave = speak_and_clear
    sid = await talk(sandbox, customer, connect(media_server))
    await until(lambda: len(media_server.marks()) == 3, limit_s=3)
    assert media_server.marks() == ["one", "two", "three"]
    await asyncio.sleep(0.7)
    await sandbox.update(sid, status="completed")
    report = await sandbox.until(sid, "completed")
    (agent,) = [one for one in report["utterances"] if one["speaker"] == "agent"]
    assert agent["interrupted"]
    assert agent["ended_at"] - agent["started_at"] == pytest.approx(0.5, abs=0.35)
    (clear,) = report["clears"]
    assert clear["at"] == pytest.approx(agent["ended_at"], abs=0.06)
    assert clear["unheard_ms"] == pytest.approx(6000 - 1000 * (clear["at"] - agent["started_at"]), abs=60)


@pytest.mark.parametrize(
    ("bad", "code"),
    [(b"\xff", 31950), ("{}", 31951), ('{"event": "clear", "streamSid": "MZ0"}', 31951)],
)
async def test_a_bad_message_is_dropped_with_one_warning_per_stream(
    sandbox: Sandbox, customer: Customer, media_server: MediaServer, bad: str | bytes, code: int
) -> None:
    async def misbehave(socket: ServerConnection, server: MediaServer) -> None:
        for _ in range(3):
            await socket.send(bad)
        await socket.send(server.mark("still here"))

    media_server.behave = misbehave
    sid = await talk(sandbox, customer, connect(media_server))
    await until(lambda: media_server.marks() == ["still here"])
    await sandbox.update(sid, status="completed")
    report = await sandbox.until(sid, "completed")
    assert [warning["code"] for warning in report["warnings"]] == [code]


async def test_a_full_buffer_is_warned_about(sandbox: Sandbox, customer: Customer, media_server: MediaServer) -> None:
    async def pour(socket: ServerConnection, server: MediaServer) -> None:
        for _ in range(11):
            await socket.send(server.media(b"\xff" * 8000 * 60))
        await socket.send(server.clear())
        await socket.send(server.mark("end"))

    media_server.behave = pour
    sid = await talk(sandbox, customer, connect(media_server))
    await until(lambda: media_server.marks() == ["end"])
    await sandbox.update(sid, status="completed")
    assert [one["code"] for one in (await sandbox.until(sid, "completed"))["warnings"]] == [31931]


@pytest.mark.parametrize("how", ["clean", "abrupt", "refusal"])
async def test_the_tail_runs_when_the_server_ends_the_stream(
    sandbox: Sandbox, customer: Customer, media_server: MediaServer, how: str
) -> None:
    async def leave(socket: ServerConnection, _server: MediaServer) -> None:
        await asyncio.sleep(0.3)
        if how == "abrupt":
            socket.transport.abort()
        else:
            await socket.close(1000 if how == "clean" else 1008)

    media_server.behave = leave
    sid = await talk(sandbox, customer, connect(media_server, TAIL, statusCallback=customer.url("/stream")))
    report = await sandbox.until(sid, "completed")
    assert ("Tail", "pico-en-US") in sandbox.engines.said
    assert media_server.of("stop") == []
    await until(lambda: len(customer.at("/stream")) == 2)
    events = [one.fields["StreamEvent"] for one in customer.at("/stream")]
    assert events == ["stream-started", "stream-stopped" if how == "clean" else "stream-error"]
    assert all(one.valid for one in customer.at("/stream"))
    assert [one["code"] for one in report["warnings"]] == ([] if how == "clean" else [31921])


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("wss://127.0.0.1:9/media", 31902),
        ("wss://192.0.2.1/media", 31904),
        ("ws://127.0.0.1:9/media", 31922),
        ("wss://127.0.0.1:9/media?token=1", 31920),
        ("media", 31923),
    ],
)
async def test_a_stream_that_cannot_be_opened_is_an_error_and_the_tail_runs(
    sandbox: Sandbox, customer: Customer, url: str, code: int
) -> None:
    stream = f'<Stream url="{url}" statusCallback="{customer.url("/stream")}" name="s1"/>'
    sid = await talk(sandbox, customer, f"<Response><Connect>{stream}</Connect>{TAIL}</Response>")
    report = await sandbox.until(sid, "completed")
    assert [warning["code"] for warning in report["warnings"]] == [code]
    assert ("Tail", "pico-en-US") in sandbox.engines.said
    await until(lambda: bool(customer.at("/stream")))
    (event,) = customer.at("/stream")
    assert (event.fields["StreamEvent"], event.fields["StreamName"]) == ("stream-error", "s1")
    assert event.fields["StreamError"].startswith(str(code))


async def test_a_refused_handshake_is_31920(sandbox: Sandbox, customer: Customer) -> None:
    host = customer.base_url.removeprefix("http://")
    sid = await talk(sandbox, customer, f'<Response><Connect><Stream url="wss://{host}/no"/></Connect></Response>')
    assert [one["code"] for one in (await sandbox.until(sid, "completed"))["warnings"]] == [31920]


async def test_connects_action_continues_the_call(
    sandbox: Sandbox, customer: Customer, media_server: MediaServer
) -> None:
    async def leave(socket: ServerConnection, _server: MediaServer) -> None:
        await socket.close()

    media_server.behave = leave
    customer.twiml["/after"] = "<Response><Say>After</Say></Response>"
    sid = await talk(sandbox, customer, connect(media_server, TAIL).replace("<Connect>", '<Connect action="/after">'))
    await sandbox.until(sid, "completed")
    assert ("After", "pico-en-US") in sandbox.engines.said
    assert ("Tail", "pico-en-US") not in sandbox.engines.said


async def test_new_twiml_ends_the_stream_with_stop(
    sandbox: Sandbox, customer: Customer, media_server: MediaServer
) -> None:
    sid = await talk(sandbox, customer, connect(media_server, TAIL))
    await until(lambda: bool(media_server.of("media")))
    await sandbox.update(sid, twiml="<Response><Say>New</Say></Response>")
    await media_server.closed.wait()
    assert media_server.messages[-1]["event"] == "stop"
    await sandbox.until(sid, "completed")
    assert ("New", "pico-en-US") in sandbox.engines.said


@pytest.mark.parametrize(
    ("switches", "check"),
    [
        ({"odd_frames": True}, lambda payloads: len({len(one) for one in payloads}) > 3),
        ({"comfort_noise": True}, lambda payloads: len(set(payloads)) > 1),
    ],
)
async def test_unusual_media_can_be_switched_on(
    sandbox: Sandbox, customer: Customer, media_server: MediaServer, switches: dict[str, Any], check: Any
) -> None:
    sandbox.faults.set(switches)
    sid = await talk(sandbox, customer, connect(media_server))
    await until(lambda: len(media_server.of("media")) >= 20)
    assert check([message["media"]["payload"] for message in media_server.of("media")])
    await sandbox.update(sid, status="completed")


async def test_start_can_be_left_out_and_the_connection_cut(
    sandbox: Sandbox, customer: Customer, media_server: MediaServer
) -> None:
    sandbox.faults.set({"start": False, "abort_after_s": 0.3})
    sid = await talk(sandbox, customer, connect(media_server))
    report = await sandbox.until(sid, "completed")
    assert [message["event"] for message in media_server.messages] == ["connected"]
    assert [one["code"] for one in report["warnings"]] == [31921]


async def test_the_recording_holds_both_sides(sandbox: Sandbox, customer: Customer, media_server: MediaServer) -> None:
    async def speak(socket: ServerConnection, server: MediaServer) -> None:
        await socket.send(server.media(tone_ulaw(0.3)))

    media_server.behave = speak
    sid = await talk(sandbox, customer, connect(media_server))
    await until(lambda: len(media_server.of("media")) >= 60)
    url = f"{sandbox.base_url}/sandbox/calls/{sid}/audio.wav"
    async with sandbox.http.get(url) as response:
        assert response.status == 409
    await sandbox.update(sid, status="completed")
    report = await sandbox.until(sid, "completed")
    async with sandbox.http.get(url) as response:
        assert (await response.read())[:4] == b"RIFF"
    assert {(one["speaker"], one["text"]) for one in report["utterances"]} == {
        ("agent", "How are you?"),
        ("person", "Hello?"),
    }
