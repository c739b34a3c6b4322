"""The OpenAI providers, with the real SDK, against a small HTTP server that answers as told, also as none should."""

from __future__ import annotations

import asyncio
import io
import json
import wave
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, cast

import pytest
from pydantic import SecretStr

from voicebridge.providers import Message, ProviderError, Transcript
from voicebridge.providers.openai_http import (
    OpenAILanguageModel,
    OpenAISpeechToText,
    OpenAITextToSpeech,
    open_client,
    wav,
)
from voicebridge.settings import Endpoint

CHAT = [Message("system", "Be brief."), Message("user", "Hello")]
JSON = "application/json"
SSE = "text/event-stream"


class ToldServer:
    """An HTTP/1.1 server that sends exactly what it was told, to whatever is asked, and keeps the requests."""

    def __init__(self) -> None:
        self.head = ""
        self.pieces: list[bytes | float] = []
        self.break_off = False
        self.refuses: tuple[bytes, int] | None = None
        """A request with these bytes in it is answered with this status."""
        self.requests: list[bytes] = []
        self.left_early = asyncio.Event()
        self.port = 0

    def will_answer(
        self, status: int, content_type: str, *pieces: bytes | float, headers: str = "", break_off: bool = False
    ) -> None:
        """The answer to every request. A number among the pieces is a pause; `break_off` cuts the connection."""
        self.head = (
            f"HTTP/1.1 {status} Told\r\nContent-Type: {content_type}\r\n{headers}Transfer-Encoding: chunked\r\n\r\n"
        )
        self.pieces, self.break_off = list(pieces), break_off

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(x.split(b":")[1]) for x in head.split(b"\r\n") if x.lower().startswith(b"content-length"))
            self.requests.append(head + await reader.readexactly(length))
            if self.refuses and self.refuses[0] in self.requests[-1]:
                body = b'{"error":{"message":"no","type":"invalid_request_error","code":null}}'
                no = f"HTTP/1.1 {self.refuses[1]} Told\r\nContent-Type: {JSON}\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(no.encode() + body)
                return
            writer.write(self.head.encode())
            for piece in self.pieces:
                if isinstance(piece, float):
                    if await self._hung_up(reader, piece):
                        return
                elif piece:
                    writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                    await writer.drain()
            if not self.break_off:
                writer.write(b"0\r\n\r\n")
                await writer.drain()
        finally:
            writer.close()

    async def _hung_up(self, reader: asyncio.StreamReader, within_s: float) -> bool:
        try:
            async with asyncio.timeout(within_s):
                await reader.read(1)
        except TimeoutError:
            return False
        self.left_early.set()
        return True


@pytest.fixture
async def server() -> AsyncIterator[ToldServer]:
    told = ToldServer()
    listening = await asyncio.start_server(told.serve, "127.0.0.1", 0)
    told.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield told


@pytest.fixture
async def client(server: ToldServer) -> AsyncIterator[Any]:
    opened = open_client(Endpoint(f"http://127.0.0.1:{server.port}/v1", SecretStr("key"), "model"))
    yield opened
    await opened.close()


def chunk(content: str | None = None, finish: str | None = None, **delta: str) -> bytes:
    body = {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "delta": {"content": content, **delta}, "finish_reason": finish}],
    }
    return b"data: " + json.dumps(body).encode() + b"\n\n"


USAGE = b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":null}\n\n'
DONE = b"data: [DONE]\n\n"


async def thoughts(client: Any) -> list[str]:
    return [piece async for piece in OpenAILanguageModel(client, "gpt-4o-mini").stream(CHAT)]


async def speech(client: Any, model: str = "gpt-4o-mini-tts") -> list[bytes]:
    return [piece async for piece in OpenAITextToSpeech(client, model, "coral", "warmly").speak("Hello.")]


# --- speech to text


async def test_an_utterance_is_sent_as_a_wav_file_and_comes_back_as_text(server: ToldServer, client: Any) -> None:
    server.will_answer(200, JSON, b'{"text":" Good morning. ","usage":{"type":"duration","seconds":1}}')
    assert await OpenAISpeechToText(client, "whisper-1", "en").transcribe(b"\x01\x02" * 800) == Transcript(
        "Good morning."
    )
    assert b"whisper-1" in server.requests[0]
    assert wav(b"\x01\x02" * 800) in server.requests[0]


def test_the_wav_file_is_8_khz_16_bit_mono() -> None:
    with wave.open(io.BytesIO(wav(b"\x01\x02" * 800))) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (8000, 2, 1)
        assert file.readframes(10_000) == b"\x01\x02" * 800


