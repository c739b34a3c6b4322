"""Carries an armed fault out on a request: the ways in which an HTTP answer goes wrong on the wire."""

from __future__ import annotations

import asyncio
import json
import socket
import struct

from aiohttp import web

from sandbox.openai_faults import Fault, FaultKind
from sandbox.openai_wire import ApiError, common_headers, model_not_found

_LONGEST_STALL_S = 600.0
_PAGE = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad gateway</h1></body></html>\n"
_MIDDLE_BYTES = {"stt": 12, "llm": 500, "tts": 9600}


async def trouble_at_start(request: web.Request, fault: Fault, model: str) -> web.StreamResponse | None:
    """What happens instead of an answer; None if the fault comes later or changes the answer itself.

    Raises `ApiError` for faults that are errors of the API.
    """
    match fault.kind:
        case FaultKind.REFUSE:
            return _closed(request)
        case FaultKind.RESET if fault.at == "start":
            return _reset(request)
        case FaultKind.STALL if fault.at == "start":
            return await _stalled(request)
        case FaultKind.ERROR:
            raise _error(fault)
        case FaultKind.INSUFFICIENT_QUOTA:
            raise ApiError(
                429,
                "You exceeded your current quota, please check your plan and billing details.",
                kind="insufficient_quota",
                code="insufficient_quota",
            )
        case FaultKind.MODEL_NOT_FOUND:
            raise model_not_found(model)
        case FaultKind.HTML:
            return web.Response(text=_PAGE, content_type="text/html", headers=common_headers(request))
        case _:
            return None


class Body:
    """The body of an answer, written piece by piece; breaks where a fault wants it to.

    `write` raises `BrokenOffError` once nothing more can be sent, be it the fault or the client's doing.
    """

    def __init__(
        self,
        request: web.Request,
        fault: Fault | None,
        content_type: str,
        length: int | None = None,
        status: int = 200,
    ) -> None:
        self._request = request
        breaks = fault is not None and fault.at == "middle" and fault.kind in (FaultKind.RESET, FaultKind.STALL)
        self._fault = fault if breaks else None
        self._left = _MIDDLE_BYTES[fault.stage] if fault is not None and breaks else 0
        self._response = web.StreamResponse(
            status=status, headers={**common_headers(request), "Content-Type": content_type}
        )
        self._response.content_length = length

    async def start(self) -> None:
        """Send the head."""
        try:
            await self._response.prepare(self._request)
        except ConnectionError as error:
            raise BrokenOffError(self._response) from error

    async def write(self, data: bytes) -> None:
        if self._fault is not None:
            await self._send(data[: self._left])
            self._left -= len(data)
            if self._left <= 0:
                await self._break(self._fault)
        else:
            await self._send(data)

    async def end(self) -> web.StreamResponse:
        if self._fault is not None:
            await self._break(self._fault)
        try:
            await self._response.write_eof()
        except ConnectionError as error:
            raise BrokenOffError(self._response) from error
        return self._response

    async def _send(self, data: bytes) -> None:
        if not data:
            return
        try:
            await self._response.write(data)
        except ConnectionError as error:
            raise BrokenOffError(self._response) from error

    async def _break(self, fault: Fault) -> None:
        # What was written before must leave this machine before a reset destroys it.
        await asyncio.sleep(0.05)
        if fault.kind is FaultKind.RESET:
            _reset(self._request)
        else:
            await _stalled(self._request)
        raise BrokenOffError(self._response)


class BrokenOffError(Exception):
    """The answer cannot go on: the connection is gone. `response` is what was sent of it."""

    def __init__(self, response: web.StreamResponse) -> None:
        super().__init__("the connection is gone")
        self.response = response


def broken_chat_event() -> bytes:
    """A stream's event that is no JSON."""
    return b'data: {"id":"chatcmpl-broken","choices":[{"ind\n\n'


def chat_error_event() -> bytes:
    """An error in the middle of a stream."""
    error = {
        "message": "The server had an error while processing your request. Sorry about that!",
        "type": "server_error",
        "param": None,
        "code": None,
    }
    return b"data: " + json.dumps({"error": error}).encode() + b"\n\n"


def _error(fault: Fault) -> ApiError:
    headers = {}
    if fault.retry_after_s is not None:
        headers = {"retry-after": f"{fault.retry_after_s:g}", "retry-after-ms": f"{fault.retry_after_s * 1000:g}"}
    match fault.status:
        case 401:
            text, kind, code = (
                "Incorrect API key provided: sk-s********test.",
                "invalid_request_error",
                "invalid_api_key",
            )
        case 429:
            text, kind, code = (
                "Rate limit reached for requests. Please try again later.",
                "requests",
                "rate_limit_exceeded",
            )
            headers |= {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1s"}
        case 503:
            text, kind, code = (
                "The engine is currently overloaded, please try again later.",
                "server_error",
                "slow_down",
            )
        case status if status >= 500:
            text, kind, code = (
                "The server had an error while processing your request. Sorry about that!",
                "server_error",
                "",
            )
        case _:
            text, kind, code = "Your request was refused.", "invalid_request_error", ""
    return ApiError(fault.status, text, kind=kind, code=fault.code or code or None, headers=headers)


def _closed(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.close()
    return web.Response()


def _reset(request: web.Request) -> web.Response:
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        # A close with a linger time of zero sends RST instead of FIN.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return web.Response()


async def _stalled(request: web.Request) -> web.Response:
    """Until the client gives up (or, for a client without any time limit, for ten minutes)."""
    waited = 0.0
    while request.transport is not None and not request.transport.is_closing() and waited < _LONGEST_STALL_S:
        await asyncio.sleep(0.05)
        waited += 0.05
    return _closed(request)
