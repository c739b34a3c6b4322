"""Twilio's webhooks: TwiML for each moment of a call, and status that only moves forward."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from sqlalchemy import text

from callregistry import tokens
from callregistry.call_events import Kind
from callregistry.calls import CallStatus, Direction
from tests.webapp.conftest import BuildHouse
from tests.webapp.web_house import BASE_URL, FROM_NUMBER, LINK_SECRET, NOW, PERSON_NUMBER, WebHouse, sid
from webapp import twiml
from webapp.telephony import TwilioUnreachable


def verbs(document: str) -> list[str]:
    return [verb.tag for verb in ElementTree.fromstring(document)]


def parameters(document: str) -> dict[str, str]:
    root = ElementTree.fromstring(document)
    return {found.attrib["name"]: found.attrib["value"] for found in root.iter("Parameter")}


def redirect(document: str) -> str:
    """The path of the tail's address."""
    found = ElementTree.fromstring(document).find("Redirect")
    assert found is not None
    assert found.text is not None
    return found.text.removeprefix(BASE_URL)


# --- answered


def test_an_answered_call_is_connected_to_the_bridge_with_a_token_bound_to_it(house: WebHouse) -> None:
    call = house.dial()
    answer = house.twilio(f"/twilio/voice/{call.id}", call.twilio_sid or "", CallStatus="in-progress")
    assert answer.status_code == 200
    assert answer.mimetype == "text/xml"
    assert answer.headers["Cache-Control"] == "no-store"
    assert verbs(answer.text) == ["Connect", "Redirect"]
    stream = next(ElementTree.fromstring(answer.text).iter("Stream"))
    assert stream.attrib == {
        "url": "wss://127.0.0.1:8765/media",
        "statusCallback": f"{BASE_URL}/twilio/stream/{call.id}",
    }
    given = parameters(answer.text)
    claims = tokens.verify(LINK_SECRET, given["token"], tokens.STREAM, now=NOW + 59)
    assert claims.subject == f"{call.id}:1:{call.twilio_sid}"
    with pytest.raises(tokens.TokenError):
        tokens.verify(LINK_SECRET, given["token"], tokens.STREAM, now=NOW + 60)
    assert (given["call"], given["attempt"]) == (call.id, "1")
    assert redirect(answer.text) == f"/twilio/resume/{call.id}?attempt=1&try=1"
    assert house.row(call.id).status is CallStatus.IN_PROGRESS
    assert house.row(call.id).answered_at == NOW


def test_a_voice_request_that_comes_twice_is_answered_twice(house: WebHouse) -> None:
    call = house.dial()
    first, second = (house.twilio(f"/twilio/voice/{call.id}", call.twilio_sid or "") for _ in range(2))
    assert verbs(first.text) == verbs(second.text) == ["Connect", "Redirect"]
    assert parameters(first.text)["token"] != parameters(second.text)["token"]
    assert len(house.facts(call.id, Kind.CALL_STATUS)) == 1


def test_a_webhook_that_is_faster_than_twilios_answer_sets_the_call_sid(house: WebHouse) -> None:
    call = house.queued()
    house.twilio(f"/twilio/status/{call.id}", sid(7), CallStatus="initiated")
    assert house.row(call.id).twilio_sid == sid(7)
    assert house.row(call.id).status is CallStatus.INITIATED


def test_a_request_with_another_calls_sid_is_refused(house: WebHouse) -> None:
    call = house.dial()
    answer = house.twilio(f"/twilio/voice/{call.id}", sid(77))
    assert answer.status_code == 403
    assert house.row(call.id).status is CallStatus.QUEUED


@pytest.mark.parametrize("call_id", ["call_" + "0" * 32, "nonsense"])
def test_a_call_that_is_not_ours_is_hung_up_and_its_callbacks_are_swallowed(house: WebHouse, call_id: str) -> None:
    for spoken in ("voice", "resume", "fallback"):
        answer = house.twilio(f"/twilio/{spoken}/{call_id}")
        assert (answer.status_code, verbs(answer.text)) == (200, ["Hangup"])
    for told in ("status", "stream", "amd"):
        answer = house.twilio(f"/twilio/{told}/{call_id}", CallStatus="completed", AnsweredBy="fax")
        assert (answer.status_code, answer.text) == (204, "")


