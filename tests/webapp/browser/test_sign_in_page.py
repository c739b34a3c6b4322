"""Signing in and out, where a password is set."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.webapp.browser.conftest import PASSWORD, Panel
from tests.webapp.browser.test_accessibility import fits, has_no_serious_fault

pytestmark = pytest.mark.browser


@pytest.fixture
def panel_settings(password_hash: str) -> dict[str, Any]:
    """A panel with a password."""
    return {"panel_password_hash": password_hash}


def test_a_stranger_must_sign_in_and_then_reaches_the_panel(panel: Panel) -> None:
    page = panel.open()
    expect(page).to_have_url(re.compile("/sign-in"))
    has_no_serious_fault(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#dial-form")).to_be_visible()
    panel.dial()
    expect(page.locator("#call-status")).to_have_text("Calling…")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-in"))
    panel.open()
    expect(page).to_have_url(re.compile("/sign-in"))


def test_a_wrong_password_is_explained_beside_the_field(panel: Panel) -> None:
    page = panel.open("/sign-in")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_label("Password").fill("not this one")
    page.keyboard.press("Enter")
    expect(page.locator("#password-error")).to_contain_text("did not work")
    expect(page.locator("#password")).to_have_attribute("aria-describedby", "password-error")
    expect(page.locator("#password")).to_be_focused()
    has_no_serious_fault(page)
    fits(page)


def test_a_session_that_ended_meanwhile_is_told_with_what_to_do(panel: Panel) -> None:
    page = panel.open()
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#dial-form")).to_be_visible()
    page.context.clear_cookies()
    panel.dial()
    expect(page.locator("#dial-error")).to_contain_text(re.compile("sign in", re.IGNORECASE))
    assert panel.telephony.placed == []
