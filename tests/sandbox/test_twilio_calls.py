"""The life of a call: statuses, signed callbacks in their order, TwiML, fallbacks, machines, limits."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from tests.sandbox.telephone_fixtures import PERSON, Customer, Sandbox, until

EVENTS = ["initiated", "ringing", "answered", "completed"]
NOBODY = "+12025550170"


async def place(sandbox: Sandbox, customer: Customer, to: str = PERSON, **options: Any) -> str:
    options.setdefault("url", customer.url("/voice"))
    call = await sandbox.call(
        to, status_callback=customer.url("/status"), status_callback_event=EVENTS, timeout=2, **options
    )
    return str(call.sid)


async def test_a_good_call_from_queued_to_completed(sandbox: Sandbox, customer: Customer) -> None:
    customer.twiml["/voice"] = "<Response><Say>Hello</Say><Hangup/></Response>"
    sid = await place(sandbox, customer)
    report = await sandbox.until(sid, "completed")
    await until(lambda: len(customer.at("/status")) == 4)
    assert all(one.valid for one in customer.received)
    in_order = sorted(customer.at("/status"), key=lambda one: int(one.fields["SequenceNumber"]))
    assert [one.fields["CallStatus"] for one in in_order] == ["initiated", "ringing", "in-progress", "completed"]
    last = in_order[-1].fields
    assert (last["SipResponseCode"], last["Duration"]) == ("200", "1")
    assert int(last["CallDuration"]) >= 1
    assert last["CallbackSource"] == "call-progress-events"
    (voice,) = customer.at("/voice")
    assert voice.fields["CallStatus"] == "in-progress"
    assert voice.fields["Called"] == PERSON
    assert voice.fields["ToCity"] == ""
    assert report["ended_by"] == "agent"
    assert sandbox.engines.said[-1] == ("Hello", "pico-en-US")


@pytest.mark.parametrize(
    ("to", "status", "statuses", "sip"),
    [
        ("+12025550190", "busy", ["initiated", "ringing", "busy"], "486"),
        ("+12025550191", "no-answer", ["initiated", "ringing", "no-answer"], "487"),
        (NOBODY, "no-answer", ["initiated", "ringing", "no-answer"], "487"),
        ("+442079460999", "no-answer", ["initiated", "ringing", "no-answer"], "487"),
        ("+12025550192", "failed", ["initiated", "failed"], "404"),
    ],
)
async def test_calls_that_are_not_answered(
    sandbox: Sandbox, customer: Customer, to: str, status: str, statuses: list[str], sip: str
) -> None:
    sid = await place(sandbox, customer, to)
    await sandbox.until(sid, status)
    await until(lambda: len(customer.at("/status")) == len(statuses))
    in_order = sorted(customer.at("/status"), key=lambda one: int(one.fields["SequenceNumber"]))
    assert [one.fields["CallStatus"] for one in in_order] == statuses
    assert in_order[-1].fields["SipResponseCode"] == sip
    assert customer.at("/voice") == []


async def test_only_completed_is_called_back_by_default(sandbox: Sandbox, customer: Customer) -> None:
    call = await sandbox.call(twiml="<Response/>", status_callback=customer.url("/status"))
    await sandbox.until(call.sid, "completed")
    await until(lambda: bool(customer.at("/status")))
    assert [one.fields["SequenceNumber"] for one in customer.at("/status")] == ["0"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (lambda: web.Response(status=500), "11200"),
        (lambda: web.Response(text="<Response>", content_type="text/xml"), "12100"),
        (lambda: web.Response(text="{}", content_type="application/json"), "12300"),
    ],
)
async def test_the_fallback_is_asked_with_the_error(
    sandbox: Sandbox, customer: Customer, answer: Any, code: str
) -> None:
    customer.twiml["/voice"] = answer
    customer.twiml["/fallback"] = "<Response><Say>Fallback</Say></Response>"
    sid = await place(sandbox, customer, fallback_url=customer.url("/fallback"))
    report = await sandbox.until(sid, "completed")
    (fallback,) = customer.at("/fallback")
    assert fallback.valid
    assert fallback.fields["ErrorCode"] == code
    assert fallback.fields["ErrorUrl"] == customer.url("/voice")
    assert ("Fallback", "pico-en-US") in sandbox.engines.said
    assert int(code) in [warning["code"] for warning in report["warnings"]]


async def test_without_a_fallback_an_application_error_is_said_and_the_call_ends(
    sandbox: Sandbox, customer: Customer
) -> None:
    customer.twiml["/voice"] = lambda: web.Response(status=500)
    sid = await place(sandbox, customer)
    report = await sandbox.until(sid, "completed")
    assert "application error" in sandbox.engines.said[-1][0]
    assert [one["speaker"] for one in report["utterances"]].count("agent") == 1


async def test_verbs_run_in_order_and_redirects_are_followed(sandbox: Sandbox, customer: Customer) -> None:
    customer.twiml["/voice"] = "<Response><Say>One</Say><Redirect>/next?try=2</Redirect><Say>Never</Say></Response>"
    customer.twiml["/next"] = "<Response><Dance/><Say>Two</Say></Response>"
    sid = await place(sandbox, customer)
    report = await sandbox.until(sid, "completed")
    said = [text for text, _ in sandbox.engines.said if text in ("One", "Two", "Never")]
    assert said == ["One", "Two"]
    assert customer.at("/next")[0].valid
    assert 12200 in [warning["code"] for warning in report["warnings"]]


async def test_the_eleventh_redirect_ends_the_call(sandbox: Sandbox, customer: Customer) -> None:
    customer.twiml["/voice"] = "<Response><Redirect>/voice</Redirect></Response>"
    sid = await place(sandbox, customer)
    await sandbox.until(sid, "completed")
    assert len(customer.at("/voice")) == 11


async def test_plain_text_is_read_aloud(sandbox: Sandbox, customer: Customer) -> None:
    customer.twiml["/voice"] = lambda: web.Response(text="Just text", content_type="text/plain")
    await sandbox.until(await place(sandbox, customer), "completed")
    assert ("Just text", "pico-en-US") in sandbox.engines.said


async def test_a_rest_update_replaces_the_running_twiml(sandbox: Sandbox, customer: Customer) -> None:
    customer.twiml["/voice"] = "<Response><Pause length='60'/></Response>"
    sid = await place(sandbox, customer)
    await sandbox.until(sid, "in-progress")
    await sandbox.update(sid, twiml="<Response><Say>Goodbye</Say><Hangup/></Response>")
    await sandbox.until(sid, "completed")
    assert ("Goodbye", "pico-en-US") in sandbox.engines.said


async def test_a_rest_hang_up_ends_a_live_call_at_once(sandbox: Sandbox, customer: Customer) -> None:
    customer.twiml["/voice"] = "<Response><Pause length='60'/></Response>"
    sid = await place(sandbox, customer)
    await sandbox.until(sid, "in-progress")
    assert (await sandbox.update(sid, status="completed")).status == "completed"
    assert (await sandbox.until(sid, "completed"))["ended_by"] == "agent"


async def test_the_time_limit_ends_the_call(sandbox: Sandbox, customer: Customer) -> None:
    customer.twiml["/voice"] = "<Response><Pause length='60'/></Response>"
    sid = await place(sandbox, customer, time_limit=1)
    assert (await sandbox.until(sid, "completed"))["ended_by"] == "network"


async def test_async_detection_is_posted_beside_the_twiml(sandbox: Sandbox, customer: Customer) -> None:
    customer.twiml["/voice"] = "<Response><Pause length='1'/></Response>"
    sid = await place(
        sandbox,
        customer,
        machine_detection="Enable",
        async_amd="true",
        async_amd_status_callback=customer.url("/amd"),
    )
    await sandbox.until(sid, "completed")
    await until(lambda: len(customer.at("/status")) == 4)
    (verdict,) = customer.at("/amd")
    assert verdict.valid
    assert verdict.fields["AnsweredBy"] == "human"
    assert "AnsweredBy" not in customer.at("/voice")[0].fields
    final = next(one for one in customer.at("/status") if one.fields["CallStatus"] == "completed")
    assert final.fields["AnsweredBy"] == "human"


async def test_sync_detection_comes_with_the_voice_request(sandbox: Sandbox, customer: Customer) -> None:
    customer.twiml["/voice"] = "<Response/>"
    await sandbox.until(await place(sandbox, customer, machine_detection="Enable"), "completed")
    fields = customer.at("/voice")[0].fields
    assert fields["AnsweredBy"] == "human"
    assert int(fields["MachineDetectionDuration"]) > 0


@pytest.mark.parametrize(
    ("switches", "statuses"),
    [
        ({"callbacks": "duplicate"}, ["completed", "completed"]),
        ({"callbacks": "drop", "drop": ["completed"]}, []),
        ({"callbacks": "delay", "delay_ms": 100}, ["completed"]),
        ({"callbacks": "shuffle", "delay_ms": 50}, ["completed"]),
    ],
)
async def test_callbacks_can_be_made_to_misbehave(
    sandbox: Sandbox, customer: Customer, switches: dict[str, Any], statuses: list[str]
) -> None:
    sandbox.faults.set(switches)
    call = await sandbox.call(twiml="<Response/>", status_callback=customer.url("/status"))
    await sandbox.until(call.sid, "completed")
    await asyncio.sleep(0.3)
    assert customer.statuses() == statuses


@pytest.mark.parametrize("signature", ["wrong", "missing"])
async def test_signatures_can_be_made_wrong(sandbox: Sandbox, customer: Customer, signature: str) -> None:
    sandbox.faults.set({"signature": signature})
    await sandbox.until(await place(sandbox, customer), "completed")
    assert customer.at("/voice")
    assert not any(one.valid for one in customer.received)
