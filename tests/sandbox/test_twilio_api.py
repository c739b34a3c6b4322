"""Twilio's REST API, driven by the official SDK, unchanged."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import encode_basic_auth
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from sandbox.twilio_api import Account
from tests.sandbox.telephone_fixtures import ACCOUNT_SID, AUTH_TOKEN, PERSON, Customer, MediaServer, Sandbox, connect

NOBODY = "+12025550170"
HANGUP = "<Response><Hangup/></Response>"


async def test_a_new_call_is_queued_and_can_be_fetched(sandbox: Sandbox) -> None:
    call = await sandbox.call(twiml=HANGUP)
    assert call.sid.startswith("CA")
    assert len(call.sid) == 34
    assert call.status == "queued"
    assert (call.to, call.direction, call.account_sid) == (PERSON, "outbound-api", ACCOUNT_SID)
    assert call.to_formatted == "(202) 555-0101"
    await sandbox.until(call.sid, "completed")
    fetched = await sandbox.fetch(call.sid)
    assert fetched.status == "completed"
    assert fetched.end_time is not None
    assert int(fetched.duration) >= 1


@pytest.mark.parametrize(
    ("to", "status", "code"),
    [
        ("", 400, 21201),
        ("12025550101", 400, 21211),
        ("+1202555", 400, 21217),
        ("+11025550101", 400, 21217),
        ("+4930123456", 400, 21215),
        ("+12025550193", 400, 21216),
        ("+12025550194", 400, 21214),
        ("+12025550196", 400, 21219),
        ("+12025550197", 403, 20005),
        ("+12025550198", 429, 20429),
        ("+12025550199", 500, 20500),
    ],
)
async def test_a_number_that_may_not_be_called_has_twilios_error(
    sandbox: Sandbox, to: str, status: int, code: int
) -> None:
    with pytest.raises(TwilioRestException) as refused:
        await sandbox.call(to, twiml=HANGUP)
    assert (refused.value.status, refused.value.code) == (status, code)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"From": "", "Twiml": HANGUP}, 21213),
        ({"From": "0815", "Twiml": HANGUP}, 21212),
        ({"From": "+12025550155", "Twiml": HANGUP}, 21210),
        ({}, 21205),
        ({"Url": "not a url"}, 21205),
        ({"Url": "ftp://127.0.0.1/voice"}, 21205),
        ({"Url": "http://127.0.0.1:nine/"}, 21205),
        ({"Twiml": "x" * 4001}, 20001),
        ({"ApplicationSid": "AP1"}, 21218),
        ({"Twiml": HANGUP, "Timeout": "soon"}, 21208),
        ({"Twiml": HANGUP, "Timeout": "601"}, 21208),
        ({"Twiml": HANGUP, "SendDigits": "1x"}, 21206),
        ({"Url": "http://127.0.0.1/", "Method": "PUT"}, 21209),
        ({"Twiml": HANGUP, "StatusCallback": "status"}, 21609),
        ({"Twiml": HANGUP, "StatusCallback": "http://under_score/"}, 21609),
        ({"Twiml": HANGUP, "StatusCallbackEvent": "rung"}, 21626),
        ({"Twiml": HANGUP, "MachineDetection": "Yes"}, 20001),
        ({"Twiml": HANGUP, "MachineDetectionTimeout": "2"}, 20001),
        ({"Twiml": HANGUP, "AsyncAmd": "maybe"}, 20001),
    ],
)
async def test_a_wrong_parameter_has_its_code(sandbox: Sandbox, fields: dict[str, str], code: int) -> None:
    status, body = await post(sandbox, {"To": PERSON, "From": "+14155550100", **fields})
    assert (status, body["code"], body["status"]) == (400, code, 400)
    assert body["more_info"] == f"https://www.twilio.com/docs/errors/{code}"


@pytest.mark.parametrize(
    ("user", "secret", "accepted"),
    [
        (ACCOUNT_SID, AUTH_TOKEN, True),
        ("SKkey", "keysecret", True),
        (ACCOUNT_SID, "wrong", False),
        ("SKother", "keysecret", False),
        ("", "", False),
    ],
)
async def test_who_may_use_the_api(sandbox: Sandbox, user: str, secret: str, accepted: bool) -> None:
    url = f"{sandbox.base_url}/2010-04-01/Accounts/{ACCOUNT_SID}.json"
    async with sandbox.http.get(url, headers={"Authorization": encode_basic_auth(user, secret)}) as response:
        body = await response.json()
    if accepted:
        assert (response.status, body["type"], body["status"]) == (200, "Full", "active")
    else:
        assert (response.status, body["code"], body["message"]) == (401, 20003, "Authenticate")


async def test_another_account_and_no_authorization_are_20003(sandbox: Sandbox) -> None:
    stranger = Client("AC" + "b" * 32, AUTH_TOKEN, http_client=TwilioHttpClient(pool_connections=False))
    stranger.api.base_url = sandbox.base_url
    with pytest.raises(TwilioRestException) as refused:
        await asyncio.to_thread(lambda: stranger.calls("CA1").fetch())
    assert (refused.value.status, refused.value.code) == (401, 20003)
    async with sandbox.http.get(f"{sandbox.base_url}/2010-04-01/Accounts/{ACCOUNT_SID}.json") as response:
        assert response.status == 401


async def test_an_unknown_call_is_20404(sandbox: Sandbox) -> None:
    with pytest.raises(TwilioRestException) as refused:
        await sandbox.fetch("CA" + "0" * 32)
    assert (refused.value.status, refused.value.code) == (404, 20404)


async def test_calls_are_listed_in_pages_newest_first_and_filtered(sandbox: Sandbox) -> None:
    sids = [(await sandbox.call(NOBODY, twiml=HANGUP, timeout=600)).sid for _ in range(3)]
    other = await sandbox.call("+12025550171", twiml=HANGUP, timeout=600)
    listed = await asyncio.to_thread(lambda: sandbox.client.calls.list(to=NOBODY, page_size=2))
    assert [call.sid for call in listed] == list(reversed(sids))
    everything = await asyncio.to_thread(lambda: sandbox.client.calls.list(page_size=1))
    assert [call.sid for call in everything] == [other.sid, *reversed(sids)]
    assert await asyncio.to_thread(lambda: sandbox.client.calls.list(status="completed")) == []


async def test_calls_leave_one_per_interval_and_the_wait_is_in_queue_time(sandbox: Sandbox) -> None:
    calls = [await sandbox.call(NOBODY, twiml=HANGUP, timeout=600) for _ in range(3)]
    waits = [int((await sandbox.fetch(call.sid)).queue_time) for call in calls]
    assert waits[0] == 0
    assert waits == sorted(waits)
    assert waits[2] > 0


@pytest.mark.parametrize("status", ["canceled", "completed"])
async def test_a_ringing_call_can_be_canceled_and_a_finished_one_cannot_be_changed(
    sandbox: Sandbox, customer: Customer, status: str
) -> None:
    call = await sandbox.call(NOBODY, twiml=HANGUP, status_callback=customer.url("/status"))
    await asyncio.sleep(0.2)
    assert (await sandbox.update(call.sid, status=status)).status == "canceled"
    await sandbox.until(call.sid, "canceled")
    for change in ({"status": "completed"}, {"twiml": HANGUP}):
        with pytest.raises(TwilioRestException) as refused:
            await sandbox.update(call.sid, **change)
        assert (refused.value.status, refused.value.code) == (400, 21220)


async def test_a_call_canceled_in_the_queue_produces_no_callbacks(sandbox: Sandbox, customer: Customer) -> None:
    await sandbox.call(NOBODY, twiml=HANGUP)
    first = sandbox.client
    waiting = [await sandbox.call(NOBODY, twiml=HANGUP, status_callback=customer.url("/status")) for _ in range(6)]
    last = await asyncio.to_thread(lambda: first.calls(waiting[-1].sid).update(status="completed"))
    assert last.status == "canceled"
    await asyncio.sleep(0.5)
    assert waiting[-1].sid not in {one.fields["CallSid"] for one in customer.at("/status")}


async def test_only_a_finished_call_can_be_deleted(sandbox: Sandbox) -> None:
    call = await sandbox.call(twiml="<Response><Pause length='30'/></Response>")
    await sandbox.until(call.sid, "in-progress")
    with pytest.raises(TwilioRestException) as refused:
        await asyncio.to_thread(lambda: sandbox.client.calls(call.sid).delete())
    assert refused.value.code == 21220
    await sandbox.update(call.sid, status="completed")
    await sandbox.until(call.sid, "completed")
    assert await asyncio.to_thread(lambda: sandbox.client.calls(call.sid).delete())
    with pytest.raises(TwilioRestException):
        await sandbox.fetch(call.sid)


async def test_failures_of_the_api_can_be_switched_on(sandbox: Sandbox) -> None:
    sandbox.faults.set({"rest_status": 503, "rest_code": 20503, "rest_times": 1})
    with pytest.raises(TwilioRestException) as refused:
        await sandbox.call(twiml=HANGUP)
    assert (refused.value.status, refused.value.code) == (503, 20503)
    assert (await sandbox.call(twiml=HANGUP)).status == "queued"


@pytest.mark.parametrize(
    "wanted",
    [{"callbacks": "lose"}, {"signature": "odd"}, {"delay_ms": "5"}, {"nothing": 1}, {"odd_frames": 1}],
)
async def test_a_switch_that_does_not_exist_changes_nothing(sandbox: Sandbox, wanted: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        sandbox.faults.set({"rest_latency_ms": 100, **wanted})
    assert sandbox.faults.rest_latency_ms == 0


class TestTrialAccount:
    """What a trial account may do, and with what it is refused."""

    @pytest.fixture
    def account(self, account: Account) -> Account:
        return replace(account, trial=True)

    async def test_the_account_says_that_it_is_a_trial(self, sandbox: Sandbox) -> None:
        fetched = await asyncio.to_thread(lambda: sandbox.client.api.accounts(ACCOUNT_SID).fetch())
        assert (fetched.type, fetched.status) == ("Trial", "active")

    async def test_more_than_to_from_and_url_is_refused_with_code_0(self, sandbox: Sandbox) -> None:
        with pytest.raises(TwilioRestException) as refused:
            await sandbox.call(url="http://127.0.0.1:9/voice", timeout=30)
        assert (refused.value.status, refused.value.code) == (400, 0)

    async def test_an_unverified_number_is_573002(self, sandbox: Sandbox) -> None:
        with pytest.raises(TwilioRestException) as refused:
            await sandbox.call(NOBODY, url="http://127.0.0.1:9/voice")
        assert (refused.value.status, refused.value.code) == (422, 573002)

    async def test_a_stream_is_replaced_with_a_spoken_notice(
        self, sandbox: Sandbox, customer: Customer, media_server: MediaServer
    ) -> None:
        customer.twiml["/voice"] = connect(media_server)
        call = await sandbox.call(url=customer.url("/voice"))
        await sandbox.until(call.sid, "completed")
        assert sandbox.engines.said[-1][0] == "The Stream verb is not available on trial accounts."
        assert media_server.messages == []


async def post(sandbox: Sandbox, fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
    url = f"{sandbox.base_url}/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json"
    headers = {"Authorization": encode_basic_auth(ACCOUNT_SID, AUTH_TOKEN)}
    async with sandbox.http.post(url, data=fields, headers=headers) as response:
        return response.status, await response.json()