@pytest.mark.parametrize("over", [status for status in CallStatus if status.is_over])
def test_a_call_that_is_over_is_hung_up_when_it_asks_again(house: WebHouse, over: CallStatus) -> None:
    call = house.dial()
    house.registry.advance_status(call.id, over, now=NOW)
    for spoken in ("voice", "resume", "fallback"):
        assert verbs(house.twilio(f"/twilio/{spoken}/{call.id}", call.twilio_sid or "").text) == ["Hangup"]


def test_a_call_that_was_given_up_while_it_rang_is_hung_up_when_answered(house: WebHouse) -> None:
    call = house.dial()
    house.registry.finish_call(call.id, "operator", now=NOW)
    assert verbs(house.twilio(f"/twilio/voice/{call.id}", call.twilio_sid or "").text) == ["Hangup"]


# --- calls that we did not place


@pytest.mark.parametrize(("told", "direction"), [("inbound", Direction.INBOUND), ("outbound-api", Direction.OUTBOUND)])
def test_a_call_from_elsewhere_gets_a_row_and_the_same_conversation(
    house: WebHouse, told: str, direction: Direction
) -> None:
    fields = {"From": PERSON_NUMBER, "To": FROM_NUMBER, "Direction": told, "CallStatus": "in-progress"}
    answers = [house.twilio("/twilio/voice", sid(5), **fields) for _ in range(2)]
    assert [verbs(answer.text) for answer in answers] == [["Connect", "Redirect"]] * 2
    [call] = house.registry.recent_calls()
    assert (call.direction, call.twilio_sid, call.status) == (direction, sid(5), CallStatus.IN_PROGRESS)
    assert parameters(answers[0].text)["call"] == call.id
    house.twilio("/twilio/status", sid(5), CallStatus="completed", SipResponseCode="200")
    assert house.row(call.id).status is CallStatus.COMPLETED


def test_where_the_setting_says_so_somebody_ringing_back_hears_a_polite_message(build_house: BuildHouse) -> None:
    house = build_house(inbound_calls="decline")
    answer = house.twilio("/twilio/voice", From=PERSON_NUMBER, To=FROM_NUMBER, Direction="inbound")
    assert verbs(answer.text) == ["Say", "Hangup"]
    assert twiml.DECLINE_LINE in answer.text
    [call] = house.registry.recent_calls()
    assert call.status is CallStatus.COMPLETED
    assert "INBOUND_CALLS" in (call.end_reason or "")
    console = house.twilio("/twilio/voice", sid(2), From=FROM_NUMBER, To=PERSON_NUMBER, Direction="outbound-api")
    assert verbs(console.text) == ["Connect", "Redirect"]


def test_somebody_ringing_back_while_all_lines_are_busy_is_asked_to_try_later(build_house: BuildHouse) -> None:
    house = build_house(max_calls=1)
    house.dial("+12025550150")
    answer = house.twilio("/twilio/voice", sid(9), From=PERSON_NUMBER, To=FROM_NUMBER, Direction="inbound")
    assert twiml.ALL_BUSY_LINE in answer.text
    assert len(house.registry.live_calls()) == 1


def test_a_status_of_a_call_that_nobody_adopted_is_swallowed(house: WebHouse) -> None:
    assert house.twilio("/twilio/status", sid(3), CallStatus="ringing").status_code == 204
    assert house.registry.recent_calls() == []


# --- the tail


