"""The bridge's callbacks: signed, fresh, once; idempotent in what they do."""

from __future__ import annotations

from typing import Any

import pytest

from callregistry import link
from callregistry.calls import CallStatus
from tests.webapp.web_house import LINK_SECRET, NOW, WebHouse
from webapp.telephony import TwilioUnreachable

HANG_UP = "/callbacks/hangup"
CALL_OVER = "/callbacks/call-over"


def talking(house: WebHouse) -> str:
    call = house.dial()
    house.twilio(f"/twilio/voice/{call.id}", call.twilio_sid or "")
    house.registry.claim_stream(call.id, attempt=1, bridge="bridge")
    return call.id


def body(call_id: str, reason: str = "said_goodbye") -> dict[str, Any]:
    return {"call_id": call_id, "attempt": 1, "reason": reason}


def test_a_hang_up_ends_the_call_at_twilio_once(house: WebHouse) -> None:
    call_id = talking(house)
    for _ in range(3):
        answer = house.bridge(HANG_UP, body(call_id))
        assert (answer.status_code, answer.json) == (200, {"ok": True})
    assert len(house.telephony.ended) == 1
    row = house.row(call_id)
    assert (row.status, row.end_reason) == (CallStatus.COMPLETED, "The conversation ended with a goodbye.")


def test_a_hang_up_that_twilio_did_not_do_is_not_acknowledged(house: WebHouse) -> None:
    call_id = talking(house)
    house.telephony.end_failure = TwilioUnreachable("down", nothing_sent=True)
    answer = house.bridge(HANG_UP, body(call_id))
    assert (answer.status_code, answer.json["error"]["code"]) == (502, "twilio_unreachable")
    assert house.row(call_id).status is CallStatus.IN_PROGRESS
    house.telephony.end_failure = None
    assert house.bridge(HANG_UP, body(call_id)).status_code == 200


def test_when_the_person_hung_up_the_call_is_over_even_if_twilio_never_says_so(house: WebHouse) -> None:
    call_id = talking(house)
    for _ in range(2):
        assert house.bridge(CALL_OVER, body(call_id, "person_hung_up")).status_code == 200
    row = house.row(call_id)
    assert (row.status, row.end_reason) == (CallStatus.COMPLETED, "The person hung up.")


def test_a_call_that_a_machine_took_is_not_said_to_be_hung_up_nor_over_before_twilio_says_so(house: WebHouse) -> None:
    call_id = talking(house)
    call_sid = house.row(call_id).twilio_sid or ""
    house.twilio(f"/twilio/amd/{call_id}", call_sid, AnsweredBy="machine_start")
    assert house.bridge(CALL_OVER, body(call_id, "person_hung_up")).status_code == 200
    assert house.row(call_id).status is CallStatus.IN_PROGRESS
    house.twilio(f"/twilio/status/{call_id}", call_sid, CallStatus="completed")
    row = house.row(call_id)
    assert (row.status, row.end_reason) == (CallStatus.COMPLETED, "An answering machine or fax picked up.")


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("operator", "You ended the call."),
        ("said_goodbye", "The conversation ended with a goodbye."),
        ("person_hung_up", "The person hung up."),
    ],
)
@pytest.mark.parametrize("path", [HANG_UP, CALL_OVER])
def test_whoever_finished_the_call_first_is_named(house: WebHouse, path: str, reason: str, sentence: str) -> None:
    call_id = talking(house)
    house.registry.finish_call(call_id, reason, now=NOW)
    assert house.bridge(path, body(call_id, "person_hung_up")).status_code == 200
    row = house.row(call_id)
    assert (row.status, row.end_reason) == (CallStatus.COMPLETED, sentence)


@pytest.mark.parametrize("path", [HANG_UP, CALL_OVER])
def test_an_older_stream_is_acknowledged_and_changes_nothing(house: WebHouse, path: str) -> None:
    call_id = talking(house)
    assert house.registry.claim_stream(call_id, attempt=2, bridge="another bridge")
    answer = house.bridge(path, body(call_id, "person_hung_up"))
    assert (answer.status_code, answer.json) == (200, {"ok": True})
    assert house.telephony.ended == []
    assert house.row(call_id).status is CallStatus.IN_PROGRESS
    house.bridge(path, body(call_id, "person_hung_up") | {"attempt": 2})
    assert house.row(call_id).status is CallStatus.COMPLETED


def test_a_lost_stream_does_not_end_the_call(house: WebHouse) -> None:
    call_id = talking(house)
    assert house.bridge(CALL_OVER, body(call_id, "stream_lost")).status_code == 200
    assert house.row(call_id).status is CallStatus.IN_PROGRESS


@pytest.mark.parametrize("path", [HANG_UP, CALL_OVER])
def test_whatever_the_bridge_did_not_sign_now_for_here_is_refused(house: WebHouse, path: str) -> None:
    notice = body(talking(house))
    raw = b'{"call_id": "%s", "attempt": 1, "reason": "said_goodbye"}' % notice["call_id"].encode()
    good = link.sign(LINK_SECRET, "POST", path, raw, now=NOW)

    def refused(**headers: str | None) -> bool:
        chosen = {name: value for name, value in (good | headers).items() if value is not None}
        answer = house.client.post(path, data=raw, headers=chosen)
        return (answer.status_code, answer.json["error"]["code"]) == (403, "forbidden")

    assert refused(**dict.fromkeys(good))
    for name in good:
        assert refused(**{name: None})
        assert refused(**{name: ""})
        assert refused(**{name: "nonsense"})
        assert refused(**{name: "é"})
    for wrong in (
        link.sign("another secret" * 4, "POST", path, raw, now=NOW),
        link.sign(LINK_SECRET, "GET", path, raw, now=NOW),
        link.sign(LINK_SECRET, "POST", path + "x", raw, now=NOW),
        link.sign(LINK_SECRET, "POST", path, raw + b" ", now=NOW),
        link.sign(LINK_SECRET, "POST", path, raw, now=NOW - 61),
        link.sign(LINK_SECRET, "POST", path, raw, now=NOW + 61),
        link.sign(LINK_SECRET, "POST", path, raw, now=float("nan")),
        link.sign(LINK_SECRET, "POST", path, raw, now=float("inf")),
    ):
        assert refused(**wrong)
    assert house.telephony.ended == []
    assert house.client.post(path, data=raw, headers=good).status_code == 200
    assert refused(**good)  # sent before


@pytest.mark.parametrize("path", [HANG_UP, CALL_OVER])
@pytest.mark.parametrize(
    ("notice", "status"),
    [
        ({}, 400),
        ([], 400),
        (None, 400),
        ("x", 400),
        ({"call_id": "x", "attempt": 1}, 400),
        ({"call_id": 1, "attempt": 1, "reason": "x"}, 400),
        ({"call_id": "x", "attempt": "1", "reason": "x"}, 400),
        ({"call_id": "x", "attempt": 1, "reason": None}, 400),
        ({"call_id": "x", "attempt": 1, "reason": "x"}, 404),
        ({"call_id": "call_" + "0" * 32, "attempt": 1, "reason": "x"}, 404),
    ],
)
def test_each_wrong_notice_has_its_answer(house: WebHouse, path: str, notice: Any, status: int) -> None:
    answer = house.bridge(path, notice)
    assert answer.status_code == status
    assert answer.json["error"]["code"] == {400: "invalid_json", 404: "not_found"}[status]
