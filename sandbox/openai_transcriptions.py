"""`POST /v1/audio/transcriptions` over the sandbox's own ears. WAV only, English only, and it says so."""

from __future__ import annotations

import asyncio
import io
import json
import time
import wave
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiohttp import BodyPartReader, web

from sandbox.openai_faults import Fault, FaultKind, Faults
from sandbox.openai_trouble import Body, trouble_at_start
from sandbox.openai_wire import ApiError, Model, Use, invalid, missing, model_named
from sandbox.speech import Heard, SpeechEngines

LARGEST_FILE = 25 * 1024 * 1024
SHORTEST_S = 0.1

_FORMATS = ["flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm"]
_LARGEST_FIELD = 64 * 1024
_WHISPER_ONLY = ("srt", "vtt", "verbose_json")
_TELL_LOGPROBS = ("gpt-4o-transcribe", "gpt-4o-mini-transcribe")


@dataclass(slots=True)
class _Form:
    fields: dict[str, str] = field(default_factory=dict)
    file_name: str | None = None
    file: bytes = b""


async def transcriptions(request: web.Request, engines: SpeechEngines, faults: Faults) -> web.StreamResponse:
    """Answer one request. Raises `ApiError`."""
    began = time.monotonic()
    fault = faults.draw("stt")
    form = await _read_form(request)
    if fault is not None:
        trouble = await trouble_at_start(request, fault, form.fields.get("model", ""))
        if trouble is not None:
            return trouble
    model = model_named(form.fields.get("model"), Use.STT)
    response_format = _response_format(form, model)
    pcm16, rate = _audio(form)
    seconds = len(pcm16) / 2 / rate
    heard = Heard("", 1.0, 0.0, seconds) if _is(fault, FaultKind.EMPTY) else await engines.hear(pcm16, rate)
    latency = faults.latency
    least_s = (latency.stt_base_ms + latency.stt_percent_of_audio / 100 * seconds * 1000) / 1000
    await asyncio.sleep(max(0.0, began + least_s - time.monotonic()))
    if form.fields.get("stream") == "true" and model.name != "whisper-1":
        return await _streamed(request, heard, fault)
    if form.fields.get("include[]") == "logprobs":
        content_type, text = _as_json_with_logprobs(heard, model)
    else:
        content_type, text = _RENDERED[response_format](heard, model)
    data = text.encode()
    if _is(fault, FaultKind.GARBAGE):
        data, content_type = b'{"text": "He', "application/json"
    body = Body(request, fault, content_type, len(data))
    await body.start()
    await body.write(data)
    return await body.end()


async def _read_form(request: web.Request) -> _Form:
    """The multipart form, read in pieces: recordings are larger than the server's limit for other requests."""
    if not request.content_type.startswith("multipart/"):
        raise ApiError(400, "Could not parse multipart form.")
    form = _Form()
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader):
                raise ApiError(400, "Could not parse multipart form.")
            if part.filename is not None or part.name == "file":
                form.file_name = part.filename or ""
                form.file = await _read_part(part, LARGEST_FILE)
            elif part.name:
                form.fields[part.name] = (await _read_part(part, _LARGEST_FIELD)).decode("utf-8", "replace")
    except ValueError as error:
        raise ApiError(400, "Could not parse multipart form.") from error
    return form


async def _read_part(part: BodyPartReader, limit: int) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk(64 * 1024):
        data += chunk
        if len(data) > limit:
            raise ApiError(413, f"Maximum content size limit ({limit}) exceeded ({len(data)} bytes read)")
    return bytes(data)


def _response_format(form: _Form, model: Model) -> str:
    wanted = form.fields.get("response_format", "json")
    if wanted not in _RENDERED:
        raise invalid("response_format", f"Invalid value: '{wanted}'. Supported values are: {_quoted(_RENDERED)}.")
    if wanted in _WHISPER_ONLY and model.name != "whisper-1":
        raise invalid(
            "response_format",
            f"response_format '{wanted}' is not compatible with model '{model.name}'. Use 'json' or 'text' instead.",
            "unsupported_value",
        )
    if "include[]" in form.fields and (model.name not in _TELL_LOGPROBS or wanted != "json"):
        only = f"'include' is supported for {_quoted(_TELL_LOGPROBS)} with response_format 'json' only."
        raise invalid("include", only, "unsupported_value")
    language = form.fields.get("language", "en")
    if language.split("-")[0].lower() != "en":
        raise invalid("language", f"The sandbox understands English only, not '{language}'.", "unsupported_value")
    return wanted


def _audio(form: _Form) -> tuple[bytes, int]:
    """The file as 16-bit mono PCM and its sample rate; raises `ApiError`."""
    if form.file_name is None:
        raise missing("file")
    extension = form.file_name.rpartition(".")[2].lower()
    if extension not in _FORMATS:
        raise invalid("file", f"Invalid file format. Supported formats: {_FORMATS}")
    if extension != "wav":
        raise invalid("file", f"The sandbox reads wav files only, not {extension}.", "unsupported_value")
    pcm16, rate = _decoded_wav(form.file)
    if len(pcm16) / 2 / rate < SHORTEST_S:
        raise invalid("file", "Audio file is too short. Minimum audio length is 0.1 seconds.", "audio_too_short")
    return pcm16, rate