def test_a_lost_stream_is_resumed_twice_and_then_a_goodbye_is_said(house: WebHouse) -> None:
    call = house.dial()
    document = house.twilio(f"/twilio/voice/{call.id}", call.twilio_sid or "").text
    for attempt in (1, 2, 3):
        assert parameters(document)["attempt"] == str(attempt)
        assert house.registry.claim_stream(call.id, attempt=attempt, bridge="bridge")
        document = house.twilio(redirect(document), call.twilio_sid or "").text
    assert verbs(document) == ["Say", "Hangup"]
    assert house.facts(call.id, Kind.CALL_FINISHED) == [{"reason": "technical"}]


def test_while_no_bridge_takes_the_stream_the_person_is_asked_to_wait_and_then_told_goodbye(house: WebHouse) -> None:
    call = house.dial()
    document = house.twilio(f"/twilio/voice/{call.id}", call.twilio_sid or "").text
    heard = []
    while "Redirect" in verbs(document):
        assert parameters(document)["attempt"] == "1"
        document = house.twilio(redirect(document), call.twilio_sid or "").text
        heard.append(verbs(document))
    assert heard == [["Say", "Pause", "Connect", "Redirect"]] * 2 + [["Say", "Hangup"]]
    assert house.facts(call.id, Kind.CALL_FINISHED) == [{"reason": "technical"}]


def test_a_bridge_that_comes_back_while_the_person_waits_gets_the_call(house: WebHouse) -> None:
    call = house.dial()
    document = house.twilio(f"/twilio/voice/{call.id}", call.twilio_sid or "").text
    document = house.twilio(redirect(document), call.twilio_sid or "").text
    assert house.registry.claim_stream(call.id, attempt=1, bridge="bridge")
    document = house.twilio(redirect(document), call.twilio_sid or "").text
    assert verbs(document) == ["Connect", "Redirect"]
    assert parameters(document)["attempt"] == "2"


def test_after_a_spoken_goodbye_the_tail_hangs_up(house: WebHouse) -> None:
    call = house.dial()
    document = house.twilio(f"/twilio/voice/{call.id}", call.twilio_sid or "").text
    house.registry.claim_stream(call.id, attempt=1, bridge="bridge")
    house.registry.finish_call(call.id, "said_goodbye", now=NOW)
    assert verbs(house.twilio(redirect(document), call.twilio_sid or "").text) == ["Hangup"]


@pytest.mark.parametrize(
    "query", ["", "?attempt=x&try=y", "?attempt=&try=", "?try=-1", "?attempt=99999999999999999999"]
)
def test_a_tail_with_a_strange_query_is_answered_all_the_same(house: WebHouse, query: str) -> None:
    call = house.dial()
    answer = house.twilio(f"/twilio/resume/{call.id}{query}", call.twilio_sid or "")
    assert answer.status_code == 200
    assert verbs(answer.text)


def test_the_fallback_says_goodbye_and_finishes_the_call(house: WebHouse) -> None:
    call = house.dial()
    answer = house.twilio(f"/twilio/fallback/{call.id}", call.twilio_sid or "", ErrorCode="11200", ErrorUrl="x")
    assert twiml.TECHNICAL_GOODBYE in answer.text
    assert house.row(call.id).finished_at == NOW
    assert verbs(house.twilio("/twilio/fallback", call.twilio_sid or "", ErrorCode="11200").text) == ["Hangup"]
    assert verbs(house.twilio("/twilio/fallback", sid(99)).text) == ["Hangup"]


# --- machines


