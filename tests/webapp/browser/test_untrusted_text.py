"""Names, topics and what people say are strangers' text: shown as it is, never run, never reordering the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from callregistry.call_events import Kind
from callregistry.calls import CallStatus
from tests.webapp.browser.conftest import Panel

pytestmark = pytest.mark.browser

PAYLOADS = [
    "<script>window.hacked = true</script>",
    "<img src=x onerror=window.hacked=true>",
    "<svg onload=window.hacked=true>",
    "</p></article><iframe srcdoc='<script>parent.hacked=true</script>'></iframe>",
    "<a href='javascript:window.hacked=true'>tea?</a>",
    "<details open ontoggle=window.hacked=true>",
    "{{ 7 * 7 }} ${7 * 7} <%= 7 * 7 %>",
    '"><style>*{display:none}</style>',
    "'; window.hacked = true; //",
    "&lt;b&gt; &amp; &#60;script&#62;",
    "<math><mtext><style><img src=x onerror=window.hacked=true>",
    "\x1b[31mred\x1b[0m \x07",
    "=HYPERLINK('http://example.org')",
    "safe \u202eetad\u202c text \u2067 more",
    "__proto__",
]


def is_untouched(page: Page) -> None:
    """Nothing ran, and nothing that was said became an element."""
    assert page.evaluate("window.hacked") is None
    made = page.locator("main :is(script, iframe, math, style, svg[onload], a[href^='javascript:'], img[src='x'])")
    assert made.count() == 0


def test_what_a_person_says_stays_text(panel: Panel) -> None:
    page = panel.open()
    panel.dial()
    call = panel.newest_call()
    call.answered()
    for turn, payload in enumerate(PAYLOADS, start=1):
        call.person(turn, payload)
    expect(page.locator(".bubble.person")).to_have_count(len(PAYLOADS))
    assert (
        page.locator(".bubble.person .words bdi").evaluate_all("all => all.map((one) => one.textContent)") == PAYLOADS
    )
    is_untouched(page)


def test_what_a_model_says_stays_text(panel: Panel) -> None:
    page = panel.open()
    panel.dial()
    call = panel.newest_call()
    call.status(CallStatus.IN_PROGRESS)
    for turn, payload in enumerate(PAYLOADS, start=1):
        call.agent(payload, turn=turn, latency_ms=100, heard=payload[:3])
    expect(page.locator(".bubble.agent .unheard")).to_have_count(len(PAYLOADS))
    is_untouched(page)


def test_what_other_systems_report_stays_text(panel: Panel) -> None:
    page = panel.open()
    panel.dial()
    call = panel.newest_call()
    for payload in PAYLOADS:
        call.tell(Kind.STAGE_FAILED, stage=payload, problem=payload)
        call.tell(Kind.STREAM_STATUS, event=payload, error=payload)
        call.tell(Kind.DTMF, digit=payload)
        call.tell(Kind.AGENT_STATE, state=payload)
    call.finished(PAYLOADS[0])
    call.status(CallStatus.FAILED, PAYLOADS[1])
    expect(page.locator("#call-why")).to_have_text(PAYLOADS[1])
    expect(page.locator(".note")).to_have_count(3 * len(PAYLOADS))
    is_untouched(page)


@pytest.mark.parametrize("payload", PAYLOADS[:4])
def test_names_and_topics_stay_text_on_every_page(panel: Panel, payload: str) -> None:
    page = panel.open()
    panel.dial(name=payload, topic=payload)
    call = panel.newest_call()
    call.answered()
    call.person(1, "Hello?")
    expect(page.locator("#call-person")).to_have_text(payload)
    expect(page.locator(".bubble.person .speaker")).to_have_text(payload)
    expect(page.locator(".recent-who")).to_have_text(payload)
    is_untouched(page)
    panel.open(f"/calls/{call.call_id}")
    expect(page.locator("#call-person")).to_have_text(payload)
    is_untouched(page)
