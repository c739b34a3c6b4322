"""The providers as they are configured for the demo: real speech engines, over the sandbox's OpenAI."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.openai_api import openai_routes
from sandbox.openai_faults import Faults
from sandbox.speech import SpeechEngines
from tests.sandbox.openai_fixtures import API_KEY, engines, serving, word_errors, words
from tests.voicebridge.conftest import bridge_settings
from voicebridge.audio import codec
from voicebridge.providers import Message, ProviderError
from voicebridge.providers.selection import Providers, choose_providers
from voicebridge.reply import synthesise

__all__ = ["engines"]  # the fixture


@pytest.fixture
async def providers(engines: SpeechEngines, tmp_path: Path) -> AsyncIterator[Providers]:  # noqa: F811
    async with serving(openai_routes(engines, API_KEY, Faults())) as url:
        chosen = choose_providers(bridge_settings(tmp_path, openai_api_key=API_KEY, openai_base_url=f"{url}/v1"))
        await chosen.open_connections()
        yield chosen
        await chosen.close()


async def test_what_is_spoken_for_the_telephone_is_understood_again(providers: Providers) -> None:
    said = "Good morning. The roses in my garden are in bloom today."
    line = await synthesise(providers.unhurried_voice, said)
    assert 2.0 < codec.duration_s(line) < 8.0
    heard = await providers.speech_to_text.transcribe(codec.decode(line))
    assert word_errors(said, heard.text) <= 0.2 * len(words(said)), heard
    assert heard.no_speech_prob is not None
    assert heard.no_speech_prob < 0.4
    assert heard.avg_logprob is not None
    assert -0.6 < heard.avg_logprob < 0


async def test_an_answer_comes_in_pieces(providers: Providers) -> None:
    chat = [Message("system", "You talk with an older person."), Message("user", "I slept very well, thank you.")]
    pieces = [piece async for piece in providers.language_model.stream(chat)]
    assert len(pieces) > 3
    assert "".join(pieces).strip()


async def test_a_wrong_key_is_a_permanent_failure_of_every_stage(engines: SpeechEngines, tmp_path: Path) -> None:  # noqa: F811
    async with serving(openai_routes(engines, API_KEY, Faults())) as url:
        chosen = choose_providers(bridge_settings(tmp_path, openai_api_key="sk-wrong", openai_base_url=f"{url}/v1"))
        with pytest.raises(ProviderError) as raised:
            await chosen.speech_to_text.transcribe(bytes(16_000))
        assert raised.value.permanent
        with pytest.raises(ProviderError) as raised:
            await synthesise(chosen.text_to_speech, "Hello.")
        assert raised.value.permanent
        await chosen.close()
