"""The official Twilio SDK behind `TwilioTelephony`, against a small HTTP server that answers as Twilio does."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest

from callregistry.calls import CallStatus
from tests.webapp.web_house import ACCOUNT_SID, AUTH_TOKEN, FROM_NUMBER, PERSON_NUMBER, settings_of, sid
from webapp.telephony import OutgoingCall, TwilioRefused, TwilioTelephony, TwilioUnreachable

CALLS = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls"
SINCE = 1_795_000_000.0  # 2026-11-18 11:06:40 UTC
CALL = OutgoingCall(
    to_number=PERSON_NUMBER,
    from_number=FROM_NUMBER,
    voice_url="https://h/voice",
    fallback_url="https://h/fallback",
    status_url="https://h/status",
    machine_detection_url="https://h/amd",
    ring_timeout_s=45,
    time_limit_s=960,
)


@dataclass
class Asked:
    """One request as it came over the wire."""

    method: str
    path: str
    form: dict[str, list[str]]
    authorization: str


@dataclass
class SmallTwilio:
    """Answers every request alike, and keeps what was asked."""

    url: str
    answer: bytes = b""
    status: int = 201
    stalls: bool = False
    asked: list[Asked] = field(default_factory=list)

    def says(self, status: int, body: Any) -> None:
        self.status, self.answer = status, body if isinstance(body, bytes) else json.dumps(body).encode()

    def telephony(self, timeout_s: float = 5.0, **changes: Any) -> TwilioTelephony:
        return TwilioTelephony(settings_of(twilio_api_base_url=self.url, **changes), timeout_s=timeout_s)


def call_body(number: int, **fields: Any) -> dict[str, Any]:
    return {"sid": sid(number), "status": "queued", "date_created": None, "start_time": None} | fields


@pytest.fixture
def twilio() -> Iterator[SmallTwilio]:
    release = socket.socketpair()

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            form = parse_qs(self.rfile.read(length).decode(), keep_blank_values=True)
            small.asked.append(Asked(self.command, self.path, form, self.headers["Authorization"]))
            if small.stalls:
                release[0].recv(1)
                return
            self.send_response(small.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(small.answer)))
            self.end_headers()
            self.wfile.write(small.answer)

        do_GET = respond  # noqa: N815 - the standard library's names
        do_POST = respond  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        small = SmallTwilio(f"http://127.0.0.1:{server.server_port}")
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        yield small
        release[1].send(b"x" * 10)
        server.shutdown()
    for end in release:
        end.close()


def test_a_call_is_placed_with_everything_twilio_must_know(twilio: SmallTwilio) -> None:
    twilio.says(201, call_body(3))
    assert twilio.telephony().place_call(CALL) == sid(3)
    [asked] = twilio.asked
    assert (asked.method, asked.path) == ("POST", f"{CALLS}.json")
    assert asked.form == {
        "To": [PERSON_NUMBER],
        "From": [FROM_NUMBER],
        "Url": ["https://h/voice"],
        "Method": ["POST"],
        "FallbackUrl": ["https://h/fallback"],
        "FallbackMethod": ["POST"],
        "StatusCallback": ["https://h/status"],
        "StatusCallbackMethod": ["POST"],
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
        "Timeout": ["45"],
        "TimeLimit": ["960"],
        "MachineDetection": ["Enable"],
        "AsyncAmd": ["true"],
        "AsyncAmdStatusCallback": ["https://h/amd"],
        "AsyncAmdStatusCallbackMethod": ["POST"],
    }
    assert base64.b64decode(asked.authorization.split()[1]).decode() == f"{ACCOUNT_SID}:{AUTH_TOKEN}"


def test_an_api_key_takes_the_auth_tokens_place_and_the_account_stays_in_the_path(twilio: SmallTwilio) -> None:
    twilio.says(200, call_body(3))
    key = "SK" + "ab" * 16
    twilio.telephony(twilio_api_key_sid=key, twilio_api_key_secret="shh").end_call(sid(3), answered=True)
    [asked] = twilio.asked
    assert (asked.path, asked.form) == (f"{CALLS}/{sid(3)}.json", {"Status": ["completed"]})
    assert base64.b64decode(asked.authorization.split()[1]).decode() == f"{key}:shh"


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    twilio: SmallTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    twilio.says(201, call_body(1))
    assert twilio.telephony().place_call(CALL) == sid(1)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"code": 21215, "message": "Account not authorized", "status": 400}, 21215),
        (401, {"code": 20003, "message": "Authenticate", "status": 401}, 20003),
        (429, {"code": 20429, "message": "Too Many Requests", "status": 429}, 20429),
        (400, {"code": 0, "message": "Invalid or disallowed parameters", "status": 400}, 0),
        (422, {"code": 573002, "message": "No Twilio trial phone number", "status": 422}, 573002),
        (403, {"message": "no code at all"}, 403),
        (400, {"type": "about:blank", "title": "Bad", "status": 400, "code": 20001}, 20001),
    ],
)
def test_a_refusal_carries_twilios_code_and_is_not_repeated(
    twilio: SmallTwilio, status: int, body: Any, code: int
) -> None:
    twilio.says(status, body)
    with pytest.raises(TwilioRefused) as refused:
        twilio.telephony().place_call(CALL)
    assert (refused.value.code, refused.value.status) == (code, status)
    assert len(twilio.asked) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {"code": 20500, "message": "Internal Server Error", "status": 500}),
        (503, b"<html>upstream</html>"),
        (502, b""),
        (201, b"not json"),
        (201, []),
        (201, {}),
        (201, {"sid": None}),
        (201, b'"text"'),
    ],
)
def test_a_broken_answer_leaves_open_whether_the_call_was_placed(twilio: SmallTwilio, status: int, body: Any) -> None:
    twilio.says(status, body)
    with pytest.raises(TwilioUnreachable) as failure:
        twilio.telephony().place_call(CALL)
    assert not failure.value.nothing_sent
    assert len(twilio.asked) == 1


def test_no_answer_within_the_time_out_leaves_it_open_too(twilio: SmallTwilio) -> None:
    twilio.stalls = True
    with pytest.raises(TwilioUnreachable) as failure:
        twilio.telephony(timeout_s=0.2).place_call(CALL)
    assert not failure.value.nothing_sent
    assert len(twilio.asked) == 1


def test_where_nobody_listens_nothing_was_sent(free_port: int) -> None:
    telephony = TwilioTelephony(settings_of(twilio_api_base_url=f"http://127.0.0.1:{free_port}"))
    with pytest.raises(TwilioUnreachable) as failure:
        telephony.place_call(CALL)
    assert failure.value.nothing_sent


@pytest.mark.parametrize(
    ("calls", "found"),
    [
        ([], None),
        ([call_body(4)], sid(4)),
        ([call_body(4, date_created="Wed, 18 Nov 2026 11:06:45 +0000")], sid(4)),
        ([call_body(4, date_created="Wed, 18 Nov 2026 11:06:36 +0000")], sid(4)),  # Twilio's clock, not ours
        ([call_body(4, date_created="Wed, 18 Nov 2026 11:05:00 +0000")], None),
        ([call_body(4, start_time="Wed, 18 Nov 2026 11:05:00 +0000"), call_body(5)], sid(5)),
    ],
)
def test_a_lost_call_is_looked_up_among_the_newest_to_the_number(
    twilio: SmallTwilio, calls: list[Any], found: str | None
) -> None:
    twilio.says(200, {"calls": calls, "page": 0, "page_size": 20, "next_page_uri": None})
    assert twilio.telephony().find_call(PERSON_NUMBER, since=SINCE) == found
    assert twilio.asked[0].path.startswith(f"{CALLS}.json?To=%2B12025550101")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {"code": 20404, "message": "not found", "status": 404}),
        (400, {"code": 21220, "message": "Call is not in-progress. Cannot redirect.", "status": 400}),
    ],
)
def test_ending_a_call_that_is_gone_is_a_success(twilio: SmallTwilio, status: int, body: Any) -> None:
    twilio.says(status, body)
    twilio.telephony().end_call(sid(1), answered=True)
    twilio.telephony().end_call(sid(1), answered=False)
    with pytest.raises(TwilioRefused):
        twilio.telephony().replace_twiml(sid(1), "<Response/>")


@pytest.mark.parametrize(
    ("answered", "status_then", "asked"),
    [
        (True, "completed", ["completed"]),
        (False, "canceled", ["canceled"]),
        (False, "in-progress", ["canceled", "completed"]),
    ],
)
def test_a_call_that_rings_is_cancelled_and_one_answered_at_that_moment_is_ended_all_the_same(
    twilio: SmallTwilio, answered: bool, status_then: str, asked: list[str]
) -> None:
    twilio.says(200, call_body(1, status=status_then))
    twilio.telephony().end_call(sid(1), answered=answered)
    assert [request.form["Status"] for request in twilio.asked] == [[status] for status in asked]


def test_ending_a_call_with_wrong_credentials_is_none(twilio: SmallTwilio) -> None:
    twilio.says(401, {"code": 20003, "message": "Authenticate", "status": 401})
    with pytest.raises(TwilioRefused):
        twilio.telephony().end_call(sid(1), answered=True)


def test_what_a_call_hears_is_replaced(twilio: SmallTwilio) -> None:
    twilio.says(200, call_body(1))
    twilio.telephony().replace_twiml(sid(1), "<Response><Hangup/></Response>")
    assert twilio.asked[0].form == {"Twiml": ["<Response><Hangup/></Response>"]}


@pytest.mark.parametrize("status", list(CallStatus))
def test_a_call_s_status_is_fetched(twilio: SmallTwilio, status: CallStatus) -> None:
    twilio.says(200, call_body(3, status=status))
    assert twilio.telephony().fetch_status(sid(3)) is status
    [asked] = twilio.asked
    assert (asked.method, asked.path) == ("GET", f"{CALLS}/{sid(3)}.json")


def test_a_call_that_twilio_does_not_know_has_no_status(twilio: SmallTwilio) -> None:
    twilio.says(404, {"code": 20404, "message": "The requested resource was not found", "status": 404})
    assert twilio.telephony().fetch_status(sid(3)) is None


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"code": 20003, "message": "Authenticate", "status": 401}, TwilioRefused),
        (500, {"code": 20500, "message": "Internal Server Error", "status": 500}, TwilioUnreachable),
        (200, call_body(3, status="teleported"), TwilioUnreachable),
        (200, call_body(3, status=None), TwilioUnreachable),
    ],
)
def test_where_twilio_gives_no_status_nothing_is_concluded(
    twilio: SmallTwilio, status: int, body: Any, error: type[Exception]
) -> None:
    twilio.says(status, body)
    with pytest.raises(error):
        twilio.telephony().fetch_status(sid(3))


@pytest.mark.parametrize("written", ["+12025550101", "12025550101", "2025550101", "+1 (202) 555-0101", "202.555.0101"])
def test_a_refusal_s_text_goes_into_logs_without_the_number_that_twilio_wrote_into_it(written: str) -> None:
    text = str(TwilioRefused(21211, 400, f"The number {written} is not valid: errors/21211"))
    assert text == "Twilio refused: 21211 (HTTP 400): The number ••• is not valid: errors/21211"