@pytest.mark.parametrize("verdict", ["machine_start", "machine_end_beep", "fax"])
def test_a_machine_hears_a_brief_line_whether_twilio_tells_before_or_during_the_call(
    house: WebHouse, verdict: str
) -> None:
    before = house.dial()
    answer = house.twilio(f"/twilio/voice/{before.id}", before.twilio_sid or "", AnsweredBy=verdict)
    assert twiml.MACHINE_LINE in answer.text
    assert verbs(answer.text) == ["Say", "Hangup"]
    assert house.facts(before.id, Kind.CALL_FINISHED) == [{"reason": "machine"}]
    during = house.dial("+12025550120")
    house.twilio(f"/twilio/voice/{during.id}", during.twilio_sid or "")
    for _ in range(2):
        assert house.twilio(f"/twilio/amd/{during.id}", during.twilio_sid or "", AnsweredBy=verdict).status_code == 204
    assert house.telephony.replaced == [(during.twilio_sid, twiml.say_and_hang_up(twiml.MACHINE_LINE))]
    assert house.row(during.id).answered_by == verdict
    assert house.facts(during.id, Kind.CALL_ANSWERED_BY) == [{"answered_by": verdict}]
    house.twilio(f"/twilio/status/{during.id}", during.twilio_sid or "", CallStatus="completed", AnsweredBy=verdict)
    assert house.row(during.id).end_reason == "An answering machine or fax picked up."


@pytest.mark.parametrize("verdict", ["human", "unknown"])
def test_what_twilio_does_not_know_is_a_person(house: WebHouse, verdict: str) -> None:
    call = house.dial()
    answer = house.twilio(f"/twilio/voice/{call.id}", call.twilio_sid or "", AnsweredBy=verdict)
    assert verbs(answer.text) == ["Connect", "Redirect"]
    house.twilio(f"/twilio/amd/{call.id}", call.twilio_sid or "", AnsweredBy=verdict)
    assert house.telephony.replaced == []
    assert house.row(call.id).answered_by == verdict


@pytest.mark.parametrize("end_failure", [None, TwilioUnreachable("down", nothing_sent=True)])
def test_a_machine_that_cannot_be_told_goodbye_is_hung_up_on_without_a_word(
    house: WebHouse, end_failure: TwilioUnreachable | None
) -> None:
    call = house.dial()
    house.telephony.replace_failure = TwilioUnreachable("down", nothing_sent=True)
    house.telephony.end_failure = end_failure
    answer = house.twilio(f"/twilio/amd/{call.id}", call.twilio_sid or "", AnsweredBy="fax")
    assert answer.status_code == 204
    assert (house.telephony.ended, house.telephony.ended_answered) == ([call.twilio_sid], [True])


# --- status


@pytest.mark.parametrize(
    ("status", "fields", "words"),
    [
        ("busy", {"SipResponseCode": "486"}, "busy, or the call was declined"),
        ("no-answer", {"SipResponseCode": "487"}, "Nobody answered within 45 seconds"),
        ("canceled", {}, "cancelled before anybody answered"),
        ("failed", {"SipResponseCode": "404"}, "does not exist"),
        ("failed", {"SipResponseCode": "480"}, "switched off"),
        ("failed", {"SipResponseCode": "599"}, "could not be connected. (SIP 599)"),
        ("failed", {}, "could not be connected."),
        ("failed", {"ErrorCode": "21215"}, "geo-permissions"),
        ("failed", {"ErrorCode": "77777", "SipResponseCode": "503"}, "Try again later. (SIP 503)"),
        ("completed", {"SipResponseCode": "200"}, "The call ended."),
    ],
)
def test_each_final_status_says_why_in_plain_words(
    house: WebHouse, status: str, fields: dict[str, str], words: str
) -> None:
    call = house.dial()
    house.twilio(f"/twilio/status/{call.id}", call.twilio_sid or "", CallStatus=status, **fields)
    row = house.row(call.id)
    assert row.status == status
    assert words in (row.end_reason or "")
    assert row.ended_at == NOW


@pytest.mark.parametrize(
    ("reason", "words"),
    [("said_goodbye", "with a goodbye"), ("time_limit", "longest time"), ("something new", "The call ended.")],
)
def test_a_completed_call_says_how_its_conversation_ended(house: WebHouse, reason: str, words: str) -> None:
    call = house.dial()
    house.registry.finish_call(call.id, reason, now=NOW)
    house.twilio(f"/twilio/status/{call.id}", call.twilio_sid or "", CallStatus="completed")
    assert words in (house.row(call.id).end_reason or "")


