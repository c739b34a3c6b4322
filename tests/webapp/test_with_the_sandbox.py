"""The web app and the sandbox's Twilio over real wires, with the official SDK between them, and no bridge at all.

What is proved here needs both sides: signatures of whole calls, the order and content of callbacks, the tail.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from callregistry.call_events import Kind
from callregistry.calls import Call, CallStatus
from callregistry.registry import NewCall, Registry
from sandbox.app import SandboxOptions, build_app
from sandbox.dial_plan import BUSY, FAILED, NO_ANSWER
from sandbox.twilio_api import Account
from tests.sandbox.telephone_fixtures import QUICK, TEST_PERSON, ToneEngines, start_app
from tests.webapp.web_house import ACCOUNT_SID, API_TOKEN, AUTH_TOKEN, FROM_NUMBER, PERSON_NUMBER, settings_of, sid
from webapp import create_app
from webapp.telephony import TwilioTelephony
from webapp.twiml import ONE_MOMENT, TECHNICAL_GOODBYE

pytestmark = pytest.mark.call


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        pass


@dataclass
class House:
    """A web app that listens, and whose Twilio is the sandbox."""

    app: Any
    registry: Registry
    engines: ToneEngines
    telephony: TwilioTelephony

    async def post(self, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {API_TOKEN}"}
        client = self.app.test_client()
        return await asyncio.to_thread(lambda: client.post(path, json=body, headers=headers))

    async def dial(self, to: str) -> Call:
        answer = await self.post("/api/calls", {"to": to})
        assert answer.status_code == 201, answer.text
        call = self.registry.call(answer.json["call"]["id"])
        assert call is not None
        return call

    async def until(self, call: Call, *statuses: CallStatus, limit_s: float = 30.0) -> Call:
        async with asyncio.timeout(limit_s):
            while True:
                row = await asyncio.to_thread(self.registry.call, call.id)
                assert row is not None
                if row.status in statuses:
                    return row
                await asyncio.sleep(0.05)

    def statuses(self, call: Call) -> list[str]:
        return [e.data["status"] for e in self.registry.events_after(call.id) if e.kind == Kind.CALL_STATUS]


@pytest.fixture
async def house(tmp_path: Path, free_port: int) -> AsyncIterator[House]:
    people, engines = tmp_path / "people", ToneEngines()
    people.mkdir()
    (people / "tess.toml").write_text(TEST_PERSON)
    account = Account(ACCOUNT_SID, AUTH_TOKEN, from_numbers=frozenset({FROM_NUMBER}))
    runner, sandbox_url = await start_app(build_app(SandboxOptions(account, people, QUICK), engines, []))
    registry = Registry.open(f"sqlite:///{tmp_path}/calls.db")
    settings = settings_of(
        public_base_url=f"http://127.0.0.1:{free_port}",
        public_stream_url="wss://127.0.0.1:9/media",
        twilio_api_base_url=sandbox_url,
        ring_timeout_s=100,
    )
    telephony = TwilioTelephony(settings)
    app = create_app(settings, registry, telephony)
    server = make_server("127.0.0.1", free_port, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield House(app, registry, engines, telephony)
    await runner.cleanup()
    await asyncio.to_thread(server.shutdown)
    thread.join()
    server.server_close()
    registry.close()


async def test_without_a_bridge_the_person_is_asked_to_wait_and_told_goodbye(house: House) -> None:
    call = await house.until(await house.dial(PERSON_NUMBER), CallStatus.COMPLETED)
    assert house.statuses(call) == sorted(house.statuses(call), key=lambda status: CallStatus(status).rank)
    assert {"ringing", "in-progress", "completed"} <= set(house.statuses(call))
    said = [text for text, _ in house.engines.said if text in {ONE_MOMENT, TECHNICAL_GOODBYE}]
    assert said == [ONE_MOMENT, ONE_MOMENT, TECHNICAL_GOODBYE]
    assert call.end_reason == "A technical problem ended the call."
    assert call.answered_at is not None
    streams = [e.data for e in house.registry.events_after(call.id) if e.kind == Kind.STREAM_STATUS]
    assert all(stream["event"] == "stream-error" for stream in streams)


@pytest.mark.parametrize(
    ("number", "status", "words"),
    [
        (BUSY, CallStatus.BUSY, "busy"),
        (FAILED, CallStatus.FAILED, "(SIP "),
        (NO_ANSWER, CallStatus.NO_ANSWER, "within 100 seconds"),
    ],
)
async def test_a_call_that_nobody_takes_ends_with_its_reason(
    house: House, number: str, status: CallStatus, words: str
) -> None:
    call = await house.until(await house.dial(number), *(found for found in CallStatus if found.is_over))
    assert call.status is status
    assert words in (call.end_reason or "")


@pytest.mark.parametrize(
    ("number", "words"),
    [("+12025550193", "blocks calls"), ("+12025550196", "trial"), ("+12025550197", "not active")],
)
async def test_a_refusal_of_the_sandboxs_twilio_is_a_sentence(house: House, number: str, words: str) -> None:
    answer = await house.post("/api/calls", {"to": number})
    assert (answer.status_code, answer.json["error"]["code"]) == (502, "twilio_refused")
    assert words in answer.json["error"]["message"]


async def test_an_operator_hangs_up_while_it_rings_and_while_it_is_answered(house: House) -> None:
    ringing = await house.until(await house.dial(NO_ANSWER), CallStatus.RINGING)
    assert (await house.post(f"/api/calls/{ringing.id}/hangup")).json["call"]["status"] == "canceled"
    answered = await house.until(await house.dial(PERSON_NUMBER), CallStatus.IN_PROGRESS)
    assert (await house.post(f"/api/calls/{answered.id}/hangup")).json["call"]["status"] == "completed"
    answer = await house.post(f"/api/calls/{answered.id}/hangup")
    assert answer.status_code == 200


async def test_a_row_whose_call_twilio_does_not_know_stands_in_nobodys_way(house: House) -> None:
    stale, _ = house.registry.create_call(NewCall(NO_ANSWER, FROM_NUMBER), max_calls=9, now=time.time() - 3600)
    house.registry.set_twilio_sid(stale.id, sid(77))
    ringing = await house.until(await house.dial(NO_ANSWER), CallStatus.RINGING)
    assert (await house.until(stale, CallStatus.FAILED)).end_reason == "Twilio does not know this call any more."
    assert (await house.post("/api/calls", {"to": NO_ANSWER})).status_code == 409
    assert ringing.twilio_sid is not None
    assert await asyncio.to_thread(house.telephony.fetch_status, ringing.twilio_sid) is CallStatus.RINGING
    await house.post(f"/api/calls/{ringing.id}/hangup")
    assert await asyncio.to_thread(house.telephony.fetch_status, ringing.twilio_sid) is CallStatus.CANCELED
