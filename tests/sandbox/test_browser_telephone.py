"""The browser as a telephone, and the sandbox's own API; a WebSocket client stands for the page."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.browser_telephone import MicrophoneBuffer
from sandbox.dial_plan import YOU
from sandbox.line_audio import SILENT_FRAME, frame_level_dbfs
from tests.sandbox.telephone_fixtures import (
    PERSON,
    TEST_PERSON,
    Customer,
    MediaServer,
    Sandbox,
    connect,
    tone_ulaw,
    until,
)


class Page:
    """What the page's script does, without the sound card."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.messages: list[dict[str, Any]] = []
        self.heard: list[bytes] = []
        self.reader = asyncio.create_task(self.read())

    async def read(self) -> None:
        async for message in self.socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                self.messages.append(message.json())
            else:
                self.heard.append(message.data)

    async def state(self, kind: str) -> None:
        await until(lambda: kind in [message["type"] for message in self.messages])

    async def say(self, **message: str) -> None:
        await self.socket.send_json(message)


@pytest.fixture
async def page(sandbox: Sandbox) -> AsyncIterator[Page]:
    page = Page(await sandbox.http.ws_connect(f"{sandbox.base_url}/sandbox/telephone/line"))
    yield page
    await page.socket.close()
    await page.reader


async def test_the_page_rings_answers_talks_presses_keys_and_hangs_up(
    sandbox: Sandbox, customer: Customer, media_server: MediaServer, page: Page
) -> None:
    async def speak(socket: Any, server: MediaServer) -> None:
        await socket.send(server.media(tone_ulaw(0.5)))

    media_server.behave = speak
    customer.twiml["/voice"] = connect(media_server)
    call = await sandbox.call(YOU, url=customer.url("/voice"), timeout=60)
    await page.state("ring")
    assert page.messages[-1] == {"type": "ring", "from": "+14155550100"}
    await page.say(type="answer")
    await page.state("connected")
    await until(lambda: bool(media_server.of("media")))
    await page.socket.send_bytes(tone_ulaw(0.2))
    await page.say(type="digit", digit="7")
    await page.say(type="digit", digit="not a digit")
    await page.socket.send_str("not json")
    await until(lambda: bool(media_server.of("dtmf")))
    assert media_server.of("dtmf")[0]["dtmf"] == {"track": "inbound_track", "digit": "7"}
    await until(lambda: any(frame_level_dbfs(frame) > -40 for frame in page.heard))
    await asyncio.sleep(0.8)
    await page.say(type="hang_up")
    await page.state("ended")
    report = await sandbox.until(call.sid, "completed")
    assert report["ended_by"] == "person"
    assert {one["speaker"] for one in report["utterances"]} == {"person", "agent"}
    assert media_server.of("stop")


async def test_declining_is_busy_and_the_telephone_can_ring_again(sandbox: Sandbox, page: Page) -> None:
    call = await sandbox.call(YOU, twiml="<Response/>", timeout=60)
    await page.state("ring")
    await page.say(type="decline")
    assert (await sandbox.until(call.sid, "busy"))["ended_by"] == "person"
    page.messages.clear()
    again = await sandbox.call(YOU, twiml="<Response/>", timeout=60)
    await page.state("ring")
    await sandbox.update(again.sid, status="canceled")
    await page.state("ended")


async def test_a_page_that_is_opened_while_it_rings_rings_too(sandbox: Sandbox) -> None:
    call = await sandbox.call(YOU, twiml="<Response/>", timeout=60)
    await asyncio.sleep(0.2)
    page = Page(await sandbox.http.ws_connect(f"{sandbox.base_url}/sandbox/telephone/line"))
    await page.state("ring")
    await page.say(type="answer")
    await page.state("ended")
    await sandbox.until(call.sid, "completed")
    await page.socket.close()
    await page.reader


