"""Which provider does which stage: settings in, three patient providers out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import openai

from callregistry.logs import get_logger
from voicebridge.providers import LanguageModel, SpeechToText, Stage, TextToSpeech
from voicebridge.providers.openai_http import (
    OpenAILanguageModel,
    OpenAISpeechToText,
    OpenAITextToSpeech,
    open_client,
)
from voicebridge.providers.patience import (
    UNHURRIED_VOICE,
    PatientLanguageModel,
    PatientSpeechToText,
    PatientTextToSpeech,
)
from voicebridge.settings import BridgeSettings, Endpoint

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Providers:
    """The three stages, shared by all calls of this process."""

    speech_to_text: SpeechToText
    language_model: LanguageModel
    text_to_speech: TextToSpeech
    unhurried_voice: TextToSpeech
    """The same voice with more patience, for what nobody waits for."""
    clients: tuple[openai.AsyncOpenAI, ...] = field(default=())

    async def open_connections(self) -> None:
        """Makes the servers' connections, so that the first turn of a call does not wait for them."""
        await asyncio.gather(*(self._touch(client) for client in self.clients))

    async def close(self) -> None:
        """Closes all connections."""
        for client in self.clients:
            await client.close()

    async def _touch(self, client: openai.AsyncOpenAI) -> None:
        try:
            await client.models.list(timeout=2.0)
        except openai.OpenAIError as error:
            log.info("provider connection not opened early", problem=type(error).__name__)


def choose_providers(settings: BridgeSettings) -> Providers:
    """The providers of the settings. To add a vendor, choose it here."""
    stt, llm, tts = (settings.endpoint(stage) for stage in Stage)
    clients: dict[tuple[str | None, str], openai.AsyncOpenAI] = {}

    def client(endpoint: Endpoint) -> openai.AsyncOpenAI:
        key = (endpoint.base_url, endpoint.api_key.get_secret_value())
        if key not in clients:
            clients[key] = open_client(endpoint)
        return clients[key]

    voice = OpenAITextToSpeech(client(tts), tts.model, settings.tts_voice, settings.tts_instructions)
    return Providers(
        PatientSpeechToText(OpenAISpeechToText(client(stt), stt.model, settings.call_language)),
        PatientLanguageModel(OpenAILanguageModel(client(llm), llm.model, settings.llm_reasoning_effort)),
        PatientTextToSpeech(voice),
        PatientTextToSpeech(voice, UNHURRIED_VOICE),
        tuple(clients.values()),
    )
