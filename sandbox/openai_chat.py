"""`POST /v1/chat/completions`: the scripted companion, streamed or whole, as a language model would send it."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from sandbox.companion import Message, answer
from sandbox.openai_faults import Fault, FaultKind, Faults, Latency
from sandbox.openai_trouble import Body, broken_chat_event, chat_error_event, trouble_at_start
from sandbox.openai_wire import Model, Use, invalid, json_body, missing, model_named
from sandbox.upstream_model import UpstreamModel

_ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_SNAPSHOTS = {"gpt-4o-mini": "gpt-4o-mini-2024-07-18"}


@dataclass(frozen=True, slots=True)
class _Completion:
    """A finished answer and what belongs to every chunk of it."""

    id: str
    model: str
    created: int
    tokens: tuple[str, ...]
    finish_reason: str
    prompt_tokens: int

    def head(self, kind: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "service_tier": "default",
            "system_fingerprint": "fp_kindline_sandbox",
        }

    def usage(self) -> dict[str, Any]:
        written = len(self.tokens)
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": written,
            "total_tokens": self.prompt_tokens + written,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }


async def chat_completions(
    request: web.Request, faults: Faults, upstream: UpstreamModel | None = None
) -> web.StreamResponse:
    """Answer one request, or hand it on to `upstream`. Raises `ApiError`."""
    began = time.monotonic()
    fault = faults.draw("llm")
    body = await json_body(request)
    if fault is not None:
        trouble = await trouble_at_start(request, fault, str(body.get("model", "")))
        if trouble is not None:
            return trouble
    if upstream is not None:
        return await upstream.answer(request, body, fault)
    model = model_named(body.get("model"), Use.LLM)
    _check_options(body, model)
    messages = _messages(body)
    empty = fault is not None and fault.kind is FaultKind.EMPTY
    completion = _completion("" if empty else answer(messages, datetime.now()), messages, body, model)
    await _wait(began + faults.latency.llm_first_token_ms / 1000)
    if body.get("stream"):
        return await _streamed(request, completion, body.get("stream_options") or {}, fault, faults.latency)
    await _wait(time.monotonic() + _writing_s(len(completion.tokens), faults.latency))
    data = json.dumps(_whole(completion)).encode()
    if fault is not None and fault.kind in (FaultKind.GARBAGE, FaultKind.ERROR_EVENT):
        data = data[: len(data) // 2]
    response = Body(request, fault, "application/json", len(data))
    await response.start()
    await response.write(data)
    return await response.end()


def _completion(text: str, messages: Sequence[Message], body: dict[str, Any], model: Model) -> _Completion:
    tokens = _tokens(text)
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    cut = limit is not None and len(tokens) > limit
    return _Completion(
        id=f"chatcmpl-{uuid.uuid4().hex[:29]}",
        model=_SNAPSHOTS.get(model.name, model.name),
        created=int(time.time()),
        tokens=tuple(tokens[:limit] if cut else tokens),
        finish_reason="length" if cut else "stop",
        prompt_tokens=sum(4 + len(_tokens(message.content)) for message in messages),
    )


def _whole(completion: _Completion) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": "".join(completion.tokens),
        "refusal": None,
        "annotations": [],
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": completion.finish_reason}
    return {**completion.head("chat.completion"), "choices": [choice], "usage": completion.usage()}


async def _streamed(
    request: web.Request,
    completion: _Completion,
    options: dict[str, Any],
    fault: Fault | None,
    latency: Latency,
) -> web.StreamResponse:
    with_usage = bool(options.get("include_usage"))
    obfuscated = options.get("include_obfuscation", True) is not False

    def chunk(delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        data = {**completion.head("chat.completion.chunk"), "choices": [choice]}
        if with_usage:
            data["usage"] = None
        if obfuscated:
            # Padding to a common length, so that sizes on the wire do not give the words away.
            padding = max(2, 16 - len(delta.get("content", "")))
            data["obfuscation"] = base64.b64encode(uuid.uuid4().bytes).decode()[:padding]
        return _event(data)

    body = Body(request, fault, "text/event-stream; charset=utf-8")
    await body.start()
    await body.write(chunk({"role": "assistant", "content": "", "refusal": None}))
    started = time.monotonic()
    for n, token in enumerate(completion.tokens):
        await _wait(started + _writing_s(n, latency))
        await body.write(chunk({"content": token}))
        if fault is not None and n == len(completion.tokens) // 2:
            if fault.kind is FaultKind.GARBAGE:
                await body.write(broken_chat_event())
            if fault.kind is FaultKind.ERROR_EVENT:
                await body.write(chat_error_event())
                return await body.end()
    await body.write(chunk({}, completion.finish_reason))
    if with_usage:
        usage = {**completion.head("chat.completion.chunk"), "choices": [], "usage": completion.usage()}
        await body.write(_event(usage))
    await body.write(b"data: [DONE]\n\n")
    return await body.end()


def _messages(body: dict[str, Any]) -> list[Message]:
    wanted = body.get("messages")
    if wanted is None:
        raise missing("messages")
    if not isinstance(wanted, list) or not wanted:
        raise invalid("messages", "Invalid 'messages': empty array. Expected an array with minimum length 1.")
    return [_message(message, n) for n, message in enumerate(wanted)]


def _message(message: object, n: int) -> Message:
    if not isinstance(message, dict) or message.get("role") not in _ROLES:
        role = message.get("role") if isinstance(message, dict) else None
        raise invalid(f"messages[{n}].role", f"Invalid value: '{role}'. Supported values are: {', '.join(_ROLES)}.")
    content = message.get("content")
    if isinstance(content, list):
        parts = [part.get("text", "") for part in content if isinstance(part, dict) and part.get("type") == "text"]
        content = " ".join(parts)
    if content is None and message["role"] == "assistant":
        content = ""
    if not isinstance(content, str):
        raise invalid(
            f"messages.[{n}].content", "Invalid value for 'content': expected a string, got null.", "invalid_type"
        )
    return Message(message["role"], content)


def _check_options(body: dict[str, Any], model: Model) -> None:
    for name in ("max_tokens", "max_completion_tokens"):
        value = body.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise invalid(name, f"Invalid value for '{name}': {value}. Expected a whole number above 0.")
    if not isinstance(body.get("stream_options") or {}, dict):
        raise invalid("stream_options", "Invalid type for 'stream_options': expected an object.", "invalid_type")
    if body.get("n") not in (None, 1):
        raise invalid("n", "The sandbox gives one choice only.", "unsupported_value")
    temperature = body.get("temperature", 1)
    if temperature is not None and not (isinstance(temperature, int | float) and 0 <= temperature <= 2):
        raise invalid("temperature", f"Invalid 'temperature': {temperature}. Expected a value between 0 and 2.")
    if not model.reasons:
        if "reasoning_effort" in body:
            raise invalid(
                "reasoning_effort", "Unrecognized request argument supplied: reasoning_effort", "unknown_parameter"
            )
        return
    if body.get("max_tokens") is not None:
        raise invalid(
            "max_tokens",
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
            "instead.",
            "unsupported_parameter",
        )
    if body.get("reasoning_effort") != "none" and temperature not in (None, 1):
        raise invalid(
            "temperature",
            f"Unsupported value: 'temperature' does not support {temperature} with this model. Only the default (1) "
            "value is supported.",
            "unsupported_value",
        )


def _tokens(text: str) -> list[str]:
    """Pieces about as long as a model's: a word with the space before it, long words in two, punctuation alone."""
    return re.findall(r"\s*\w{1,8}|\s*[^\w\s]|\s+$", text)


def _writing_s(tokens: int, latency: Latency) -> float:
    return tokens / latency.llm_tokens_per_s if latency.llm_tokens_per_s else 0.0


async def _wait(until: float) -> None:
    await asyncio.sleep(max(0.0, until - time.monotonic()))


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"
