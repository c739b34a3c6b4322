"""The panel's JSON API: placing, watching and ending calls, and a clear answer to each mistake."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from callregistry.call_events import Kind
from callregistry.calls import CallStatus
from callregistry.registry import NewEvent
from tests.webapp.conftest import BuildHouse
from tests.webapp.web_house import API_TOKEN, BASE_URL, FROM_NUMBER, NOW, PERSON_NUMBER, WebHouse, sid
from webapp.telephony import OutgoingCall, TwilioRefused, TwilioUnreachable


def error_of(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer.json["error"]
    return found


# --- placing


def test_a_number_is_rung_and_the_row_knows_twilios_sid(house: WebHouse) -> None:
    answer = house.api(
        "POST", "/api/calls", {"to": "(202) 555-0101", "person_name": " Margaret ", "topic": "her\n cat"}
    )
    assert answer.status_code == 201
    shown = answer.json["call"]
    assert shown == {
        "id": shown["id"],
        "direction": "outbound",
        "to": PERSON_NUMBER,
        "from": FROM_NUMBER,
        "person_name": "Margaret",
        "topic": "her cat",
        "status": "queued",
        "end_reason": None,
        "answered_by": None,
        "created_at": NOW,
        "answered_at": None,
        "ended_at": None,
        "finished_at": None,
        "duration_s": None,
        "live": True,
        "last_seq": 1,
    }
    assert house.row(shown["id"]).twilio_sid == sid(1)
    assert house.telephony.placed == [
        OutgoingCall(
            to_number=PERSON_NUMBER,
            from_number=FROM_NUMBER,
            voice_url=f"{BASE_URL}/twilio/voice/{shown['id']}",
            fallback_url=f"{BASE_URL}/twilio/fallback/{shown['id']}",
            status_url=f"{BASE_URL}/twilio/status/{shown['id']}",
            machine_detection_url=None,
            ring_timeout_s=45,
            time_limit_s=960,
        )
    ]


def test_settings_of_the_house_reach_twilio(build_house: BuildHouse) -> None:
    house = build_house(
        answering_machine_detection=True,
        fallback_twiml_url="https://handler.twilio.com/twiml/EH1",
        max_call_s=600,
        ring_timeout_s=30,
    )
    call, [placed] = house.dial(), house.telephony.placed
    assert placed.machine_detection_url == f"{BASE_URL}/twilio/amd/{call.id}"
    assert placed.fallback_url == "https://handler.twilio.com/twiml/EH1"
    assert (placed.time_limit_s, placed.ring_timeout_s) == (660, 30)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"nonsense", b"[]", b'"to"', b"null", b"1", b"[" * 5000, b"\xff\xfe", b"{}x"]
)
def test_what_is_not_a_json_object_is_refused(house: WebHouse, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {API_TOKEN}", "Content-Type": "application/json"}
    answer = house.client.post("/api/calls", data=body, headers=headers)
    assert (answer.status_code, error_of(answer)["code"]) == (400, "invalid_json")


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_what_is_not_said_to_be_json_is_refused(house: WebHouse, content_type: str | None) -> None:
    headers = {"Authorization": f"Bearer {API_TOKEN}"}
    answer = house.client.post("/api/calls", data='{"to": "1"}', headers=headers, content_type=content_type)
    assert (answer.status_code, error_of(answer)["code"]) == (400, "invalid_json")


def test_a_request_that_is_too_large_is_refused(house: WebHouse) -> None:
    answer = house.api("POST", "/api/calls", {"to": PERSON_NUMBER, "topic": "x" * 70_000})
    assert (answer.status_code, error_of(answer)["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "invalid_number", "to"),
        ({"to": None}, "invalid_number", "to"),
        ({"to": 12025550101}, "invalid_number", "to"),
        ({"to": ["+12025550101"]}, "invalid_number", "to"),
        ({"to": ""}, "invalid_number", "to"),
        ({"to": "\ud800"}, "invalid_number", "to"),
        ({"to": "abc"}, "invalid_number", "to"),
        ({"to": "911"}, "number_refused", "to"),
        ({"to": "+5352345678"}, "number_refused", "to"),
        ({"to": FROM_NUMBER}, "number_refused", "to"),
        ({"to": PERSON_NUMBER, "person_name": 7}, "invalid_field", "person_name"),
        ({"to": PERSON_NUMBER, "person_name": "x" * 81}, "invalid_field", "person_name"),
        ({"to": PERSON_NUMBER, "person_name": "a\x00b"}, "invalid_field", "person_name"),
        ({"to": PERSON_NUMBER, "person_name": "\ud800"}, "invalid_field", "person_name"),
        ({"to": PERSON_NUMBER, "person_name": "\u202eterragraM"}, "invalid_field", "person_name"),
        ({"to": PERSON_NUMBER, "topic": {"a": 1}}, "invalid_field", "topic"),
        ({"to": PERSON_NUMBER, "topic": "x" * 501}, "invalid_field", "topic"),
        ({"to": PERSON_NUMBER, "topic": "\x1b[31m"}, "invalid_field", "topic"),
        ({"to": PERSON_NUMBER, "url": "https://evil.example"}, "invalid_field", "url"),
    ],
)
def test_each_wrong_field_is_named(house: WebHouse, body: dict[str, Any], code: str, field: str) -> None:
    answer = house.api("POST", "/api/calls", body)
    assert (answer.status_code, error_of(answer)["code"], error_of(answer)["field"]) == (422, code, field)
    assert error_of(answer)["message"].endswith(".")
    assert house.telephony.placed == []
    assert house.registry.recent_calls() == []


@pytest.mark.parametrize("name", ["José Ñandú", "陳大文", "O'Brien <b>", "👵🏽", "محمد", "  ", None])
def test_names_of_all_people_are_kept_as_they_are(house: WebHouse, name: str | None) -> None:
    call = house.dial(person_name=name)
    assert call.person_name == ((name or "").strip() or None)


def test_a_second_call_to_the_same_number_is_refused_while_the_first_is_live(house: WebHouse) -> None:
    call = house.dial()
    answer = house.api("POST", "/api/calls", {"to": "1 202 555 0101"})
    assert (answer.status_code, error_of(answer)["code"]) == (409, "already_on_the_phone")
    assert error_of(answer)["call_id"] == call.id
    house.registry.advance_status(call.id, CallStatus.BUSY, now=NOW)
    assert house.dial().id != call.id


def test_a_double_click_rings_once(house: WebHouse) -> None:
    with ThreadPoolExecutor(8) as pool:
        headers = {"Authorization": f"Bearer {API_TOKEN}"}
        answers = list(
            pool.map(
                lambda _: house.app.test_client().post("/api/calls", json={"to": PERSON_NUMBER}, headers=headers),
                range(8),
            )
        )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert len(house.telephony.placed) == 1


def test_more_calls_at_once_than_allowed_are_refused(build_house: BuildHouse) -> None:
    house = build_house(max_calls=2)
    for number in (120, 121):
        house.dial(f"+12025550{number}")
    answer = house.api("POST", "/api/calls", {"to": "+12025550122"})
    assert (answer.status_code, error_of(answer)["code"]) == (409, "too_many_calls")
    assert "MAX_CALLS" in error_of(answer)["help"]


def test_a_repeated_idempotency_key_gives_the_first_call_and_rings_nobody(house: WebHouse) -> None:
    body = {"to": PERSON_NUMBER, "topic": "tea"}
    first = house.api("POST", "/api/calls", body, Idempotency_Key="k-1")
    again = house.api("POST", "/api/calls", {"topic": "tea", "to": "202-555-0101"}, Idempotency_Key="k-1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json["call"]["id"] == first.json["call"]["id"]
    assert len(house.telephony.placed) == 1
    other = house.api("POST", "/api/calls", {"to": "+12025550103"}, Idempotency_Key="k-1")
    assert (other.status_code, error_of(other)["code"]) == (422, "idempotency_conflict")


@pytest.mark.parametrize("key", ["", " ", "a b", "ü", "x" * 201])
def test_a_malformed_idempotency_key_is_refused(house: WebHouse, key: str) -> None:
    answer = house.api("POST", "/api/calls", {"to": PERSON_NUMBER}, Idempotency_Key=key)
    assert (answer.status_code, error_of(answer)["field"]) == (422, "Idempotency-Key")


# --- when Twilio says no, or nothing


@pytest.mark.parametrize(
    ("code", "status", "message", "advice"),
    [
        (20003, 401, "credentials", "TWILIO_AUTH_TOKEN"),
        (401, 401, "credentials", "TWILIO_AUTH_TOKEN"),
        (20404, 404, "does not know this account", "TWILIO_ACCOUNT_SID"),
        (20005, 403, "not active", "balance"),
        (20429, 429, "too many requests", "Wait"),
        (10004, 400, "as many calls at once", "support"),
        (21205, 400, "address of this web app", "PUBLIC_BASE_URL"),
        (21210, 400, "not verified", "TWILIO_FROM_NUMBER"),
        (21211, 400, "not a working telephone number", "digit by digit"),
        (21217, 400, "not a working telephone number", "digit by digit"),
        (13223, 400, "not a working telephone number", "digit by digit"),
        (21215, 400, "may not call this country", "geo-permissions"),
        (21216, 400, "blocks calls", "support"),
        (21219, 400, "trial", "upgrade"),
        (0, 400, "trial", "Upgrade"),
        (573002, 422, "trial", "Upgrade"),
        (98765, 400, "error 98765", "https://www.twilio.com/docs/errors/98765"),
    ],
)
def test_a_refusal_of_twilios_is_a_sentence_to_act_on(
    house: WebHouse, code: int, status: int, message: str, advice: str
) -> None:
    house.telephony.place_failure = TwilioRefused(code, status, "in Twilio's own words")
    answer = house.api("POST", "/api/calls", {"to": PERSON_NUMBER})
    found = error_of(answer)
    assert (answer.status_code, found["code"]) == (502, "twilio_refused")
    assert message in found["message"]
    assert advice in found["help"]
    row = house.row(found["call_id"])
    assert (row.status, row.end_reason) == (CallStatus.FAILED, found["message"])
    assert len(house.telephony.placed) == 1


def test_a_call_whose_answer_was_lost_is_found_again_and_never_placed_twice(house: WebHouse) -> None:
    house.telephony.place_failure = TwilioUnreachable("time-out", nothing_sent=False)
    house.telephony.found_sid = sid(44)
    call = house.dial()
    assert (call.twilio_sid, call.status) == (sid(44), CallStatus.QUEUED)
    assert (len(house.telephony.placed), house.telephony.looked_up) == (1, [PERSON_NUMBER])


@pytest.mark.parametrize("nothing_sent", [True, False])
def test_a_call_that_twilio_never_got_has_failed(house: WebHouse, nothing_sent: bool) -> None:
    house.telephony.place_failure = TwilioUnreachable("down", nothing_sent=nothing_sent)
    answer = house.api("POST", "/api/calls", {"to": PERSON_NUMBER})
    assert (answer.status_code, error_of(answer)["code"]) == (502, "twilio_unreachable")
    assert "was not placed" in error_of(answer)["message"]
    assert house.row(error_of(answer)["call_id"]).status is CallStatus.FAILED
    assert len(house.telephony.looked_up) == (0 if nothing_sent else 1)


def test_when_nobody_knows_whether_the_phone_rings_the_row_stays_and_can_be_cleared(house: WebHouse) -> None:
    house.telephony.place_failure = TwilioUnreachable("time-out", nothing_sent=False)
    house.telephony.find_failure = TwilioUnreachable("time-out", nothing_sent=False)
    answer = house.api("POST", "/api/calls", {"to": PERSON_NUMBER})
    assert "nobody knows" in error_of(answer)["message"]
    call_id = error_of(answer)["call_id"]
    assert house.row(call_id).status is CallStatus.QUEUED
    assert house.api("POST", f"/api/calls/{call_id}/hangup").status_code == 202
    assert house.row(call_id).status is CallStatus.CANCELED


def test_an_earlier_call_to_the_same_number_is_not_taken_for_the_lost_one(house: WebHouse) -> None:
    earlier = house.dial()
    house.registry.advance_status(earlier.id, CallStatus.BUSY, now=NOW)
    house.telephony.place_failure = TwilioUnreachable("time-out", nothing_sent=False)
    house.telephony.found_sid = earlier.twilio_sid
    answer = house.api("POST", "/api/calls", {"to": PERSON_NUMBER})
    assert house.row(error_of(answer)["call_id"]).status is CallStatus.FAILED


def test_a_callback_that_came_meanwhile_proves_that_the_call_was_placed(house: WebHouse) -> None:
    def ring(call: OutgoingCall) -> None:
        house.twilio(call.status_url.removeprefix(BASE_URL), sid(8), CallStatus="ringing")

    house.telephony.before_answer = ring
    house.telephony.place_failure = TwilioUnreachable("time-out", nothing_sent=False)
    house.telephony.find_failure = TwilioUnreachable("time-out", nothing_sent=False)
    call = house.dial()
    assert (call.twilio_sid, call.status) == (sid(8), CallStatus.RINGING)


def test_a_call_that_is_given_up_before_twilio_has_answered_is_ended_when_it_has(house: WebHouse) -> None:
    def give_up(call: OutgoingCall) -> None:
        assert house.api("POST", f"/api/calls/{call.voice_url[-37:]}/hangup").status_code == 202

    house.telephony.before_answer = give_up
    call = house.dial()
    assert call.status is CallStatus.CANCELED
    assert house.telephony.ended == [call.twilio_sid]
    house.telephony.end_failure = TwilioUnreachable("down", nothing_sent=True)
    assert house.dial().status is CallStatus.CANCELED


# --- watching


def test_calls_are_listed_newest_first(house: WebHouse) -> None:
    ids: list[str] = []
    for number in (120, 121, 122):
        house.clock.now += 1
        ids.insert(0, house.dial(f"+12025550{number}").id)
    assert [call["id"] for call in house.api("GET", "/api/calls").json["calls"]] == ids
    assert [call["id"] for call in house.api("GET", "/api/calls?limit=1").json["calls"]] == ids[:1]


@pytest.mark.parametrize("limit", ["", "0", "201", "-1", "x", "1.5", "٣", "9" * 30])
def test_a_strange_limit_is_refused(house: WebHouse, limit: str) -> None:
    answer = house.api("GET", f"/api/calls?limit={limit}")
    assert (answer.status_code, error_of(answer)["field"]) == (422, "limit")


def test_a_call_is_shown_with_what_was_said(house: WebHouse) -> None:
    call = house.dial()
    house.registry.append_events(
        [
            NewEvent(call.id, Kind.PERSON_SAID, {"turn": 1, "text": "Hello?", "audio_ms": 600, "stt_ms": 90}, NOW + 3),
            NewEvent(call.id, Kind.PERSON_SPEAKING, {"speaking": False}, NOW + 3),
        ]
        + [NewEvent(call.id, Kind.AGENT_STATE, {"state": "thinking"}, NOW + 4)] * 1500
    )
    house.registry.advance_status(call.id, CallStatus.IN_PROGRESS, now=NOW + 1)
    house.registry.advance_status(call.id, CallStatus.COMPLETED, now=NOW + 61.25)
    shown = house.api("GET", f"/api/calls/{call.id}").json
    assert (shown["call"]["duration_s"], shown["call"]["live"]) == (60.2, False)
    [line] = shown["transcript"]
    assert (line["speaker"], line["text"], line["turn"]) == ("person", "Hello?", 1)


def test_events_are_given_after_a_number(house: WebHouse) -> None:
    call = house.dial()
    house.registry.finish_call(call.id, "silence", now=NOW)
    events = house.api("GET", f"/api/calls/{call.id}/events").json["events"]
    assert [(event["seq"], event["kind"]) for event in events] == [(1, "call.created"), (2, "call.finished")]
    assert house.api("GET", f"/api/calls/{call.id}/events?after=1").json["events"] == events[1:]
    for after in ("-1", "x", str(2**31), "1e3"):
        assert house.api("GET", f"/api/calls/{call.id}/events?after={after}").status_code == 422


def test_steps_of_the_turn_machine_are_for_those_who_ask(house: WebHouse) -> None:
    call = house.dial()
    step: dict[str, Any] = {"now": 1.5, "event": None, "commands": []}
    house.registry.append_events([NewEvent(call.id, Kind.TURN_STEP, step, NOW)] * 1200)
    house.registry.finish_call(call.id, "silence", now=NOW)

    def seqs(query: str) -> list[int]:
        return [event["seq"] for event in house.api("GET", f"/api/calls/{call.id}/events?{query}").json["events"]]

    assert seqs("") == seqs("steps=0") == [1, 1202]
    assert seqs("after=1") == [1202]
    assert seqs("steps=1") == list(range(1, 1001))
    asked_for = house.api("GET", f"/api/calls/{call.id}/events?after=1200&steps=1").json["events"][0]
    assert (asked_for["kind"], asked_for["data"]) == ("turn.step", step)
    assert house.api("GET", f"/api/calls/{call.id}").json["transcript"] == []
    for wrong in ("2", "yes", "-1"):
        assert house.api("GET", f"/api/calls/{call.id}/events?steps={wrong}").status_code == 422


@pytest.mark.parametrize("call_id", ["call_" + "0" * 32, "call_x", "..%2f..", "call_%00", "1"])
@pytest.mark.parametrize(("method", "tail"), [("GET", ""), ("GET", "/events"), ("POST", "/hangup")])
def test_an_unknown_call_is_not_found(house: WebHouse, method: str, call_id: str, tail: str) -> None:
    answer = house.api(method, f"/api/calls/{call_id}{tail}")
    assert (answer.status_code, error_of(answer)["code"]) == (404, "not_found")


# --- ending


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        (CallStatus.QUEUED, CallStatus.CANCELED),
        (CallStatus.INITIATED, CallStatus.CANCELED),
        (CallStatus.RINGING, CallStatus.CANCELED),
        (CallStatus.IN_PROGRESS, CallStatus.COMPLETED),
    ],
)
def test_an_operator_ends_a_call_in_any_status(house: WebHouse, status: CallStatus, becomes: CallStatus) -> None:
    call = house.dial()
    house.registry.advance_status(call.id, status, now=NOW)
    answer = house.api("POST", f"/api/calls/{call.id}/hangup")
    assert (answer.status_code, answer.json["call"]["status"]) == (202, becomes)
    assert answer.json["call"]["end_reason"] == "You ended the call."
    assert house.telephony.ended == [call.twilio_sid]
    assert house.telephony.ended_answered == [status is CallStatus.IN_PROGRESS]
    assert house.facts(call.id, Kind.CALL_FINISHED) == [{"reason": "operator"}]
    again = house.api("POST", f"/api/calls/{call.id}/hangup")
    assert (again.status_code, len(house.telephony.ended)) == (200, 1)


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (TwilioRefused(20003, 401, "no"), "twilio_refused"),
        (TwilioUnreachable("down", nothing_sent=True), "twilio_unreachable"),
    ],
)
def test_a_hang_up_that_twilio_did_not_do_says_so_and_can_be_tried_again(
    house: WebHouse, failure: Exception, code: str
) -> None:
    call = house.dial()
    house.telephony.end_failure = failure  # type: ignore[assignment]
    answer = house.api("POST", f"/api/calls/{call.id}/hangup")
    assert (answer.status_code, error_of(answer)["code"], error_of(answer)["call_id"]) == (502, code, call.id)
    assert not house.row(call.id).status.is_over
    house.telephony.end_failure = None
    assert house.api("POST", f"/api/calls/{call.id}/hangup").status_code == 202
