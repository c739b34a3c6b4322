"""`POST /v1/audio/speech` over the sandbox's own voices: PCM (24 kHz, 16-bit, mono) or WAV, sentence by sentence."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import struct
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from sandbox.openai_faults import Fault, FaultKind, Faults, Latency
from sandbox.openai_trouble import Body, trouble_at_start
from sandbox.openai_wire import Use, invalid, json_body, missing, model_named
from sandbox.spoken_before import SpokenBefore

SAMPLE_RATE_HZ = 24_000
LONGEST_INPUT = 4096
OPENAI_VOICES = (
    "alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer", "verse", "marin", "cedar",
)  # fmt: skip

_BYTES_PER_S = 2 * SAMPLE_RATE_HZ
_CHUNK = _BYTES_PER_S // 10
_FORMATS = ("mp3", "opus", "aac", "flac", "wav", "pcm")
# A WAV that is still being made cannot know its length: the service sends the largest there is, too.
_STREAMED_WAV_HEAD = struct.pack(
    "<4sI4s4sIHHIIHH4sI",
    b"RIFF", 0xFFFFFFFF, b"WAVE", b"fmt ", 16, 1, 1, SAMPLE_RATE_HZ, _BYTES_PER_S, 2, 16, b"data", 0xFFFFFFFF,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Wanted:
    text: str
    voice: str
    pace: float
    wav: bool
    events: bool


async def speech(request: web.Request, mouth: SpokenBefore, faults: Faults) -> web.StreamResponse:
    """Answer one request. Raises `ApiError`."""
    began = time.monotonic()
    fault = faults.draw("tts")
    body = await json_body(request)
    if fault is not None:
        trouble = await trouble_at_start(request, fault, str(body.get("model", "")))
        if trouble is not None:
            return trouble
    wanted = _wanted(body, mouth.voices())
    if fault is not None and fault.kind is FaultKind.EMPTY:
        wanted = replace(wanted, text="")
    audio = _audio(mouth, wanted, faults.latency, began)
    if wanted.events:
        return await _as_events(request, audio, wanted, fault)
    answer = Body(request, fault, "audio/wav" if wanted.wav else "audio/pcm")
    # The head goes out with the first audio, as a service that has not begun to speak has not answered.
    first = await anext(audio, b"")
    await answer.start()
    if wanted.wav:
        await answer.write(_STREAMED_WAV_HEAD)
    await answer.write(first)
    async for piece in audio:
        await answer.write(piece)
    if fault is not None and fault.kind is FaultKind.GARBAGE:
        await answer.write(b"\x00")  # half a sample
    return await answer.end()


def _wanted(body: dict[str, Any], local_voices: list[str]) -> _Wanted:
    model = model_named(body.get("model"), Use.TTS)
    text = body.get("input")
    if not isinstance(text, str):
        raise missing("input")
    if not text.strip():
        raise invalid("input", "Invalid 'input': string too short. Expected a string with minimum length 1.")
    if len(text) > LONGEST_INPUT:
        raise invalid(
            "input",
            f"Invalid 'input': string too long. Expected a string with maximum length {LONGEST_INPUT}, but instead got "
            f"a string with length {len(text)} instead.",
            "string_above_max_length",
        )
    tts_1 = model.name.startswith("tts-1")
    instructions = body.get("instructions")
    if instructions and tts_1:
        raise invalid("instructions", f"'instructions' is not supported with model '{model.name}'.")
    events = _one_of(body, "stream_format", ("audio", "sse"), "audio") == "sse"
    if events and tts_1:
        raise invalid("stream_format", f"'sse' is not supported with model '{model.name}'.")
    form = _one_of(body, "response_format", _FORMATS, "mp3")
    if form not in ("pcm", "wav"):
        raise invalid("response_format", f"The sandbox speaks pcm and wav only, not {form}.", "unsupported_value")
    # All that the local voices can do with instructions is what matters most to older ears.
    slower = isinstance(instructions, str) and re.search(r"\bslow", instructions, re.I) is not None
    pace = _speed(body) * (0.92 if slower else 1.0)
    return _Wanted(text, _voice(body, local_voices), pace, form == "wav", events)


def _voice(body: dict[str, Any], local_voices: list[str]) -> str:
    voice = body.get("voice")
    if isinstance(voice, dict):
        voice = voice.get("id")
    if voice is None:
        raise missing("voice")
    if voice in local_voices:
        return str(voice)
    if voice not in OPENAI_VOICES:
        names = ", ".join(f"'{name}'" for name in OPENAI_VOICES)
        raise invalid("voice", f"Invalid value: '{voice}'. Supported values are: {names}.")
    return local_voices[0]


def _one_of(body: dict[str, Any], param: str, values: tuple[str, ...], default: str) -> str:
    value = body.get(param, default)
    if value not in values:
        raise invalid(param, f"Invalid value: '{value}'. Supported values are: {', '.join(map(repr, values))}.")
    return str(value)


def _speed(body: dict[str, Any]) -> float:
    speed = body.get("speed", 1.0)
    if isinstance(speed, bool) or not isinstance(speed, int | float) or not 0.25 <= speed <= 4.0:
        raise invalid("speed", f"Invalid value for 'speed': {speed}. Expected a number between 0.25 and 4.0.")
    return float(speed)


async def _audio(mouth: SpokenBefore, wanted: _Wanted, latency: Latency, began: float) -> AsyncIterator[bytes]:
    """The text as PCM in pieces of 100 ms, as soon as each sentence is spoken."""
    sent, started = 0, 0.0
    for sentence in re.split(r"(?<=[.!?])\s+", wanted.text.strip()):
        pcm = await mouth.say(sentence, wanted.voice, wanted.pace, SAMPLE_RATE_HZ)
        if not started:
            await asyncio.sleep(max(0.0, began + latency.tts_first_byte_ms / 1000 - time.monotonic()))
            started = time.monotonic()
        for i in range(0, len(pcm), _CHUNK):
            if latency.tts_times_real_time:
                due = started + sent / _BYTES_PER_S / latency.tts_times_real_time
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            piece = pcm[i : i + _CHUNK]
            sent += len(piece)
            yield piece


async def _as_events(
    request: web.Request, audio: AsyncIterator[bytes], wanted: _Wanted, fault: Fault | None
) -> web.StreamResponse:
    first = await anext(audio, b"")
    body = Body(request, fault, "text/event-stream; charset=utf-8")
    await body.start()
    total = 0
    for piece in [_STREAMED_WAV_HEAD] if wanted.wav else []:
        await body.write(_delta(piece))
    if first:
        await body.write(_delta(first))
        total += len(first)
    async for piece in audio:
        await body.write(_delta(piece))
        total += len(piece)
    words, tokens = len(wanted.text.split()), int(total / _BYTES_PER_S * 20)
    usage = {"input_tokens": words, "output_tokens": tokens, "total_tokens": words + tokens}
    if fault is not None and fault.kind is FaultKind.GARBAGE:
        await body.write(b'data: {"type":"speech.audio.del\n\n')
    await body.write(_event({"type": "speech.audio.done", "usage": usage}))
    return await body.end()


def _delta(piece: bytes) -> bytes:
    return _event({"type": "speech.audio.delta", "audio": base64.b64encode(piece).decode()})


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"