async def test_a_second_call_to_a_ringing_telephone_is_busy_and_a_closed_page_hangs_up(
    sandbox: Sandbox, page: Page
) -> None:
    first = await sandbox.call(YOU, twiml="<Response><Pause length='30'/></Response>", timeout=60)
    await page.state("ring")
    second = await sandbox.call(YOU, twiml="<Response/>", timeout=60)
    await sandbox.until(second.sid, "busy")
    await page.say(type="answer")
    await page.state("connected")
    await page.socket.close()
    assert (await sandbox.until(first.sid, "completed"))["ended_by"] == "person"


async def test_a_newer_page_takes_the_telephone_over(sandbox: Sandbox, page: Page) -> None:
    newer = Page(await sandbox.http.ws_connect(f"{sandbox.base_url}/sandbox/telephone/line"))
    await page.reader
    assert page.socket.close_code == 4000
    await newer.socket.close()
    await newer.reader


def test_the_microphone_starts_after_60_ms_and_drops_what_is_too_old() -> None:
    buffer = MicrophoneBuffer()
    buffer.arrived(b"a" * 320)
    assert buffer.frame() == SILENT_FRAME
    buffer.arrived(b"b" * 160)
    assert [buffer.frame() for _ in range(4)] == [b"a" * 160, b"a" * 160, b"b" * 160, SILENT_FRAME]
    buffer.arrived(b"c" * 8000)
    assert [buffer.frame() for _ in range(4)] == [b"c" * 160] * 3 + [SILENT_FRAME]


@pytest.mark.parametrize("file", ["", "/telephone.css", "/telephone.js", "/telephone_audio.js"])
async def test_the_pages_files_come_with_a_strict_policy(sandbox: Sandbox, file: str) -> None:
    async with sandbox.http.get(f"{sandbox.base_url}/sandbox/telephone{file}") as response:
        assert response.status == 200
        assert "script-src 'self'" in response.headers["Content-Security-Policy"]
        assert "http" not in (await response.text()).replace("http://www.w3.org", "")
    async with sandbox.http.get(f"{sandbox.base_url}/sandbox/telephone/other.js") as response:
        assert response.status == 404


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}, {"Origin": "null"}])
async def test_a_page_from_elsewhere_is_refused(sandbox: Sandbox, headers: dict[str, str]) -> None:
    async with sandbox.http.get(f"{sandbox.base_url}/sandbox/people", headers=headers) as response:
        assert response.status == 403


async def test_the_people_are_listed_and_a_file_adds_one(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "ruth.toml"
    path.write_text(TEST_PERSON.replace("Tess", "Ruth").replace('number = "+12025550101"\n', ""))
    url = f"{sandbox.base_url}/sandbox/people"
    async with sandbox.http.post(url, json={"path": str(path)}) as response:
        assert await response.json() == {"name": "Ruth", "number": "+12025550102"}
    async with sandbox.http.get(url) as response:
        people = (await response.json())["people"]
    assert [(one["name"], one["number"]) for one in people[1:]] == [("Tess", PERSON), ("Ruth", "+12025550102")]
    assert people[0]["number"] == YOU
    path.write_text("name = 7")
    for body, why in (({"path": str(path)}, "name: must be a text"), ({"path": "ruth.toml"}, "absolute"), ([], "path")):
        async with sandbox.http.post(url, json=body) as response:
            assert response.status == 400
            assert why in (await response.json())["error"]


async def test_the_rest_of_the_control_api(sandbox: Sandbox) -> None:
    async with sandbox.http.get(f"{sandbox.base_url}/sandbox/healthz") as response:
        assert await response.text() == "ok\n"
    async with sandbox.http.get(f"{sandbox.base_url}/sandbox/numbers") as response:
        assert len((await response.json())["numbers"]) == 10
    call = await sandbox.call(twiml="<Response/>")
    async with sandbox.http.get(f"{sandbox.base_url}/sandbox/calls") as response:
        assert [one["sid"] for one in (await response.json())["calls"]] == [call.sid]
    for path in ("calls/CA0", "calls/CA0/audio.wav"):
        async with sandbox.http.get(f"{sandbox.base_url}/sandbox/{path}") as response:
            assert response.status == 404
