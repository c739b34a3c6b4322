"""The web app's settings: their defaults, and one clear line for each mistake."""

from __future__ import annotations

from typing import Any

import pytest
from argon2 import PasswordHasher

from callregistry.settings import SettingsError
from tests.webapp.web_house import settings_of

HASH = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash("x")


def test_what_is_not_set_has_its_default() -> None:
    settings = settings_of(feed_url=None, panel_api_token=None)
    assert settings.feed_url == "wss://127.0.0.1:8765/feed"
    assert (settings.default_region, settings.dial_regions) == ("US", ["US"])
    assert (settings.inbound_calls, settings.ring_timeout_s) == ("answer", 45)
    assert settings.answering_machine_detection is False
    assert settings.sandbox_url == "http://127.0.0.1:9"


def test_the_regions_default_to_the_default_region_and_are_read_from_a_comma_list() -> None:
    assert settings_of(default_region="gb").dial_regions == ["GB"]
    assert settings_of(dial_regions="us, CA,us").dial_regions == ["US", "CA"]


def test_our_own_number_may_be_written_with_spaces() -> None:
    assert settings_of(twilio_from_number="+1 202-555 0199").twilio_from_number == "+12025550199"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"secret_key": None}, "SECRET_KEY: is missing"),
        ({"secret_key": "short"}, "SECRET_KEY: must be at least 32 characters"),
        ({"panel_api_token": "short"}, "PANEL_API_TOKEN: must be at least 32 characters"),
        ({"twilio_from_number": None}, "TWILIO_FROM_NUMBER: is missing"),
        ({"twilio_from_number": "2025550199"}, "TWILIO_FROM_NUMBER: must be + and 7 to 15 digits, e.g. +12025550100"),
        ({"twilio_account_sid": "AC1"}, "TWILIO_ACCOUNT_SID: must be AC and 32 hex digits"),
        ({"twilio_api_key_sid": "AC" + "1" * 32}, "TWILIO_API_KEY_SID: must be SK and 32 hex digits"),
        ({"twilio_api_key_sid": "SK" + "1" * 32}, "TWILIO_API_KEY_SECRET: set TWILIO_API_KEY_SID and"),
        ({"twilio_api_key_secret": "x"}, "TWILIO_API_KEY_SECRET: set TWILIO_API_KEY_SID and"),
        (
            {"twilio_api_base_url": "http://example.org"},
            "TWILIO_API_BASE_URL: http:// is allowed for this machine only",
        ),
        ({"fallback_twiml_url": "ftp://x"}, "FALLBACK_TWIML_URL: must be a full https:// address"),
        ({"default_region": "XX"}, "DEFAULT_REGION: 'XX' is not a region"),
        ({"dial_regions": "US,Mars"}, "DIAL_REGIONS: 'MARS' is not a region"),
        ({"dial_regions": ","}, "DIAL_REGIONS: must not be empty"),
        ({"inbound_calls": "maybe"}, "INBOUND_CALLS: must be 'answer' or 'decline'"),
        ({"answering_machine_detection": "perhaps"}, "ANSWERING_MACHINE_DETECTION: must be true or false"),
        ({"ring_timeout_s": 601}, "RING_TIMEOUT_S:"),
        ({"ring_timeout_s": "soon"}, "RING_TIMEOUT_S:"),
        ({"proxy_hops": 9}, "PROXY_HOPS:"),
        ({"feed_url": "ws://example.org/feed"}, "FEED_URL: ws:// is allowed for this machine only"),
        ({"panel_password_hash": "my password"}, "PANEL_PASSWORD_HASH: is not an argon2 hash"),
        (
            {"public_base_url": "https://calls.example.org"},
            "PANEL_PASSWORD_HASH: is missing; without it only the sandbox",
        ),
        ({"twilio_api_base_url": None}, "PANEL_PASSWORD_HASH: is missing; without it only the sandbox"),
        (
            {"twilio_api_base_url": "https://api.example.org"},
            "PANEL_PASSWORD_HASH: is missing; without it only the sandbox",
        ),
    ],
)
def test_each_mistake_is_one_line_that_names_its_setting(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(SettingsError) as mistakes:
        settings_of(**changes)
    assert [text for text in str(mistakes.value).splitlines() if text.startswith(line)], mistakes.value
    assert "my password" not in str(mistakes.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"secret_key": None},
        {"public_stream_url": "https://calls.example.org/media", "feed_url": None},
        {"public_stream_url": "wss://[::1", "feed_url": None},
        {"public_stream_url": None, "feed_url": None},
        {"default_region": "XX"},
        {"public_base_url": "calls.example.org"},
    ],
)
def test_one_mistake_is_told_once(changes: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as mistakes:
        settings_of(**changes)
    assert [line.split(":")[0].lower() for line in str(mistakes.value).splitlines()] == [next(iter(changes))]


def test_a_missing_password_is_told_together_with_all_other_mistakes() -> None:
    with pytest.raises(SettingsError) as mistakes:
        settings_of(twilio_api_base_url=None, secret_key="short", twilio_account_sid="AC1", caller_name=None)
    named = {line.split(":")[0] for line in str(mistakes.value).splitlines()}
    assert named == {"PANEL_PASSWORD_HASH", "SECRET_KEY", "TWILIO_ACCOUNT_SID", "CALLER_NAME"}
    assert ".venv/bin/python -c 'import argon2" in str(mistakes.value)


def test_the_feed_s_address_leaves_out_what_only_the_stream_s_has() -> None:
    assert settings_of(public_stream_url="wss://calls.example.org:444/media", feed_url=None).feed_url == (
        "wss://calls.example.org:444/feed"
    )


def test_with_a_password_it_starts_anywhere() -> None:
    settings = settings_of(
        public_base_url="https://calls.example.org", twilio_api_base_url=None, panel_password_hash=HASH
    )
    assert settings.over_https
    assert settings.sandbox_url is None


def test_no_secret_is_in_the_settings_printed_form() -> None:
    settings = settings_of(panel_password_hash=HASH, twilio_api_key_sid="SK" + "1" * 32, twilio_api_key_secret="shh!")
    printed = repr(settings)
    for secret in (HASH, "shh!", "the-account-s-auth-token", "link-secret-", "panel-api-token-", "secret-key--"):
        assert secret not in printed