async def test_no_words_are_no_failure(server: ToldServer, client: Any) -> None:
    server.will_answer(200, JSON, b'{"text":""}')
    assert await OpenAISpeechToText(client, "whisper-1", "en").transcribe(b"\0\0" * 800) == Transcript("")


async def test_audio_that_is_too_short_holds_no_words(server: ToldServer, client: Any) -> None:
    server.will_answer(400, JSON, b'{"error":{"message":"too short","type":"x","code":"audio_too_short"}}')
    assert await OpenAISpeechToText(client, "whisper-1", "en").transcribe(b"\0\0") == Transcript("")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/html", b"<html>Sign in</html>"),
        (JSON, b'{"error":{"message":"overloaded"}}'),
        (JSON, b"{broken"),
        (JSON, b""),
        (JSON, b'{"text":7}'),
        (JSON, b"[]"),
    ],
)
async def test_a_page_or_an_error_under_status_200_is_a_failure(
    server: ToldServer, client: Any, content_type: str, body: bytes
) -> None:
    server.will_answer(200, content_type, body)
    with pytest.raises(ProviderError, match="garbage"):
        await OpenAISpeechToText(client, "whisper-1", "en").transcribe(b"\0\0" * 800)


def segment(text: str, no_speech_prob: Any, avg_logprob: float) -> dict[str, Any]:
    return {"id": 0, "text": text, "no_speech_prob": no_speech_prob, "avg_logprob": avg_logprob}


async def test_whisper_tells_how_sure_it_is_and_its_words_weigh_more_than_its_breaths(
    server: ToldServer, client: Any
) -> None:
    segments = [segment(" I went to the shops.", 0.02, -0.1), segment(" Oh.", 0.72, -1.1)]
    server.will_answer(200, JSON, json.dumps({"text": "I went to the shops. Oh.", "segments": segments}).encode())
    heard = await OpenAISpeechToText(client, "whisper-1", "en").transcribe(b"\0\0" * 800)
    assert b"verbose_json" in server.requests[0]
    assert heard.text == "I went to the shops. Oh."
    assert heard.no_speech_prob == pytest.approx((20 * 0.02 + 3 * 0.72) / 23)
    assert heard.avg_logprob == pytest.approx((20 * -0.1 + 3 * -1.1) / 23)


@pytest.mark.parametrize(
    "segments",
    [[], None, "none", [segment("", 0.9, -1.0)], [segment("Oh.", None, -0.2)], [{"text": "Oh."}], ["Oh."]],
)
async def test_evidence_that_is_not_there_is_not_made_up(server: ToldServer, client: Any, segments: Any) -> None:
    server.will_answer(200, JSON, json.dumps({"text": "Oh.", "segments": segments}).encode())
    heard = await OpenAISpeechToText(client, "whisper-1", "en").transcribe(b"\0\0" * 800)
    assert (heard.text, heard.no_speech_prob) == ("Oh.", None)


async def test_newer_models_tell_how_sure_they_are_of_each_token(server: ToldServer, client: Any) -> None:
    tokens = [{"token": "Oh", "bytes": [79, 104], "logprob": -0.1}, {"token": ".", "bytes": [46], "logprob": -0.5}]
    server.will_answer(200, JSON, json.dumps({"text": "Oh.", "logprobs": tokens}).encode())
    heard = await OpenAISpeechToText(client, "gpt-4o-mini-transcribe", "en").transcribe(b"\0\0" * 800)
    assert b"logprobs" in server.requests[0]
    assert heard.avg_logprob == pytest.approx(-0.3)
    assert heard.no_speech_prob is None


@pytest.mark.parametrize("model", ["gpt-transcribe", "gpt-4o-transcribe-diarize", "parakeet-v3"])
async def test_models_that_know_no_evidence_are_asked_for_the_words_alone(
    server: ToldServer, client: Any, model: str
) -> None:
    server.will_answer(200, JSON, b'{"text":"Oh."}')
    assert await OpenAISpeechToText(client, model, "en").transcribe(b"\0\0" * 800) == Transcript("Oh.")
    assert b"logprobs" not in server.requests[0]
    assert b"verbose_json" not in server.requests[0]


@pytest.mark.parametrize(
    ("model", "refused", "status"),
    [("whisper-1", b"verbose_json", 400), ("whisper-1", b"verbose_json", 422), ("gpt-4o-transcribe", b"include", 400)],
)
async def test_a_server_that_refuses_to_tell_is_asked_for_the_words_alone_from_then_on(
    server: ToldServer, client: Any, model: str, refused: bytes, status: int
) -> None:
    server.will_answer(200, JSON, b'{"text":"Oh."}')
    server.refuses = (refused, status)
    ears = OpenAISpeechToText(client, model, "en")
    assert await ears.transcribe(b"\0\0" * 800) == Transcript("Oh.")
    assert await ears.transcribe(b"\0\0" * 800) == Transcript("Oh.")
    assert [refused in request for request in server.requests] == [True, False, False]


