"""`python -m scripts.benchmarks.fixed_providers`: the sandbox's OpenAI with engines that cost nothing.

The wire, the latencies and the language model are the sandbox's own. Its ears are `sentences.Known`, and its voice
hums: in one pitch what a model said, in another our fixed lines, so that a telephone can tell an answer from a holding
word by its sound. `GET /bench/requests` counts what was asked of each stage.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
from collections.abc import Awaitable, Callable
from typing import cast

import numpy as np
from aiohttp import web

from sandbox.openai_api import openai_routes
from sandbox.openai_faults import Faults, Latency
from sandbox.speech import SpeechEngines
from sandbox.whisper import Heard, Segment
from scripts.benchmarks.sentences import Known, sentences
from voicebridge.lines import WORDS

VOICE = "hum"
SPEED = Latency(
    stt_base_ms=300.0,
    stt_percent_of_audio=5.0,
    llm_first_token_ms=350.0,
    llm_tokens_per_s=60.0,
    tts_first_byte_ms=250.0,
    tts_times_real_time=3.0,
)
"""What the providers take, in every benchmark."""
ANSWER_HZ, LINE_HZ = 500, 1100
LETTERS_PER_S = 14.0
_LONGEST_S = 60
_LEVEL = 0.14
_STAGES = {"transcriptions": "stt", "completions": "llm", "speech": "tts"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FixedEngines:
    """Hears only known sentences, and hums for as long as speaking would take."""

    def __init__(self) -> None:
        self._known = Known(sentences())
        self._lines = {words for lines in WORDS.values() for words in lines.values()}
        self._hums: dict[tuple[int, int], bytes] = {}

    async def hear(self, pcm16: bytes, sample_rate_hz: int = 8000) -> Heard:
        """The known sentence in a recording."""
        text, seconds = self._known.text_of(pcm16, sample_rate_hz), len(pcm16) / 2 / sample_rate_hz
        if not text:
            return Heard("", 0.9, 0.0, seconds)
        return Heard(text, 0.05, -0.2, seconds, (Segment(0.0, seconds, text, -0.2, 0.05, 1.0),))

    async def say(self, text: str, voice: str = VOICE, pace: float = 1.0, sample_rate_hz: int = 24_000) -> bytes:
        """A hum as long as `text`: audible from its first sample, as loud as a voice."""
        pitch = LINE_HZ if text in self._lines else ANSWER_HZ
        whole = self._hums.setdefault((pitch, sample_rate_hz), hum(pitch, sample_rate_hz))
        return whole[: 2 * round(sample_rate_hz * min(_LONGEST_S, len(text) / LETTERS_PER_S / pace))]

    def voices(self) -> list[str]:
        """The one voice."""
        return [VOICE]


def hum(pitch_hz: int, rate_hz: int) -> bytes:
    """A minute of a tone that swells four times a second, as syllables do: 16-bit PCM."""
    t = np.arange(_LONGEST_S * rate_hz) / rate_hz
    swell = 0.75 + 0.25 * np.cos(2 * np.pi * 4 * t)
    return bytes((32767 * _LEVEL * swell * np.sin(2 * np.pi * pitch_hz * t)).astype("<i2").tobytes())


def build_app(api_key: str | None) -> web.Application:
    """The web application."""
    faults = Faults(latency=SPEED)
    asked: collections.Counter[str] = collections.Counter()

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        stage = _STAGES.get(request.path.rpartition("/")[2])
        if stage is not None:
            asked[stage] += 1
        return await handler(request)

    async def requests(_request: web.Request) -> web.Response:
        return web.json_response({stage: asked[stage] for stage in _STAGES.values()})

    async def health(_request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    app = web.Application(middlewares=[count], client_max_size=30 * 2**20)
    engines = cast(SpeechEngines, FixedEngines())
    app.add_routes(openai_routes(engines, api_key, faults))
    app.add_routes([web.get("/bench/requests", requests), web.get("/sandbox/healthz", health)])
    return app


def main() -> None:
    """Runs until it is told to stop. Takes the sandbox's command line, of which it needs port and key."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--api-key")
    arguments, _ = parser.parse_known_args()
    asyncio.set_event_loop(asyncio.new_event_loop())
    web.run_app(build_app(arguments.api_key), host="127.0.0.1", port=arguments.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
