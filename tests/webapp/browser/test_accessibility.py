"""Every page in every state: no serious finding of axe, usable by keyboard, and it fits a phone."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from callregistry.call_events import Kind
from tests.webapp.browser.conftest import DESKTOP, PHONE, Panel
from tests.webapp.browser.staged_call import StagedCall

pytestmark = pytest.mark.browser

LONG_WORD = "Donaudampfschifffahrtsgesellschaft" * 4


def has_no_serious_fault(page: Page) -> None:
    """axe finds nothing serious or critical."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    grave = [
        (fault["id"], [node["target"] for node in fault["nodes"]])
        for fault in found
        if fault["impact"] in {"serious", "critical"}
    ]
    assert grave == []


def fits(page: Page) -> None:
    """Nothing has to be scrolled sideways."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def busy_call(panel: Panel) -> StagedCall:
    """A call in which everything has happened that can be seen."""
    panel.dial(name=f"Margaret {LONG_WORD[:60]}", topic=LONG_WORD)
    call = panel.newest_call()
    call.answered()
    call.person(1, f"Hello? {LONG_WORD}")
    call.drafts(1, "withdrawn", "released")
    call.agent("How lovely to hear you. Have you slept well?", turn=1, latency_ms=1380, heard="How lovely to hear you.")
    call.tell(Kind.STAGE_FAILED, stage="stt", problem=LONG_WORD)
    call.tell(Kind.DTMF, digit="5")
    call.tell(Kind.VOICE_CHANGED, pace=0.74, gain_db=12.0)
    call.tell(Kind.PERSON_SPEAKING, speaking=True)
    expect(panel.page.get_by_text("is speaking")).to_be_visible()
    panel.page.locator(".latency summary").click()
    expect(panel.page.locator(".latency .withdrawn")).to_be_visible()
    return call


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_panel_is_accessible_and_fits_in_every_state(panel: Panel, size: Any, scheme: Any) -> None:
    page = panel.page
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    panel.open()
    expect(page.locator("#who-answers")).to_be_enabled()
    expect(page.locator("#recent-empty")).to_contain_text("No calls yet")
    has_no_serious_fault(page)
    fits(page)
    page.click("#call-button")
    expect(page.locator("#to-error")).to_be_visible()
    has_no_serious_fault(page)
    call = busy_call(panel)
    for state in ("drafting", "held", "waiting"):
        call.tell(Kind.AGENT_STATE, state=state)
        expect(page.locator("[data-part=status]")).to_have_attribute("data-state", state)
        has_no_serious_fault(page)
        fits(page)
    panel.dial(name="Margaret")
    expect(page.locator("#dial-error")).to_be_visible()
    panel.feed.die()
    expect(page.locator("#call-link")).to_be_visible()
    has_no_serious_fault(page)
    fits(page)
    panel.feed.listen()
    call.said_goodbye()
    expect(page.locator("#call-status")).to_have_text("Disconnected")
    panel.open(f"/calls/{call.call_id}")
    expect(page.locator("#call-why")).not_to_be_empty()
    has_no_serious_fault(page)
    fits(page)
    panel.open("/calls/call_" + "0" * 32)
    expect(page.locator("#error-heading")).to_be_visible()
    has_no_serious_fault(page)
    fits(page)


def test_a_call_can_be_made_and_ended_by_keyboard_alone(panel: Panel) -> None:
    page = panel.open()
    page.locator("#to").focus()
    page.keyboard.type("+1 202 555 0101")
    page.keyboard.press("Enter")
    expect(page.locator("#call-person")).to_be_focused()
    panel.newest_call().answered()
    page.keyboard.press("Tab")
    expect(page.locator("#hang-up")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#call-status")).to_have_text("Disconnected")


def test_on_a_phone_dialling_brings_the_call_before_the_eyes(panel: Panel) -> None:
    panel.page.set_viewport_size(PHONE)
    page = panel.open()
    panel.dial()
    for what in ("#call-person", "#call-status", "#hang-up"):
        expect(page.locator(what)).to_be_in_viewport()


def test_the_first_tab_skips_to_the_content(panel: Panel) -> None:
    page = panel.open()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_conversation_and_the_status_are_live_regions(panel: Panel) -> None:
    page = panel.open()
    panel.dial()
    panel.newest_call().answered()
    log = page.get_by_role("log", name="What was said")
    expect(log).to_have_attribute("aria-busy", "false")
    expect(log).to_contain_text("Kindline")
    expect(page.get_by_role("status").filter(has_text="Listening")).to_be_visible()
    expect(page.get_by_label("Telephone number")).to_have_attribute("type", "tel")


def test_the_hint_that_an_answer_is_prepared_is_not_announced(panel: Panel) -> None:
    page = panel.open()
    panel.dial()
    call = panel.newest_call()
    call.answered()
    call.tell(Kind.AGENT_STATE, state="drafting")
    hint = page.locator("#call-hint")
    expect(hint).to_be_visible()
    assert hint.evaluate("node => node.closest('[role=status], [role=log], [aria-live]')") is None


def test_on_a_phone_the_status_keeps_its_height_while_states_come_and_go(panel: Panel) -> None:
    panel.page.set_viewport_size(PHONE)
    page = panel.open()
    panel.dial()
    call = panel.newest_call()
    call.answered()
    heights = set()
    for state in ("listening", "drafting", "thinking", "speaking", "held"):
        call.tell(Kind.AGENT_STATE, state=state)
        expect(page.locator("[data-part=status]")).to_have_attribute("data-state", state)
        heights.add(page.locator(".status-line").evaluate("node => node.offsetHeight"))
    assert len(heights) == 1


def test_those_who_want_no_movement_get_none(panel: Panel) -> None:
    page = panel.open()
    panel.dial()
    light = page.locator(".status-light")
    expect(page.locator("#call-status")).to_have_text("Calling…")
    assert light.evaluate("node => getComputedStyle(node).animationName") == "none"
    page.emulate_media(reduced_motion="no-preference")
    assert light.evaluate("node => getComputedStyle(node).animationName") == "beat"
