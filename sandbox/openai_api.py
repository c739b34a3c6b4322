"""The sandbox's OpenAI: the routes of `/v1`, and what every request goes through before its endpoint.

Its own files: `openai_transcriptions.py`, `openai_chat.py`, `openai_speech.py` (the endpoints), `openai_wire.py` (keys,
errors, headers, models), `openai_faults.py` and `openai_trouble.py` (failures on demand).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from sandbox.openai_chat import chat_completions
from sandbox.openai_faults import Faults, StageSwitches, control_routes
from sandbox.openai_speech import speech
from sandbox.openai_transcriptions import transcriptions
from sandbox.openai_trouble import BrokenOffError
from sandbox.openai_wire import (
    MODELS,
    STARTED,
    ApiError,
    Model,
    check_key,
    common_headers,
    error_response,
    model_not_found,
)
from sandbox.speech import EnginesBusyError, EnginesStoppedError, SpeechEngines
from sandbox.spoken_before import SpokenBefore
from sandbox.upstream_model import UpstreamModel

_LOOKS_EVERY_S = 0.05
_CLIENT_IS_GONE = 499  # a status that nobody reads

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def openai_routes(
    engines: SpeechEngines,
    api_key: str | None,
    faults: Faults,
    llm_base_url: str | None = None,
    llm_api_key: str | None = None,
    llm_model: str | None = None,
    other_stages: Mapping[str, StageSwitches] | None = None,
) -> list[web.RouteDef]:
    """All routes of `/v1`, and those that control faults and latencies.

    `api_key` None takes any key. With `llm_base_url` (including its `/v1`) chat completions are that server's;
    `llm_model` is then the model asked for there, whatever the client names. `other_stages`: the faults of stages that
    are not OpenAI's, so that one URL arms and disarms all.
    """
    upstream = UpstreamModel(llm_base_url, llm_api_key or "none", llm_model) if llm_base_url else None
    mouth = SpokenBefore(engines)

    async def transcribe(request: web.Request) -> web.StreamResponse:
        return await transcriptions(request, engines, faults)

    async def chat(request: web.Request) -> web.StreamResponse:
        return await chat_completions(request, faults, upstream)

    async def speak(request: web.Request) -> web.StreamResponse:
        return await speech(request, mouth, faults)

    return [
        web.post("/v1/audio/transcriptions", _endpoint(transcribe, api_key)),
        web.post("/v1/chat/completions", _endpoint(chat, api_key)),
        web.post("/v1/audio/speech", _endpoint(speak, api_key)),
        web.get("/v1/models", _endpoint(_models, api_key)),
        web.get("/v1/models/{name}", _endpoint(_model, api_key)),
        web.route("*", "/v1/{rest:.*}", _endpoint(_no_such_url, api_key)),
        *control_routes(faults, other_stages or {}),
    ]


def _endpoint(handler: Handler, api_key: str | None) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        request[STARTED] = time.monotonic()
        try:
            check_key(request, api_key)
            return await _unless_abandoned(request, handler)
        except ApiError as error:
            return error_response(request, error)
        except web.HTTPRequestEntityTooLarge as error:
            return error_response(request, ApiError(413, f"The request is too large: {error.text}"))
        except (EnginesBusyError, EnginesStoppedError) as error:
            busy = ApiError(503, f"The engine is currently overloaded: {error}", kind="server_error", code="slow_down")
            return error_response(request, busy)
        except BrokenOffError as broken:
            return broken.response

    return answer


async def _unless_abandoned(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The handler's answer. A client that has gone gets none: the engines must not work for a withdrawn draft."""
    answering = asyncio.ensure_future(handler(request))
    try:
        while not answering.done():
            if request.transport is None or request.transport.is_closing():
                answering.cancel()
            await asyncio.wait([answering], timeout=_LOOKS_EVERY_S)
        return web.Response(status=_CLIENT_IS_GONE) if answering.cancelled() else answering.result()
    finally:
        answering.cancel()


async def _models(request: web.Request) -> web.Response:
    listed = {"object": "list", "data": [_shown(model) for model in MODELS.values()]}
    return web.json_response(listed, headers=common_headers(request))


async def _model(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    if name not in MODELS:
        raise model_not_found(name)
    return web.json_response(_shown(MODELS[name]), headers=common_headers(request))


def _shown(model: Model) -> dict[str, object]:
    return {
        "id": model.name,
        "object": "model",
        "created": model.created,
        "owned_by": "system",
        "shutdown_date": model.shutdown_date,
    }


async def _no_such_url(request: web.Request) -> web.Response:
    raise ApiError(404, f"Invalid URL ({request.method} {request.path})")
