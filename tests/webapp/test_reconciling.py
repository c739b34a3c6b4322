"""Rows that stayed live although their calls are over: they refuse nobody, and tell what became of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from structlog.testing import capture_logs

from callregistry.calls import CallStatus
from tests.webapp.conftest import BuildHouse
from tests.webapp.web_house import API_TOKEN, NOW, PERSON_NUMBER, WebHouse, sid
from webapp import twiml
from webapp.reconciling import CONFIRMED_WITHIN_S
from webapp.telephony import TelephonyError, TwilioRefused, TwilioUnreachable


def dial_again(house: WebHouse, to: str = PERSON_NUMBER) -> Any:
    return house.api("POST", "/api/calls", {"to": to})


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (CallStatus.COMPLETED, "news of it did not reach us"),
        (CallStatus.BUSY, "busy"),
        (CallStatus.NO_ANSWER, "Nobody answered"),
        (CallStatus.FAILED, "could not be connected"),
        (CallStatus.CANCELED, "cancelled"),
    ],
)
def test_a_row_whose_call_is_over_at_twilio_is_closed_and_the_number_rung(
    house: WebHouse, status: CallStatus, words: str
) -> None:
    stale = house.dial()
    house.telephony.statuses[stale.twilio_sid or ""] = status
    assert dial_again(house).status_code == 201
    row = house.row(stale.id)
    assert row.status is status
    assert words in (row.end_reason or "")
    assert house.telephony.asked_after == [stale.twilio_sid]


def test_a_finished_conversation_says_how_it_ended(house: WebHouse) -> None:
    stale = house.dial()
    house.registry.finish_call(stale.id, "said_goodbye", now=NOW)
    house.telephony.statuses[stale.twilio_sid or ""] = CallStatus.COMPLETED
    assert dial_again(house).status_code == 201
    assert house.row(stale.id).end_reason == "The conversation ended with a goodbye."


@pytest.mark.parametrize(("answered", "status"), [(False, CallStatus.FAILED), (True, CallStatus.COMPLETED)])
def test_a_row_whose_call_twilio_does_not_know_is_closed_but_not_in_its_first_minute(
    house: WebHouse, answered: bool, status: CallStatus
) -> None:
    stale = house.dial()
    if answered:
        house.registry.advance_status(stale.id, CallStatus.IN_PROGRESS, now=NOW)
    house.telephony.statuses[stale.twilio_sid or ""] = None
    house.clock.now += CONFIRMED_WITHIN_S
    assert dial_again(house).status_code == 409
    house.clock.now += 1
    assert dial_again(house).status_code == 201
    row = house.row(stale.id)
    assert (row.status, row.end_reason) == (status, "Twilio does not know this call any more.")


def test_a_row_that_twilio_never_confirmed_is_closed_after_a_minute(house: WebHouse) -> None:
    stale = house.queued()
    house.clock.now += CONFIRMED_WITHIN_S
    assert dial_again(house).status_code == 409
    house.clock.now += 1
    assert dial_again(house).status_code == 201
    row = house.row(stale.id)
    assert (row.status, row.end_reason) == (CallStatus.FAILED, "Twilio never confirmed this call.")
    assert house.telephony.asked_after == []


@pytest.mark.parametrize("status", [CallStatus.QUEUED, CallStatus.RINGING, CallStatus.IN_PROGRESS])
def test_a_call_that_is_live_at_twilio_refuses_a_second_one(house: WebHouse, status: CallStatus) -> None:
    call = house.dial()
    house.telephony.statuses[call.twilio_sid or ""] = status
    house.clock.now += 3600
    answer = dial_again(house)
    assert (answer.status_code, answer.json["error"]["call_id"]) == (409, call.id)
    assert len(house.telephony.placed) == 1


@pytest.mark.parametrize(
    "failure", [TwilioUnreachable("time-out", nothing_sent=False), TwilioRefused(20003, 401, "Authenticate")]
)
def test_when_twilio_cannot_be_asked_the_row_counts_as_live(build_house: BuildHouse, failure: TelephonyError) -> None:
    house = build_house(max_calls=2)
    house.dial()
    house.dial("+12025550120")
    house.telephony.fetch_failure = failure
    house.clock.now += 3600
    assert dial_again(house).json["error"]["code"] == "already_on_the_phone"
    assert dial_again(house, "+12025550121").json["error"]["code"] == "too_many_calls"
    assert len(house.telephony.asked_after) == 2  # once for each refusal: Twilio that is silent is not asked on
    assert len(house.registry.live_calls()) == 2


def test_rows_that_are_over_do_not_count_among_max_calls(build_house: BuildHouse) -> None:
    house = build_house(max_calls=2)
    stale, live = house.dial(), house.dial("+12025550120")
    house.telephony.statuses[stale.twilio_sid or ""] = CallStatus.COMPLETED
    assert dial_again(house, "+12025550121").status_code == 201
    assert house.row(stale.id).status.is_over
    assert not house.row(live.id).status.is_over
    assert dial_again(house, "+12025550122").json["error"]["code"] == "too_many_calls"


def test_after_a_restart_a_number_is_rung_although_its_row_and_all_lines_were_live(build_house: BuildHouse) -> None:
    house = build_house(max_calls=2)
    for number in (PERSON_NUMBER, "+12025550120", "+12025550121"):
        house.queued(number)
    house.clock.now += 3600
    assert dial_again(house).status_code == 201
    assert len(house.registry.live_calls()) == 1


def test_double_clicks_on_a_number_with_a_stale_row_ring_once(house: WebHouse) -> None:
    house.telephony.statuses[house.dial().twilio_sid or ""] = CallStatus.COMPLETED
    headers = {"Authorization": f"Bearer {API_TOKEN}"}
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(
            lambda _: house.app.test_client().post("/api/calls", json={"to": PERSON_NUMBER}, headers=headers), range(8)
        )
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert len(house.telephony.placed) == 2


def test_somebody_who_rings_is_answered_although_rows_of_old_calls_filled_all_lines(build_house: BuildHouse) -> None:
    house = build_house(max_calls=1)
    stale = house.dial()
    ring = {"Direction": "inbound", "To": stale.from_number, "From": "+12025550130"}
    assert twiml.ALL_BUSY_LINE in house.twilio("/twilio/voice", sid(50), **ring).text
    house.telephony.statuses[stale.twilio_sid or ""] = CallStatus.COMPLETED
    assert "<Connect>" in house.twilio("/twilio/voice", sid(51), **ring).text


def test_what_is_logged_of_a_call_holds_no_number(house: WebHouse) -> None:
    with capture_logs() as lines:
        house.dial()
        house.telephony.fetch_failure = TwilioRefused(21211, 400, f"The number {PERSON_NUMBER} is not valid")
        dial_again(house)
    assert {"placing call", "could not ask twilio about a live call"} <= {line["event"] for line in lines}
    assert PERSON_NUMBER not in repr(lines)
