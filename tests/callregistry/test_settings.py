"""Settings: every mistake in one message, secrets masked."""

from __future__ import annotations

from pathlib import Path
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
        ("twilio_account_sid", "SK123", "TWILIO_ACCOUNT_SID: must be AC and 32 hex digits, from Twilio's console"),
        ("call_language", "English", "CALL_LANGUAGE: must be a language's two letters, e.g. en"),
        ("max_calls", "five", "^MAX_CALLS: must be a whole number$"),
        ("max_calls", "0", "^MAX_CALLS: must be at least 1$"),
        ("max_call_s", "99999", "^MAX_CALL_S: must be at most 14400$"),
        ("log_level", "loud", "LOG_LEVEL: must be 'debug', 'info', 'warning' or 'error'"),
        ("caller_name", "", "CALLER_NAME: must not be empty"),
        ("web_port", "8765", "BRIDGE_PORT: must not be 8765, which is WEB_PORT"),
        ("bridge_port", 5000, "BRIDGE_PORT: must not be 5000, which is WEB_PORT"),
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


def test_a_misspelt_name_in_the_file_is_told_with_the_mistakes(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load(_env_file=env_file(tmp_path, "CALER_NAME=Sunrise Care\n"), caller_name="")
    assert "CALER_NAME: is not a setting; did you mean CALLER_NAME?" in str(refused.value).splitlines()


def test_a_misspelt_name_is_only_warned_of_where_all_else_is_good(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"{name.upper()}={value}" for name, value in GOOD.items() if not name.startswith("_")]
    file = env_file(tmp_path, "\n".join([*lines, "MAX_CALL=3", "HOME_TOWN=Leeds", "stt_model=whisper-1", ""]))
    monkeypatch.setitem(SharedSettings.model_config, "env_file", file)
    assert load_settings_or_exit(SharedSettings).max_calls == 5
    assert capsys.readouterr().err == "Warning: MAX_CALL: is not a setting; did you mean MAX_CALLS?\n"


def test_a_wrong_setting_ends_the_process_with_one_line_per_mistake(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SharedSettings.model_config, "env_file", None)
    with pytest.raises(SystemExit) as ended:
        load_settings_or_exit(SharedSettings)
    assert ended.value.code == 78
    assert "LINK_SECRET: is missing" in capsys.readouterr().err


def env_file(folder: Path, text: str) -> str:
    path = folder / ".env"
    path.write_text(text)
    return str(path)
