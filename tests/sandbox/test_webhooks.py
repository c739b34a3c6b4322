"""Signatures and the rules of Twilio's requests to the application."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from sandbox import webhooks
from sandbox.twilio_faults import TwilioFaults
from sandbox.webhooks import Overrides, WebhookError, Webhooks
from tests.sandbox.telephone_fixtures import AUTH_TOKEN, Customer


def test_the_documented_form_is_signed_as_twilio_signs_it() -> None:
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675310",
        "Digits": "1234",
        "From": "+14158675310",
        "To": "+18005551212",
    }
    url = "https://example.com/myapp.php?foo=1&bar=2"
    assert webhooks.signature("12345", url, fields) == "L/OH5YylLD5NRKLltdqwSvS0BnU="


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        ("wss://example.com/media", "7PR3qMkpDyEJtMrVOY/LDyNq8J8="),
        ("wss://example.com/media/", "T+WBXwUXC0/CyoZ1DA+p9ilZORs="),
        ("wss://example.com/", "hoaxtdkWNBxVYCmDLq7UdjDdXIg="),
    ],
)
def test_websocket_urls_are_signed_as_twilio_signs_them(url: str, signature: str) -> None:
    assert webhooks.signature("12345", url) == signature


@given(st.dictionaries(st.text(min_size=1, max_size=10), st.text(max_size=10), max_size=6))
def test_the_official_validator_accepts_every_form(fields: dict[str, str]) -> None:
    url = "http://127.0.0.1:5000/voice?try=1"
    assert RequestValidator(AUTH_TOKEN).validate(url, fields, webhooks.signature(AUTH_TOKEN, url, fields))


@pytest.mark.parametrize(
    ("url", "signed"),
    [
        ("https://user:pw@app.example:8443/voice?a=1#rc=2", "https://app.example/voice?a=1"),
        ("http://app.example:5000/voice", "http://app.example:5000/voice"),
    ],
)
def test_what_of_the_url_is_signed(url: str, signed: str) -> None:
    assert webhooks.signed_url(url) == signed


def test_connection_overrides_are_read_from_the_fragment_and_kept_in_range() -> None:
    assert Overrides.of("https://a/") == Overrides()
    assert Overrides.of("https://a/#ct=50&rt=99999&rc=9&rp=5xx,rt") == Overrides(
        connect_s=0.1, read_s=15.0, retries=5, retry_on=frozenset({"5xx", "rt"})
    )
    assert Overrides.of("https://a/#ct=soon&rc=often") == Overrides()


@pytest.fixture
async def sender() -> AsyncIterator[Webhooks]:
    sender = Webhooks(AUTH_TOKEN, TwilioFaults())
    yield sender
    await sender.close()


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_official_validator_accepts_what_arrives(sender: Webhooks, customer: Customer, method: str) -> None:
    customer.twiml["/voice"] = "<Response/>"
    fields = {"ToCity": "", "To": "+12025550101", "CallSid": "CA1"}
    reply = await sender.send(customer.url("/voice?try=1#rt=900"), method, fields)
    (received,) = customer.received
    assert received.valid
    assert {name: received.fields[name] for name in fields} == fields
    assert received.headers["User-Agent"] == "TwilioProxy/1.1"
    assert len(received.headers["I-Twilio-Idempotency-Token"]) == 36
    assert reply.body == b"<Response/>"


async def test_redirects_are_followed_up_to_ten_times(sender: Webhooks, customer: Customer) -> None:
    customer.twiml["/round"] = lambda: web.Response(status=302, headers={"Location": "/round"})
    with pytest.raises(WebhookError) as failed:
        await sender.send(customer.url("/round"), "POST", {"a": "b"})
    assert failed.value.code == 11215
    assert len(customer.received) == 11
    assert all(one.valid for one in customer.received)


@pytest.mark.parametrize("url", ["http://192.0.2.1/voice", "https://app.example/voice", "http://10.0.0.1:5000/"])
async def test_nothing_leaves_the_machine(sender: Webhooks, url: str) -> None:
    with pytest.raises(WebhookError, match="this machine only") as failed:
        await sender.send(url, "POST", {})
    assert failed.value.code == 11210


async def test_a_redirect_does_not_leave_the_machine_either(sender: Webhooks, customer: Customer) -> None:
    customer.twiml["/out"] = lambda: web.Response(status=302, headers={"Location": "http://192.0.2.1/"})
    with pytest.raises(WebhookError, match="this machine only"):
        await sender.send(customer.url("/out"), "POST", {})


async def test_a_refused_connection_is_11205(sender: Webhooks) -> None:
    with pytest.raises(WebhookError) as failed:
        await sender.send("http://127.0.0.1:9/voice", "POST", {})
    assert failed.value.code == 11205


async def test_errors_are_retried_only_when_the_fragment_says_so(sender: Webhooks, customer: Customer) -> None:
    customer.twiml["/broken"] = lambda: web.Response(status=500)
    assert (await sender.send(customer.url("/broken"), "POST", {})).status == 500
    assert len(customer.received) == 1
    await sender.send(customer.url("/broken#rc=2&rp=5xx"), "POST", {})
    assert len(customer.received) == 4
    tokens = [one.headers["I-Twilio-Idempotency-Token"] for one in customer.received]
    assert len(set(tokens)) == 2


async def test_too_slow_an_answer_is_11200(sender: Webhooks) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(WebhookError) as failed:
            await sender.send(f"http://127.0.0.1:{port}/#rt=100", "POST", {})
        await sender.close()
    assert failed.value.code == 11200


async def test_more_than_64_kb_are_11750(sender: Webhooks, customer: Customer) -> None:
    customer.twiml["/long"] = "x" * 70_000
    with pytest.raises(WebhookError) as failed:
        await sender.send(customer.url("/long"), "POST", {})
    assert failed.value.code == 11750
