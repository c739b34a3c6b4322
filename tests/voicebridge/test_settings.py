"""Which server, key and model each stage gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from callregistry.settings import SettingsError
from tests.voicebridge.conftest import bridge_settings
from voicebridge.providers import Stage


def chosen(tmp_path: Path, stage: Stage, **more: Any) -> tuple[str | None, str, str]:
    endpoint = bridge_settings(tmp_path, openai_api_key="sk-openai", **more).endpoint(stage)
    return endpoint.base_url, endpoint.api_key.get_secret_value(), endpoint.model


def test_every_stage_is_openai_s_unless_told_otherwise(tmp_path: Path) -> None:
    assert chosen(tmp_path, Stage.STT) == (None, "sk-openai", "whisper-1")
    assert chosen(tmp_path, Stage.LLM) == (None, "sk-openai", "gpt-4o-mini")
    assert chosen(tmp_path, Stage.TTS) == (None, "sk-openai", "gpt-4o-mini-tts")
    everywhere = "https://models.example.org/v1"
    assert chosen(tmp_path, Stage.LLM, openai_base_url=everywhere)[:2] == (everywhere, "sk-openai")


def test_a_stage_of_its_own_never_gets_the_openai_key(tmp_path: Path) -> None:
    own = "http://127.0.0.1:8000/v1"
    assert chosen(tmp_path, Stage.TTS, tts_base_url=own, tts_model="local") == (own, "none", "local")
    assert chosen(tmp_path, Stage.TTS, tts_base_url=own, tts_api_key="k") == (own, "k", "gpt-4o-mini-tts")


def test_the_web_app_is_next_door_unless_told_otherwise(tmp_path: Path) -> None:
    assert bridge_settings(tmp_path, web_callback_url=None, web_port=5050).callback_url == "http://127.0.0.1:5050"
    assert bridge_settings(tmp_path, web_callback_url="https://w.example.org/").callback_url == "https://w.example.org"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tts_base_url", "http://models.example.org/v1"),
        ("openai_base_url", "not a url"),
        ("end_of_turn_ms", 10),
        ("barge_in_ms", "fast"),
        ("web_callback_url", "http://web.example.org"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, name: str, value: Any) -> None:
    with pytest.raises(SettingsError, match=name.upper()):
        bridge_settings(tmp_path, **{name: value})


def test_secrets_are_masked_wherever_the_settings_are_printed(tmp_path: Path) -> None:
    assert "sk-none" not in repr(bridge_settings(tmp_path))
