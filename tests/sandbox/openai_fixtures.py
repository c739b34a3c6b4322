"""Fixtures and measures for the tests of the sandbox's OpenAI: real engines, shared by the whole run."""

from __future__ import annotations

import io
import re
import wave
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np
import openai
import pytest_asyncio
from aiohttp import web

from sandbox.openai_api import openai_routes
from sandbox.openai_faults import Faults, Latency
from sandbox.speech import SpeechEngines

API_KEY = "sk-sandbox-0123456789abcdef"


@dataclass
class SandboxServer:
    """The sandbox's OpenAI on a free port."""

    url: str
    faults: Faults

    def client(self, api_key: str = API_KEY, timeout_s: float = 20.0) -> openai.AsyncOpenAI:
        """The official SDK, pointed here, without its own retries."""
        return openai.AsyncOpenAI(api_key=api_key, base_url=f"{self.url}/v1", max_retries=0, timeout=timeout_s)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def engines() -> AsyncIterator[SpeechEngines]:
    """Real ears and voices, loaded once."""
    speech = SpeechEngines()
    await speech.start()
    try:
        yield speech
    finally:
        await speech.close()


def words(text: str) -> list[str]:
    """The words of `text` as they are compared: lower case, no punctuation."""
    return re.sub(r"[^a-z0-9' ]", " ", text.lower()).split()


def word_errors(said: str, heard: str) -> int:
    """The least number of words to insert, delete or replace to get from `said` to `heard`."""
    wanted, found = words(said), words(heard)
    costs = list(range(len(found) + 1))
    for i, word in enumerate(wanted, 1):
        previous, costs = costs, [i]
        for j, other in enumerate(found, 1):
            costs.append(min(previous[j] + 1, costs[j - 1] + 1, previous[j - 1] + (word != other)))
    return costs[-1]


@pytest_asyncio.fixture
async def openai_server(engines: SpeechEngines) -> AsyncIterator[SandboxServer]:
    """A server of its own for each test, as fast as it can be."""
    faults = Faults(latency=Latency(llm_first_token_ms=0, llm_tokens_per_s=0))
    async with serving(openai_routes(engines, API_KEY, faults)) as url:
        yield SandboxServer(url, faults)


@pytest_asyncio.fixture
async def openai_client(openai_server: SandboxServer) -> AsyncIterator[openai.AsyncOpenAI]:
    """The official SDK, pointed at that server."""
    async with openai_server.client() as client:
        yield client


@asynccontextmanager
async def serving(routes: Sequence[web.RouteDef]) -> AsyncIterator[str]:
    """A real server with these routes on a free port of this machine; gives its URL."""
    app = web.Application()
    app.add_routes(routes)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def wav(pcm16: bytes, rate: int = 8000, channels: int = 1) -> bytes:
    """16-bit PCM in a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(pcm16)
    return file.getvalue()


def over_the_telephone(pcm16: bytes) -> bytes:
    """8 kHz PCM as it sounds after G.711 mu-law: companded to 8 bits (the mu = 255 curve) and back."""
    samples = np.frombuffer(pcm16, "<i2") / 32768.0
    companded = np.sign(samples) * np.log1p(255 * np.abs(samples)) / np.log(256)
    coded = np.rint(companded * 127) / 127
    expanded = np.sign(coded) * np.expm1(np.abs(coded) * np.log(256)) / 255
    return bytes((expanded * 32767).astype("<i2").tobytes())
