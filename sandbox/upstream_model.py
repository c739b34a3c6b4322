"""A real language model behind the sandbox: hands chat completions on to any OpenAI-compatible server as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web

from sandbox.openai_faults import Fault
from sandbox.openai_trouble import Body
from sandbox.openai_wire import ApiError

_CONNECT_S = 5.0
_SILENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class UpstreamModel:
    """Where the server is (`http://127.0.0.1:11434/v1`), its key, and the name of the model there (None: as asked)."""

    base_url: str
    api_key: str = "none"
    model: str | None = None

    async def answer(self, request: web.Request, body: dict[str, Any], fault: Fault | None) -> web.StreamResponse:
        """The server's own answer, whatever it is, as it comes. Raises a 503 `ApiError` if there is none."""
        asked = {**body, "model": self.model} if self.model else body
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S, sock_read=_SILENCE_S)
        url = f"{self.base_url.rstrip('/')}/chat/completions"
        headers = {"Authorization": f"Bearer {self.api_key}"}
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(url, json=asked, headers=headers) as answered,
            ):
                content_type = answered.headers.get("Content-Type", "application/json")
                relayed = Body(request, fault, content_type, status=answered.status)
                await relayed.start()
                async for piece in answered.content.iter_any():
                    await relayed.write(piece)
                return await relayed.end()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ApiError(
                503, f"The language model at {self.base_url} does not answer: {error}", kind="server_error"
            ) from error