def _decoded_wav(data: bytes) -> tuple[bytes, int]:
    try:
        with wave.open(io.BytesIO(data)) as reader:
            rate, channels, width = reader.getframerate(), reader.getnchannels(), reader.getsampwidth()
            frames = reader.readframes(reader.getnframes())
    except (wave.Error, EOFError, ValueError) as error:
        raise invalid("file", "Audio file might be corrupted or unsupported") from error
    if not (1000 <= rate <= 384_000 and 1 <= channels <= 8 and width in (1, 2, 4)):
        raise invalid("file", "Audio file might be corrupted or unsupported")
    frames = frames[: len(frames) // (channels * width) * channels * width]
    match width:
        case 1:
            samples = (np.frombuffer(frames, np.uint8).astype(np.int32) - 128) << 8
        case 2:
            samples = np.frombuffer(frames, "<i2").astype(np.int32)
        case _:
            samples = np.frombuffer(frames, "<i4") >> 16
    mono = samples.reshape(-1, channels).mean(axis=1) if channels > 1 else samples
    return np.asarray(mono).astype("<i2").tobytes(), rate


async def _streamed(request: web.Request, heard: Heard, fault: Fault | None) -> web.StreamResponse:
    body = Body(request, fault, "text/event-stream; charset=utf-8")
    await body.start()
    words = heard.text.split(" ") if heard.text else []
    for n, word in enumerate(words):
        await body.write(_event({"type": "transcript.text.delta", "delta": word if n == 0 else f" {word}"}))
    done = {"type": "transcript.text.done", "text": heard.text, "usage": _token_usage(heard)}
    await body.write(_event(done))
    await body.write(b"data: [DONE]\n\n")
    return await body.end()


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def _token_usage(heard: Heard) -> dict[str, Any]:
    # The service counts ten audio tokens a second.
    audio, words = int(heard.seconds * 10), len(heard.text.split())
    return {
        "type": "tokens",
        "input_tokens": audio,
        "input_token_details": {"text_tokens": 0, "audio_tokens": audio},
        "output_tokens": words,
        "total_tokens": audio + words,
    }


def _as_json(heard: Heard, model: Model) -> tuple[str, str]:
    usage: dict[str, Any] = {"type": "duration", "seconds": max(1, round(heard.seconds))}
    if model.name != "whisper-1":
        usage = _token_usage(heard)
    return "application/json", json.dumps({"text": heard.text, "usage": usage})


def _as_json_with_logprobs(heard: Heard, _: Model) -> tuple[str, str]:
    # Our Whisper scores a segment, not its tokens: every word gets what the segment's tokens have on average.
    logprobs = [
        {"token": f" {word}", "bytes": list(f" {word}".encode()), "logprob": segment.avg_logprob}
        for segment in heard.segments
        for word in segment.text.split()
    ]
    return "application/json", json.dumps({"text": heard.text, "logprobs": logprobs, "usage": _token_usage(heard)})


def _as_text(heard: Heard, _: Model) -> tuple[str, str]:
    return "text/plain; charset=utf-8", f"{heard.text}\n"


def _as_verbose_json(heard: Heard, _: Model) -> tuple[str, str]:
    # As Whisper does: a stretch in which it heard no words is no segment.
    with_words = [segment for segment in heard.segments if segment.text]
    segments = [
        {
            "id": n,
            "seek": int(segment.start * 100),
            "start": round(segment.start, 2),
            "end": round(segment.end, 2),
            "text": f" {segment.text}",
            "tokens": [],
            "temperature": 0.0,
            "avg_logprob": segment.avg_logprob,
            "compression_ratio": segment.compression_ratio,
            "no_speech_prob": segment.no_speech_prob,
        }
        for n, segment in enumerate(with_words)
    ]
    answer = {
        "task": "transcribe",
        "language": "english",
        "duration": round(heard.seconds, 2),
        "text": heard.text,
        "segments": segments,
        "usage": {"type": "duration", "seconds": max(1, round(heard.seconds))},
    }
    return "application/json", json.dumps(answer)


def _as_srt(heard: Heard, _: Model) -> tuple[str, str]:
    return "text/plain; charset=utf-8", "".join(
        f"{n}\n{_clock(s.start, ',')} --> {_clock(s.end, ',')}\n{s.text}\n\n" for n, s in enumerate(heard.segments, 1)
    )


def _as_vtt(heard: Heard, _: Model) -> tuple[str, str]:
    cues = (f"{_clock(s.start, '.')} --> {_clock(s.end, '.')}\n{s.text}\n\n" for s in heard.segments)
    return "text/plain; charset=utf-8", f"WEBVTT\n\n{''.join(cues)}"


def _clock(seconds: float, point: str) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{point}{ms % 1000:03}"


def _is(fault: Fault | None, kind: FaultKind) -> bool:
    return fault is not None and fault.kind is kind


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


_RENDERED: dict[str, Callable[[Heard, Model], tuple[str, str]]] = {
    "json": _as_json,
    "text": _as_text,
    "srt": _as_srt,
    "verbose_json": _as_verbose_json,
    "vtt": _as_vtt,
}
