"""Following a call through lost connections: nothing missing, nothing twice."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from callregistry.call_events import Kind
from callregistry.calls import CallStatus
from tests.webapp.browser.conftest import Panel
from tests.webapp.browser.staged_call import StagedCall

pytestmark = pytest.mark.browser

RECONNECTING = re.compile("Reconnecting")
WITHIN_2_S_MS = 2_000


def in_conversation(panel: Panel) -> StagedCall:
    """A call whose greeting is on the page, followed live."""
    page = panel.open()
    panel.dial(name="Margaret")
    call = panel.newest_call()
    expect(page.locator("#current-call")).to_have_attribute("data-link", "live")
    call.answered()
    expect(page.locator(".bubble")).to_have_count(1)
    return call


def words(page: Page) -> list[str]:
    """Everything in the chat, in order."""
    return page.locator(".bubble .words").all_inner_texts()


def test_a_lost_feed_is_said_at_once_and_what_was_missed_is_shown_once(panel: Panel) -> None:
    call = in_conversation(panel)
    page = panel.page
    call.person(1, "one")
    expect(page.locator(".bubble")).to_have_count(2)
    panel.feed.die()
    expect(page.locator("#call-link")).to_have_text(RECONNECTING, timeout=WITHIN_2_S_MS)
    call.agent("two", turn=1, latency_ms=1000)
    call.person(2, "three")
    panel.feed.listen()
    expect(page.locator("#call-link")).to_be_hidden()
    call.agent("four", turn=2, latency_ms=1000)
    expect(page.locator(".bubble")).to_have_count(5)
    assert words(page)[1:] == ["one", "two", "three", "four"]


def test_each_connection_asks_for_what_comes_after_the_last_event(panel: Panel) -> None:
    call = in_conversation(panel)
    seen = panel.registry.events_after(call.call_id)[-1].seq
    panel.feed.die()
    expect(panel.page.locator("#current-call")).to_have_attribute("data-link", "reconnecting")
    panel.feed.listen()
    expect(panel.page.locator("#current-call")).to_have_attribute("data-link", "live")
    assert panel.feed.subscriptions[-1]["after"] == seen
    tickets = [asked["ticket"] for asked in panel.feed.subscriptions]
    assert len(set(tickets)) == len(tickets) >= 2


def test_many_losses_in_a_row_lose_nothing(panel: Panel) -> None:
    call = in_conversation(panel)
    expected = []
    for turn in range(1, 7):
        if turn % 2:
            panel.feed.die()
        else:
            panel.feed.listen()
        call.person(turn, f"turn {turn}")
        call.agent(f"answer {turn}", turn=turn, latency_ms=900)
        expected += [f"turn {turn}", f"answer {turn}"]
    expect(panel.page.locator(".bubble")).to_have_count(1 + len(expected), timeout=20_000)
    assert words(panel.page)[1:] == expected


def test_an_event_sent_twice_is_drawn_once(panel: Panel) -> None:
    call = in_conversation(panel)
    panel.feed.send_twice = True
    call.tell(Kind.DTMF, digit="1")
    call.tell(Kind.DTMF, digit="2")
    expect(panel.page.locator(".note")).to_have_text(["The key 1 was pressed.", "The key 2 was pressed."])


def test_an_event_lost_on_the_way_is_asked_for_again(panel: Panel) -> None:
    call = in_conversation(panel)
    panel.feed.lose_next = True
    call.tell(Kind.DTMF, digit="1")
    call.tell(Kind.DTMF, digit="2")
    expect(panel.page.locator(".note")).to_have_text(["The key 1 was pressed.", "The key 2 was pressed."])


def test_numbers_that_are_not_for_browsers_are_no_loss(panel: Panel) -> None:
    call = in_conversation(panel)
    connections = len(panel.feed.subscriptions)
    for digit in "12":
        call.tell(Kind.TURN_STEP, now=1.5, event=None, commands=[])
        call.tell(Kind.DTMF, digit=digit)
    expect(panel.page.locator(".note")).to_have_text(["The key 1 was pressed.", "The key 2 was pressed."])
    assert len(panel.feed.subscriptions) == connections
    panel.feed.die()
    call.tell(Kind.TURN_STEP, now=1.5, event=None, commands=[])
    call.tell(Kind.DTMF, digit="3")
    panel.feed.listen()
    expect(panel.page.locator(".note")).to_have_count(3)
    expect(panel.page.locator("#current-call")).to_have_attribute("data-link", "live")
    assert len(panel.feed.subscriptions) == connections + 1


def test_a_refused_ticket_is_replaced_by_a_new_one(panel: Panel) -> None:
    panel.feed.tickets_to_refuse = 2
    call = in_conversation(panel)
    call.person(1, "still here")
    expect(panel.page.locator(".bubble.person .words")).to_have_text("still here")
    assert panel.feed.tickets_to_refuse == 0


def test_without_a_bridge_the_page_still_learns_how_the_call_ended(panel: Panel) -> None:
    panel.feed.die()
    page = panel.open()
    panel.dial()
    call = panel.newest_call()
    expect(page.locator("#call-link")).to_have_text(RECONNECTING)
    call.status(CallStatus.RINGING)
    expect(page.locator("#call-status")).to_have_text("Ringing")
    call.status(CallStatus.BUSY)
    expect(page.locator("#call-why")).to_have_text("The line was busy.")
    expect(page.locator("#call-link")).to_be_hidden()


def test_a_browser_that_goes_offline_says_so_and_comes_back(panel: Panel) -> None:
    call = in_conversation(panel)
    page = panel.page
    page.context.set_offline(True)
    expect(page.locator("#call-link")).to_have_text(RECONNECTING, timeout=WITHIN_2_S_MS)
    call.person(1, "while you were away")
    page.context.set_offline(False)
    expect(page.locator(".bubble.person .words")).to_have_text("while you were away", timeout=WITHIN_2_S_MS)
    expect(page.locator("#call-link")).to_be_hidden()


def test_a_feed_that_falls_silent_counts_as_lost(panel: Panel) -> None:
    panel.page.clock.install()
    in_conversation(panel)
    before = len(panel.feed.subscriptions)
    panel.page.clock.run_for(24_000)
    assert len(panel.feed.subscriptions) == before
    expect(panel.page.locator("#call-link")).to_be_hidden()
    panel.page.clock.run_for(1_500)
    expect(panel.page.locator("#call-link")).to_have_text(RECONNECTING, timeout=WITHIN_2_S_MS)
    panel.page.clock.run_for(1_000)
    expect(panel.page.locator("#call-link")).to_be_hidden()
    assert len(panel.feed.subscriptions) == before + 1


def test_waiting_doubles_up_to_half_a_minute_with_jitter(panel: Panel) -> None:
    waits = panel.open().evaluate(
        """async () => {
            const { backOffMs } = await import("/static/feed.js");
            return [1, 2, 3, 20].map((failures) => [backOffMs(failures, 0), backOffMs(failures, 1)]);
        }"""
    )
    assert waits == [[375, 500], [750, 1000], [1500, 2000], [22_500, 30_000]]
