"""Dialling and following a call in the control panel, as an operator sees it."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from callregistry.call_events import Kind
from callregistry.calls import CallStatus, Direction
from callregistry.registry import NewEvent
from tests.webapp.browser.conftest import Panel
from tests.webapp.browser.staged_call import StagedCall

pytestmark = pytest.mark.browser


def status(page: Page, words: str, why: str = "") -> None:
    """The status line says this."""
    expect(page.locator("#call-status")).to_have_text(words)
    if why:
        expect(page.locator("#call-why")).to_have_text(why)


def test_a_fresh_panel_says_that_nothing_has_happened_and_that_it_is_a_sandbox(panel: Panel) -> None:
    page = panel.open()
    expect(page.locator("#sandbox-banner")).to_contain_text("no real telephone rings")
    expect(page.locator("#recent-empty")).to_contain_text("No calls yet")
    expect(page.locator("#no-call")).to_be_visible()
    expect(page.locator("#current-call")).to_be_hidden()


def test_dialling_rings_the_number_and_shows_the_call(panel: Panel) -> None:
    page = panel.open()
    panel.dial("(202) 555-0101", name="Margaret", topic="her garden")
    status(page, "Calling…")
    expect(page.locator("#call-person")).to_have_text("Margaret")
    expect(page.locator('[data-part="facts"]')).to_contain_text("About: her garden")
    expect(page.locator("#recent-calls li")).to_have_count(1)
    assert [call.to_number for call in panel.telephony.placed] == ["+12025550101"]


def test_choosing_who_answers_fills_the_form(panel: Panel) -> None:
    page = panel.open()
    page.select_option("#who-answers", label="Margaret")
    expect(page.locator("#to")).to_have_value("+12025550101")
    expect(page.locator("#person_name")).to_have_value("Margaret")
    expect(page.locator("#who-answers-hint")).to_have_text("Speaks slowly, with long pauses.")
    expect(page.locator("#telephone-link")).to_be_hidden()
    page.select_option("#who-answers", value="+12025550100")
    link = page.locator("#telephone-link a")
    expect(link).to_be_visible()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/sandbox/telephone", link.get_attribute("href") or "")
    expect(page.locator("#person_name")).to_have_value("")
    page.fill("#to", "+1 202 555 0142")
    expect(page.locator("#who-answers")).to_have_value("")
    expect(page.locator("#telephone-link")).to_be_hidden()


def test_a_wrong_number_is_explained_beside_the_field(panel: Panel) -> None:
    page = panel.open()
    field, error = page.locator("#to"), page.locator("#to-error")
    page.click("#call-button")
    expect(error).to_contain_text("Enter a telephone number")
    panel.dial("12")
    expect(error).to_be_visible()
    expect(error).not_to_contain_text("Enter a telephone number, for")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(page.locator("#call-button")).to_be_enabled()
    field.fill("+1 202 555 0101")
    expect(error).to_be_hidden()
    assert panel.telephony.placed == []


def test_a_second_call_to_the_same_number_leads_to_the_live_one(panel: Panel) -> None:
    page = panel.open()
    panel.dial("+1 202 555 0101", name="Margaret")
    first = panel.newest_call()
    panel.dial("+1 202 555 0102", name="Walter")
    expect(page.locator("#call-person")).to_have_text("Walter")
    panel.dial("+1 202 555 0101", name="Margaret")
    expect(page.locator("#dial-error")).to_contain_text("call to this number already")
    link = page.get_by_role("link", name="Show the call")
    assert link.get_attribute("href") == f"/calls/{first.call_id}"
    link.click()
    expect(page.locator("#call-person")).to_have_text("Margaret")
    assert len(panel.telephony.placed) == 2


def test_pressing_call_many_times_rings_once(panel: Panel) -> None:
    page = panel.open()
    panel.telephony.answers.clear()
    page.fill("#to", "+1 202 555 0101")
    page.locator("#call-button").dblclick()
    expect(page.locator("#call-button")).to_be_disabled()
    page.locator("#to").press("Enter")
    panel.telephony.answers.set()
    expect(page.locator("#call-button")).to_be_enabled()
    status(page, "Calling…")
    assert len(panel.telephony.placed) == 1


def test_a_request_whose_answer_was_lost_is_repeated_with_the_same_key(panel: Panel) -> None:
    page = panel.open()
    keys: list[str] = []
    page.on("request", lambda sent: keys.append(sent.headers.get("idempotency-key", "")))
    page.route("**/api/calls", lambda route: (route.fetch(), route.abort()), times=1)
    panel.dial("+1 202 555 0101")
    expect(page.locator("#dial-error")).to_contain_text("cannot be reached")
    page.unroute("**/api/calls")
    page.click("#call-button")
    status(page, "Calling…")
    assert len(panel.telephony.placed) == 1
    first, second = filter(None, keys)
    assert first == second


def test_status_and_chat_fill_in_as_the_call_goes_on(panel: Panel) -> None:
    page = panel.open()
    panel.dial(name="Margaret")
    call = panel.newest_call()
    status(page, "Calling…")
    call.status(CallStatus.RINGING)
    status(page, "Ringing")
    call.status(CallStatus.IN_PROGRESS)
    status(page, "Connected")
    call.agent("Good morning, this is Kindline.", role="greeting")
    status(page, "Listening")
    expect(page.locator(".bubble.agent .words")).to_have_text("Good morning, this is Kindline.")
    call.tell(Kind.PERSON_SPEAKING, speaking=True)
    expect(page.get_by_text("Margaret is speaking")).to_be_visible()
    call.person(1, "Oh hello!")
    expect(page.get_by_text("Margaret is speaking")).to_be_hidden()
    expect(page.locator(".bubble.person .words")).to_have_text("Oh hello!")
    status(page, "Thinking")
    call.tell(Kind.AGENT_STATE, state="speaking")
    status(page, "AI speaking")
    call.agent("How are you today?", turn=1, latency_ms=1380)
    expect(page.locator(".bubble.agent").last).to_contain_text("Answered in 1.4 s")
    call.said_goodbye()
    status(page, "Disconnected", "The conversation ended with a goodbye.")
    expect(page.locator("#hang-up")).to_be_hidden()
    expect(page.locator("#recent-calls .chip")).to_have_text("Ended")


def test_the_state_of_the_turn_is_shown_as_it_changes(panel: Panel) -> None:
    page = panel.open()
    panel.dial(name="Margaret")
    call = panel.newest_call()
    call.answered()
    light, hint = page.locator("[data-part=status]"), page.locator("#call-hint")
    states = {
        "drafting": ("Listening", "", "preparing an answer"),
        "thinking": ("Thinking", "", ""),
        "speaking": ("AI speaking", "", ""),
        "held": ("Paused", "the person is speaking", ""),
        "waiting": ("Waiting", "the person asked us to hold on", ""),
        "listening": ("Listening", "", ""),
    }
    for state, (words, why, quietly) in states.items():
        call.tell(Kind.AGENT_STATE, state=state)
        expect(light).to_have_attribute("data-state", state)
        status(page, words, why)
        expect(hint).to_have_text(quietly)
    call.tell(Kind.AGENT_STATE, state="drafting")
    expect(hint).to_be_visible()
    expect(page).to_have_title("Listening · Margaret · Kindline")
    call.said_goodbye()
    status(page, "Disconnected")
    expect(hint).to_have_text("")


def test_another_voice_is_told_once_and_stays_in_the_head_of_the_call(panel: Panel) -> None:
    page = panel.open()
    panel.dial()
    call = panel.newest_call()
    call.answered()
    voice, notes = page.locator("#call-voice"), page.locator("#conversation .note")
    expect(voice).to_be_hidden()
    told = []
    for pace, gain_db, note, head in (
        (0.86, 0.0, "Speaking more slowly from now on.", "Voice: slower (86 %)"),
        (0.74, 4.0, "Speaking more slowly and louder from now on.", "Voice: slower (74 %), louder (+4 dB)"),
        (0.74, 4.0, None, "Voice: slower (74 %), louder (+4 dB)"),
        (1.0, -4.0, "Speaking faster and more softly from now on.", "Voice: softer (−4 dB)"),
        (1.15, -4.0, "Speaking faster from now on.", "Voice: faster (115 %), softer (−4 dB)"),
    ):
        call.tell(Kind.VOICE_CHANGED, pace=pace, gain_db=gain_db)
        expect(voice).to_have_text(head)
        told += [note] if note else []
        expect(notes).to_have_text(told)
    panel.open(f"/calls/{call.call_id}")
    expect(voice).to_have_text("Voice: faster (115 %), softer (−4 dB)")
    call.tell(Kind.VOICE_CHANGED, pace=1.0, gain_db=0.0)
    expect(voice).to_be_hidden()


def test_each_answer_tells_how_long_it_took_and_on_demand_where_the_time_went(panel: Panel) -> None:
    page = panel.open()
    panel.dial()
    call = panel.newest_call()
    call.answered()
    call.person(1, "I was in the garden.")
    call.agent("How lovely!", turn=1, latency_ms=1380)
    answer = page.locator(".bubble.agent").last
    summary, parts = answer.get_by_text("Answered in 1.4 s"), answer.locator(".latency-parts li")
    expect(parts.first).to_be_hidden()
    summary.click()
    expect(parts).to_have_text(
        ["Waiting for the end of the turn 0.6 s", "Transcribing 0.3 s", "Thinking 0.3 s", "Voice 0.2 s"]
    )
    widths = answer.locator(".latency-bar span").evaluate_all("all => all.map((one) => one.offsetWidth)")
    assert len(widths) == 4
    assert widths[0] / sum(widths) == pytest.approx(600 / 1380, abs=0.02)
    expect(answer.locator(".latency-bar")).to_have_attribute("aria-hidden", "true")
    expect(answer).not_to_contain_text("withdrawn")
    summary.press("Enter")
    expect(parts.first).to_be_hidden()


def test_an_answer_whose_parts_were_not_measured_says_so(panel: Panel) -> None:
    page = panel.open()
    panel.dial()
    call = panel.newest_call()
    call.answered()
    call.tell(Kind.REPLY_STARTED, reply=2, turn=1, latency_ms=900, stages=None)
    call.tell(Kind.REPLY_STARTED, reply=3, turn=2, latency_ms=900, stages={"stt_ms": 400, "tts_ms": "x"})
    for summary in page.get_by_text("Answered in 0.9 s").all():
        summary.click()
    expect(page.locator(".latency").first).to_contain_text("No details were measured.")
    expect(page.locator(".latency-parts li")).to_have_text(["Transcribing 0.4 s"])


def test_answers_withdrawn_unheard_are_not_shown_but_counted(panel: Panel) -> None:
    page = panel.open()
    panel.dial()
    call = panel.newest_call()
    call.answered()
    call.drafts(1, "withdrawn", "withdrawn", "released")
    call.person(1, "I was in the garden, with my roses.")
    call.agent("How lovely!", turn=1, latency_ms=1380)
    call.drafts(2, "withdrawn", "released")
    call.person(2, "Yellow ones.")
    call.agent("And red ones?", turn=2, latency_ms=1380)
    expect(page.locator(".bubble")).to_have_count(5)
    for summary in page.get_by_text("Answered in").all():
        summary.click()
    expect(page.locator(".withdrawn")).to_have_text(
        [
            "2 answers prepared earlier were withdrawn unheard, because the person went on.",
            "One answer prepared earlier was withdrawn unheard, because the person went on.",
        ]
    )


def test_what_is_said_again_is_marked(panel: Panel) -> None:
    page = panel.open()
    panel.dial()
    call = panel.newest_call()
    call.answered()
    call.agent("How are you today?", role="repeat")
    expect(page.locator(".bubble.agent .speaker").last).to_have_text("Kindline · said again")


def test_a_turn_told_again_replaces_what_was_told_before(panel: Panel) -> None:
    page = panel.open()
    panel.dial()
    call = panel.newest_call()
    call.answered()
    call.person(1, "I was in the garden")
    expect(page.locator(".bubble.person .words")).to_have_text("I was in the garden")
    call.person(1, "I was in the garden, with my roses.")
    expect(page.locator(".bubble.person .words")).to_have_text("I was in the garden, with my roses.")


def test_an_interrupted_answer_shows_what_was_heard(panel: Panel) -> None:
    page = panel.open()
    panel.dial()
    call = panel.newest_call()
    call.answered()
    call.person(1, "Tell me about the weather.")
    call.agent("It will be sunny. Later it may rain.", turn=1, latency_ms=900, heard="It will be sunny.")
    bubble = page.locator(".bubble.agent").last
    expect(bubble.locator(".words")).to_have_text("It will be sunny.")
    expect(bubble).to_contain_text("Interrupted here")
    expect(bubble.locator(".unheard bdi")).to_have_text("Later it may rain.")


def test_failures_keys_and_machines_are_told_in_plain_words(panel: Panel) -> None:
    page = panel.open()
    panel.dial()
    call = panel.newest_call()
    call.answered()
    call.tell(Kind.STAGE_FAILED, stage="llm", problem="no answer within 6 s")
    call.tell(Kind.DTMF, digit="5")
    call.registry.set_answered_by(call.call_id, "machine_start", now=time.time())
    call.tell(Kind.STREAM_STATUS, event="stream-error", error="31941")
    call.tell(Kind.STREAM_ENDED, attempt=1, reason="lost")
    call.tell(Kind.STREAM_STARTED, attempt=2, stream_sid="MZ" + "1" * 32)
    notes = page.locator("#conversation .note")
    expect(notes).to_have_count(5)
    for words in ("No answer could be found", "key 5", "answering machine", "31941", "line is back"):
        expect(notes.filter(has_text=words)).to_have_count(1)


@pytest.mark.parametrize(
    ("final", "reason", "why"),
    [
        (CallStatus.BUSY, None, "The line was busy."),
        (CallStatus.NO_ANSWER, None, "Nobody answered."),
        (CallStatus.FAILED, "Twilio does not know this number.", "Twilio does not know this number."),
    ],
)
def test_a_call_that_nobody_took_says_why(panel: Panel, final: CallStatus, reason: str | None, why: str) -> None:
    page = panel.open()
    panel.dial()
    panel.newest_call().status(final, reason)
    status(page, "Disconnected", why)
    expect(page.get_by_text("Nothing was said in this call.")).to_be_visible()


def test_hanging_up_ends_the_call(panel: Panel) -> None:
    page = panel.open()
    panel.dial()
    panel.newest_call().answered()
    page.click("#hang-up")
    status(page, "Disconnected", "You hung up.")
    assert len(panel.telephony.ended) == 1


def test_a_hang_up_that_fails_can_be_tried_again(panel: Panel) -> None:
    page = panel.open()
    panel.dial()
    panel.newest_call().answered()
    panel.telephony.unreachable = True
    page.click("#hang-up")
    expect(page.locator("#call-error")).to_contain_text("Twilio did not answer")
    expect(page.locator("#hang-up")).to_be_enabled()
    panel.telephony.unreachable = False
    page.click("#hang-up")
    status(page, "Disconnected")
    expect(page.locator("#call-error")).to_be_hidden()


def test_a_panel_opened_during_a_call_shows_it(panel: Panel) -> None:
    panel.open()
    panel.dial(name="Margaret")
    call = panel.newest_call()
    call.answered()
    call.person(1, "Hello?")
    page = panel.open()
    expect(page.locator("#call-person")).to_have_text("Margaret")
    expect(page.locator(".bubble")).to_have_count(2)
    call.agent("How lovely to hear you.", turn=1, latency_ms=1000)
    expect(page.locator(".bubble")).to_have_count(3)


def test_a_past_call_has_a_page_of_its_own(panel: Panel) -> None:
    page = panel.open()
    panel.dial(name="Margaret")
    call = panel.newest_call()
    call.answered()
    call.person(1, "Hello?")
    call.said_goodbye()
    panel.feed.die()
    page.locator("#recent-calls a").click()
    expect(page).to_have_url(re.compile(f"/calls/{call.call_id}$"))
    status(page, "Disconnected", "The conversation ended with a goodbye.")
    expect(page.locator(".bubble .words")).to_have_text(
        ["Good morning! This is Kindline, an automated voice.", "Hello?", "Goodbye, and have a lovely day."]
    )
    page.get_by_role("link", name="All calls").click()
    expect(page.locator("#dial-form")).to_be_visible()


def test_a_call_of_more_than_a_thousand_events_is_shown_whole(panel: Panel) -> None:
    page = panel.open()
    panel.dial()
    call = panel.newest_call()
    call.answered()
    words = [f"turn {turn}" for turn in range(1, 1201)]
    facts = [{"turn": turn, "text": text, "audio_ms": 900, "stt_ms": 200} for turn, text in enumerate(words, start=1)]
    now = time.time()
    panel.registry.append_events([NewEvent(call.call_id, Kind.PERSON_SAID, data, now) for data in facts])
    panel.open(f"/calls/{call.call_id}")
    expect(page.locator(".bubble.person")).to_have_count(len(words), timeout=20_000)
    assert page.locator(".bubble.person .words").all_text_contents() == words


def test_the_list_of_calls_is_kept_fresh_while_somebody_is_there(panel: Panel) -> None:
    panel.page.clock.install()
    page = panel.open()
    expect(page.locator("#recent-empty")).to_contain_text("No calls yet")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    panel.registry.adopt_call("CA" + "1" * 32, Direction.INBOUND, "+12025550199", "+12025550123", now=time.time())
    page.clock.run_for(16_000)
    expect(page.locator(".recent-who")).to_have_text("+12025550123")
    expect(page.locator(".recent-facts")).to_contain_text("rang us")
    page.clock.run_for(600_000)
    asked.clear()
    page.clock.run_for(60_000)
    assert asked == []
    page.keyboard.press("Tab")
    page.clock.run_for(16_000)
    assert len(asked) == 1


def test_an_unreachable_server_is_told_with_what_to_do(panel: Panel) -> None:
    page = panel.open()
    expect(page.locator("#recent-empty")).to_contain_text("No calls yet")
    page.route("**/api/**", lambda route: route.abort())
    panel.dial()
    expect(page.locator("#dial-error")).to_contain_text("cannot be reached")
    expect(page.locator("#dial-error")).to_contain_text("try again")
    expect(page.locator("#call-button")).to_be_enabled()


def test_an_unknown_kind_of_event_is_passed_over(panel: Panel) -> None:
    page = panel.open()
    warnings: list[str] = []
    page.on("console", lambda message: warnings.append(message.text) if message.type == "warning" else None)
    panel.dial()
    call: StagedCall = panel.newest_call()
    call.answered()
    page.evaluate(
        """async () => {
            const { CallView } = await import("/static/render.js");
            const view = new CallView(document.getElementById("current-call"), { id: "x", status: "in-progress" });
            view.apply({ kind: "toString", data: {}, at: 0, seq: 7 });
        }"""
    )
    assert any("does not know the kind toString" in warning for warning in warnings)
