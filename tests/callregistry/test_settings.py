"""Settings: every mistake in one message, secrets masked."""

from __future__ import annotations

from typing import Any

import pytest

from callregistry.settings import SettingsError, SharedSettings, is_loopback, load_settings, load_settings_or_exit

GOOD: dict[str, Any] = {
    "_env_file": None,
    "public_base_url": "https://calls.example.org/",
    "public_stream_url": "wss://calls.example.org/media",
    "twilio_account_sid": "AC" + "0" * 32,
    "twilio_auth_token": "twilio-secret",
    "caller_name": "Sunrise Care",
    "link_secret": "l" * 32,
}


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SharedSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def load(**changes: Any) -> SharedSettings:
    return load_settings(SharedSettings, **GOOD | changes)


def test_good_settings_load_and_a_trailing_slash_is_taken_off() -> None:
    assert load().public_base_url == "https://calls.example.org"
    assert load(panel_origins="http://localhost:5000/, http://127.0.0.1:5000").allowed_origins == [
        "https://calls.example.org",
        "http://localhost:5000",
        "http://127.0.0.1:5000",
    ]


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_CALLS", "3")
    monkeypatch.setenv("PANEL_ORIGINS", "http://localhost:5000")
    assert load().max_calls == 3
    assert load().panel_origins == ["http://localhost:5000"]


def test_all_mistakes_are_told_at_once_each_with_its_name() -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(SharedSettings, _env_file=None, max_calls=0, public_base_url="calls.example.org")
    lines = str(refused.value).splitlines()
    named = {line.split(":")[0] for line in lines}
    assert {"PUBLIC_BASE_URL", "PUBLIC_STREAM_URL", "LINK_SECRET", "CALLER_NAME", "MAX_CALLS"} <= named
    assert len(lines) == len(named)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("public_base_url", "http://calls.example.org", "for this machine only"),
        ("public_base_url", "ftp://calls.example.org", "must be a full https"),
        ("public_base_url", "https://calls.example.org/?a=b", "query string"),
        ("public_stream_url", "ws://127.0.0.1/media", "must be a full wss"),
        ("public_stream_url", "https://calls.example.org/media", "must be a full wss"),
        ("link_secret", "short", "at least 32 characters"),
        ("twilio_account_sid", "SK123", "TWILIO_ACCOUNT_SID"),
        ("call_language", "English", "CALL_LANGUAGE"),
    ],
)
def test_each_wrong_value_says_what_is_expected(name: str, value: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load(**{name: value})


def test_plain_http_is_allowed_on_this_machine() -> None:
    assert load(public_base_url="http://127.0.0.1:5000").public_base_url == "http://127.0.0.1:5000"
    assert is_loopback("http://localhost:1")
    assert not is_loopback("http://example.org")


def test_secrets_are_masked_when_printed() -> None:
    printed = repr(load())
    assert "twilio-secret" not in printed
    assert "l" * 32 not in printed


def test_a_wrong_setting_ends_the_process_with_one_line_per_mistake(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SharedSettings.model_config, "env_file", None)
    with pytest.raises(SystemExit) as ended:
        load_settings_or_exit(SharedSettings)
    assert ended.value.code == 78
    assert "LINK_SECRET: is missing" in capsys.readouterr().err