async def test_a_request_that_is_refused_either_way_is_a_failure(server: ToldServer, client: Any) -> None:
    server.refuses = (b"turn.wav", 400)
    ears = OpenAISpeechToText(client, "whisper-1", "en")
    for _ in range(2):
        with pytest.raises(ProviderError, match="http_400"):
            await ears.transcribe(b"\0\0" * 800)
    assert [b"verbose_json" in request for request in server.requests] == [True, False] * 2


# --- the language model


async def test_thoughts_come_in_pieces_and_the_usage_chunk_says_nothing(server: ToldServer, client: Any) -> None:
    server.will_answer(200, SSE, chunk(""), chunk("Hel"), chunk("lo."), chunk(finish="stop"), USAGE, DONE)
    assert await thoughts(client) == ["Hel", "lo."]
    asked = json.loads(server.requests[0].split(b"\r\n\r\n", 1)[1])
    assert asked["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
    assert asked["stream"] is True


async def test_a_reasoning_model_can_be_told_not_to(server: ToldServer, client: Any) -> None:
    server.will_answer(200, SSE, chunk("Yes."), DONE)
    model = OpenAILanguageModel(client, "gpt-6-luna", "none")
    assert [piece async for piece in model.stream(CHAT)] == ["Yes."]
    assert json.loads(server.requests[0].split(b"\r\n\r\n", 1)[1])["reasoning_effort"] == "none"


async def test_a_refusal_is_spoken(server: ToldServer, client: Any) -> None:
    server.will_answer(200, SSE, chunk(None, refusal="I cannot help with that."), DONE)
    assert await thoughts(client) == ["I cannot help with that."]


@pytest.mark.parametrize(
    ("content_type", "body", "problem"),
    [
        (SSE, chunk(finish="content_filter") + DONE, "content_filter"),
        (SSE, chunk("") + chunk(finish="stop") + USAGE + DONE, "empty"),
        (SSE, DONE, "empty"),
        (SSE, b"", "empty"),
        ("text/html", b"<html>Sign in</html>", "empty"),
        (JSON, b'{"error":{"message":"overloaded"}}', "empty"),
        (SSE, b'data: {"error":{"message":"overloaded","type":"server_error"}}\n\n', "stream_error"),
        (SSE, b"data: {broken\n\n", "garbage"),
        (SSE, b'data: {"choices":[{"index":0,"delta":null}]}\n\n', "garbage"),
        (SSE, b'data: {"choices":[{"index":0}]}\n\n', "garbage"),
        (SSE, b'data: ["not", "a", "chunk"]\n\n', "garbage"),
    ],
)
async def test_no_thought_is_a_failure(
    server: ToldServer, client: Any, content_type: str, body: bytes, problem: str
) -> None:
    server.will_answer(200, content_type, body)
    with pytest.raises(ProviderError, match=problem):
        await thoughts(client)


async def test_a_stream_cut_in_the_middle_is_a_failure_after_what_came(server: ToldServer, client: Any) -> None:
    server.will_answer(200, SSE, chunk("Hello."), break_off=True)
    pieces = OpenAILanguageModel(client, "m").stream(CHAT)
    assert await anext(pieces) == "Hello."
    with pytest.raises(ProviderError, match="connection"):
        await anext(pieces)


async def test_leaving_the_stream_ends_the_request(server: ToldServer, client: Any) -> None:
    server.will_answer(200, SSE, chunk("Hello."), 5.0, chunk("there"), DONE)
    async with aclosing(cast(Any, OpenAILanguageModel(client, "m").stream(CHAT))) as pieces:
        assert await anext(pieces) == "Hello."
    async with asyncio.timeout(2.0):
        await server.left_early.wait()


async def test_a_whole_answer_for_summaries(server: ToldServer, client: Any) -> None:
    body = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
    choice = {"index": 0, "message": {"role": "assistant", "content": "They spoke of tea."}, "finish_reason": "stop"}
    server.will_answer(200, JSON, json.dumps(body | {"choices": [choice]}).encode())
    assert await OpenAILanguageModel(client, "m").complete(CHAT, max_tokens=50) == "They spoke of tea."
    server.will_answer(200, JSON, json.dumps(body | {"choices": []}).encode())
    with pytest.raises(ProviderError, match="empty"):
        await OpenAILanguageModel(client, "m").complete(CHAT, max_tokens=50)
    server.will_answer(200, "text/html", b"<html></html>")
    with pytest.raises(ProviderError, match="empty"):
        await OpenAILanguageModel(client, "m").complete(CHAT, max_tokens=50)
    for choices in ([{"index": 0, "message": None}], {"0": "a table"}):
        server.will_answer(200, JSON, json.dumps(body | {"choices": choices}).encode())
        with pytest.raises(ProviderError, match="garbage"):
            await OpenAILanguageModel(client, "m").complete(CHAT, max_tokens=50)


# --- text to speech


async def test_audio_cut_anywhere_arrives_in_whole_samples(server: ToldServer, client: Any) -> None:
    audio = bytes(range(256)) * 40
    server.will_answer(200, "audio/pcm", audio[:1], audio[1:4], 0.05, audio[4:4099], 0.05, audio[4099:])
    pieces = await speech(client)
    assert b"".join(pieces) == audio
    assert all(len(piece) % 2 == 0 for piece in pieces)


async def test_a_last_half_sample_is_left_out(server: ToldServer, client: Any) -> None:
    server.will_answer(200, "audio/pcm", b"\1\2\3")
    assert await speech(client) == [b"\1\2"]


@pytest.mark.parametrize(("model", "told"), [("gpt-4o-mini-tts", True), ("tts-1", False), ("tts-1-hd", False)])
async def test_only_models_that_take_instructions_get_them(
    server: ToldServer, client: Any, model: str, told: bool
) -> None:
    server.will_answer(200, "audio/pcm", b"\1\2")
    await speech(client, model)
    asked = json.loads(server.requests[0].split(b"\r\n\r\n", 1)[1])
    assert (asked.get("instructions") == "warmly") is told
    assert asked["response_format"] == "pcm"


@pytest.mark.parametrize(
    ("content_type", "body", "problem", "permanent"),
    [
        ("audio/pcm", b"", "empty", False),
        ("audio/pcm", b"\1", "empty", False),
        ("text/html", b"<html>Sign in</html>", "garbage", False),
        (JSON, b'{"error":{"message":"overloaded"}}', "garbage", False),
        ("audio/mpeg", b"ID3", "not_pcm", True),
    ],
)
async def test_what_is_no_speech_is_never_played(
    server: ToldServer, client: Any, content_type: str, body: bytes, problem: str, permanent: bool
) -> None:
    server.will_answer(200, content_type, body)
    with pytest.raises(ProviderError, match=problem) as raised:
        await speech(client)
    assert raised.value.permanent is permanent


async def test_audio_cut_in_the_middle_is_a_failure(server: ToldServer, client: Any) -> None:
    server.will_answer(200, "audio/pcm", b"\1\2" * 4096, break_off=True)
    with pytest.raises(ProviderError, match="connection"):
        await speech(client)


# --- refusals


def refusal(code: str | None) -> bytes:
    return json.dumps({"error": {"message": "no", "type": "x", "param": None, "code": code}}).encode()


@pytest.mark.parametrize(
    ("status", "code", "headers", "problem", "permanent", "retry_after_s"),
    [
        (429, "rate_limit_exceeded", "retry-after: 20\r\n", "rate_limited", False, 20.0),
        (429, None, "retry-after-ms: 1500\r\nretry-after: 2\r\n", "rate_limited", False, 1.5),
        (429, None, "retry-after: Wed, 21 Oct 2026 07:28:00 GMT\r\n", "rate_limited", False, None),
        (429, "insufficient_quota", "", "insufficient_quota", True, None),
        (401, "invalid_api_key", "", "invalid_api_key", True, None),
        (403, None, "", "not_authorized", True, None),
        (404, "model_not_found", "", "model_not_found", True, None),
        (400, None, "", "http_400", True, None),
        (409, None, "", "conflict", False, None),
        (500, None, "", "server_error", False, None),
        (503, None, "retry-after: 1\r\n", "server_error", False, 1.0),
    ],
)
async def test_a_refusal_says_whether_trying_again_can_help(
    server: ToldServer,
    client: Any,
    status: int,
    code: str | None,
    headers: str,
    problem: str,
    permanent: bool,
    retry_after_s: float | None,
) -> None:
    server.will_answer(status, JSON, refusal(code), headers=headers)
    for request in (thoughts(client), speech(client), OpenAISpeechToText(client, "m", "en").transcribe(b"\0\0" * 800)):
        with pytest.raises(ProviderError) as raised:
            await request
        error = raised.value
        assert (error.problem, error.permanent, error.retry_after_s) == (problem, permanent, retry_after_s)
    assert len(server.requests) == 3, "the SDK's own retries are off"


async def test_a_server_that_is_not_there_is_a_connection_problem() -> None:
    client = open_client(Endpoint("http://127.0.0.1:9/v1", SecretStr("key"), "model"))
    with pytest.raises(ProviderError, match="connection"):
        await thoughts(client)
    await client.close()