def test_a_cancelled_call_that_the_operator_ended_says_so(house: WebHouse) -> None:
    call = house.dial()
    house.registry.finish_call(call.id, "operator", now=NOW)
    house.twilio(f"/twilio/status/{call.id}", call.twilio_sid or "", CallStatus="canceled")
    assert house.row(call.id).end_reason == "You ended the call."


def test_a_call_that_completes_in_mid_conversation_was_hung_up_by_the_person(house: WebHouse) -> None:
    call = house.dial()
    house.registry.claim_stream(call.id, attempt=1, bridge="bridge")
    house.twilio(f"/twilio/status/{call.id}", call.twilio_sid or "", CallStatus="completed")
    assert house.row(call.id).end_reason == "The person hung up."


@pytest.mark.parametrize(
    "order",
    [
        ["initiated", "ringing", "in-progress", "completed"],
        ["completed", "in-progress", "ringing", "initiated"],
        ["ringing", "initiated", "ringing", "completed", "completed", "busy", "in-progress"],
        ["in-progress", "initiated", "completed", "failed"],
    ],
)
def test_status_moves_forward_in_whatever_order_callbacks_come(house: WebHouse, order: list[str]) -> None:
    call = house.dial()
    for status in order:
        assert house.twilio(f"/twilio/status/{call.id}", call.twilio_sid or "", CallStatus=status).status_code == 204
    assert house.row(call.id).status is CallStatus.COMPLETED
    told = [CallStatus(fact["status"]).rank for fact in house.facts(call.id, Kind.CALL_STATUS)]
    assert told == sorted(set(told))


@pytest.mark.parametrize("fields", [{}, {"CallStatus": ""}, {"CallStatus": "teleported"}])
def test_a_status_that_is_none_is_swallowed(house: WebHouse, fields: dict[str, str]) -> None:
    call = house.dial()
    assert house.twilio(f"/twilio/status/{call.id}", call.twilio_sid or "", **fields).status_code == 204
    assert house.row(call.id).status is CallStatus.QUEUED


def test_the_streams_status_is_an_event_of_the_call(house: WebHouse) -> None:
    call = house.dial()
    path = f"/twilio/stream/{call.id}"
    house.twilio(path, call.twilio_sid or "", StreamEvent="stream-started")
    house.twilio(path, call.twilio_sid or "", StreamEvent="stream-error", StreamError="31920")
    assert house.facts(call.id, Kind.STREAM_STATUS) == [
        {"event": "stream-started", "error": None},
        {"event": "stream-error", "error": "31920"},
    ]


def test_when_our_own_house_is_broken_the_person_hears_a_kind_sentence_and_twilio_no_error(house: WebHouse) -> None:
    call = house.dial()
    with house.registry.engine.begin() as connection:
        connection.execute(text("ALTER TABLE calls RENAME TO lost"))
    for path in (f"/twilio/voice/{call.id}", "/twilio/voice", f"/twilio/resume/{call.id}", "/twilio/fallback"):
        answer = house.twilio(path, call.twilio_sid or "")
        assert (answer.status_code, twiml.TECHNICAL_GOODBYE in answer.text) == (200, True)
    for path in (f"/twilio/status/{call.id}", "/twilio/status", f"/twilio/amd/{call.id}", f"/twilio/stream/{call.id}"):
        assert house.twilio(path, call.twilio_sid or "", CallStatus="completed").status_code == 204


def test_twiml_escapes_what_it_is_given() -> None:
    offer: Any = twiml.StreamOffer("wss://h/media", "https://h/s", "https://h/r?a=1&b=2", "call", 1, '"<&>')
    document = twiml.connect(offer)
    assert parameters(document)["token"] == '"<&>'
    assert "a=1&amp;b=2" in document


def test_a_webhook_request_that_is_too_large_is_refused_in_plain_text(house: WebHouse) -> None:
    answer = house.twilio("/twilio/status", CallStatus="x" * 70_000)
    assert (answer.status_code, answer.mimetype) == (413, "text/plain")
