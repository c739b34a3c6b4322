"""What all of the sandbox's OpenAI endpoints share: keys, error bodies, headers, models.

Bodies, codes and headers as the service documents them (API reference, "Error codes" and "Rate limits"; the
deprecations page for the days on which models end).
"""

from __future__ import annotations

import hmac
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aiohttp import web

STARTED = web.RequestKey("started", float)


class Use(StrEnum):
    """What a model is for."""

    STT = "stt"
    LLM = "llm"
    TTS = "tts"


@dataclass(frozen=True, slots=True)
class Model:
    """A model as `/v1/models` shows it."""

    name: str
    use: Use
    created: int
    shutdown_date: str | None = None
    """ISO date; None: no end is known."""
    reasons: bool = False
    """Reasons before it answers, and then takes neither `max_tokens` nor a temperature."""


MODELS = {
    model.name: model
    for model in (
        Model("whisper-1", Use.STT, 1677532384, "2027-02-26"),
        Model("gpt-4o-transcribe", Use.STT, 1742068463, "2027-02-26"),
        Model("gpt-4o-mini-transcribe", Use.STT, 1742068596, "2027-02-26"),
        Model("gpt-4o-transcribe-diarize", Use.STT, 1750798887, "2027-02-26"),
        Model("gpt-transcribe", Use.STT, 1785000000),
        Model("gpt-4o-mini", Use.LLM, 1721172741, "2027-01-14"),
        Model("gpt-4o-mini-2024-07-18", Use.LLM, 1721172717, "2027-01-14"),
        Model("gpt-4o", Use.LLM, 1715367049, "2027-01-14"),
        Model("gpt-4.1", Use.LLM, 1744316542, "2027-01-14"),
        Model("gpt-4.1-mini", Use.LLM, 1744318173, "2027-01-14"),
        Model("gpt-6-luna", Use.LLM, 1785000001, reasons=True),
        Model("tts-1", Use.TTS, 1681940951, "2027-01-06"),
        Model("tts-1-hd", Use.TTS, 1699046015, "2027-01-06"),
        Model("gpt-4o-mini-tts", Use.TTS, 1742403959, "2027-01-06"),
        Model("gpt-4o-mini-tts-2025-12-15", Use.TTS, 1765610731, "2027-01-06"),
    )
}


class ApiError(Exception):
    """An answer other than 200, as the service words it."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
        self.headers = dict(headers or {})


def error_response(request: web.Request, error: ApiError) -> web.Response:
    """The error as JSON."""
    headers = {**common_headers(request), **error.headers}
    return web.json_response(error.body, status=error.status, headers=headers)


def common_headers(request: web.Request) -> dict[str, str]:
    """The headers of every answer."""
    took_ms = int(1000 * (time.monotonic() - request.get(STARTED, time.monotonic())))
    return {
        "x-request-id": f"req_{uuid.uuid4().hex}",
        "openai-processing-ms": str(max(1, took_ms)),
        "openai-version": "2020-10-01",
        "openai-organization": "kindline-sandbox",
        "x-ratelimit-limit-requests": "10000",
        "x-ratelimit-limit-tokens": "2000000",
        "x-ratelimit-remaining-requests": "9999",
        "x-ratelimit-remaining-tokens": "1999000",
        "x-ratelimit-reset-requests": "6ms",
        "x-ratelimit-reset-tokens": "30ms",
    }


def check_key(request: web.Request, api_key: str | None) -> None:
    """Raises a 401 `ApiError` without a bearer key, or with another than `api_key` (None: any key will do)."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:
        raise ApiError(
            401,
            "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer "
            "auth (i.e. Authorization: Bearer YOUR_KEY).",
        )
    if api_key is not None and not hmac.compare_digest(key.encode(), api_key.encode()):
        raise wrong_key(key)


def wrong_key(key: str) -> ApiError:
    """401 with the key masked as the service masks it."""
    masked = f"{key[:4]}{'*' * 8}{key[-4:]}" if len(key) > 12 else "*" * len(key)
    return ApiError(
        401,
        f"Incorrect API key provided: {masked}. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
        code="invalid_api_key",
    )


def model_named(name: object, use: Use) -> Model:
    """The model, if there is one of that name for that use; else the `ApiError` that the service would give."""
    if not isinstance(name, str) or not name:
        raise ApiError(400, "you must provide a model parameter")
    model = MODELS.get(name)
    if model is None:
        raise model_not_found(name)
    if model.use is not use:
        if use is Use.LLM:
            raise ApiError(
                404,
                "This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to "
                "use v1/completions?",
                param="model",
            )
        raise ApiError(400, f"Invalid model {name} for this endpoint.", param="model", code="invalid_value")
    return model


def model_not_found(name: str) -> ApiError:
    """404: unknown, or shut down."""
    return ApiError(404, f"The model `{name}` does not exist or you do not have access to it.", code="model_not_found")


async def json_body(request: web.Request) -> dict[str, Any]:
    """The request's JSON object; raises a 400 `ApiError`."""
    try:
        body = json.loads(await request.read())
    except (ValueError, UnicodeDecodeError):
        body = None
    if not isinstance(body, dict):
        raise ApiError(400, "We could not parse the JSON body of your request. The API expects a JSON payload.")
    return body


def missing(param: str) -> ApiError:
    """400 for a parameter that is not there."""
    return ApiError(400, f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")


def invalid(param: str, message: str, code: str = "invalid_value") -> ApiError:
    """400 for a parameter with a wrong value."""
    return ApiError(400, message, param=param, code=code)
