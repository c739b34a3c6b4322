"""Every failure that the sandbox's OpenAI can be asked for, as the official SDK sees it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
import httpx2
import openai
import pytest

from sandbox.openai_api import openai_routes
from sandbox.openai_faults import Fault, FaultKind, Faults
from sandbox.speech import SpeechEngines
from tests.sandbox.openai_fixtures import API_KEY, SandboxServer, serving, wav

STAGES = ("stt", "llm", "tts")
CHAT: Any = [{"role": "user", "content": "My knee hurts today."}]


async def transcribe(client: openai.AsyncOpenAI) -> str:
    sound = wav(bytes(8000))
    answer: Any = await client.audio.transcriptions.create(file=("turn.wav", sound, "audio/wav"), model="whisper-1")
    return answer if isinstance(answer, str) else str(answer.text)


async def chat(client: openai.AsyncOpenAI) -> str:
    stream = await client.chat.completions.create(model="gpt-4o-mini", messages=CHAT, stream=True)
    return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])


async def speak(client: openai.AsyncOpenAI) -> bytes:
    pcm = b""
    async with client.audio.speech.with_streaming_response.create(
        model="gpt-4o-mini-tts", voice="pico-en-GB", input="Good morning to you.", response_format="pcm"
    ) as response:
        async for piece in response.iter_bytes():
            pcm += piece
    return pcm


ASK: Mapping[str, Callable[[openai.AsyncOpenAI], Awaitable[str | bytes]]] = {
    "stt": transcribe,
    "llm": chat,
    "tts": speak,
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("kind", [FaultKind.REFUSE, FaultKind.RESET])
async def test_a_broken_connection_is_a_connection_error(
    openai_server: SandboxServer, openai_client: openai.AsyncOpenAI, stage: str, kind: FaultKind
) -> None:
    openai_server.faults.arm(Fault(stage, kind, times=1))
    with pytest.raises(openai.APIConnectionError):
        await ASK[stage](openai_client)
    await ASK[stage](openai_client)


@pytest.mark.parametrize("stage", STAGES)
async def test_a_reset_in_the_middle_of_the_body_is_a_network_error(
    openai_server: SandboxServer, openai_client: openai.AsyncOpenAI, stage: str
) -> None:
    openai_server.faults.arm(Fault(stage, FaultKind.RESET, at="middle", times=1))
    with pytest.raises((openai.APIConnectionError, httpx2.HTTPError)):
        await ASK[stage](openai_client)
    await ASK[stage](openai_client)


async def test_what_came_before_a_reset_is_received(openai_server: SandboxServer) -> None:
    openai_server.faults.arm(Fault("tts", FaultKind.RESET, at="middle", times=1))
    received = bytearray()

    async def listen() -> None:
        async with (
            openai_server.client() as client,
            client.audio.speech.with_streaming_response.create(
                model="gpt-4o-mini-tts", voice="pico-en-GB", input="Good morning to you.", response_format="pcm"
            ) as response,
        ):
            async for piece in response.iter_bytes():
                received.extend(piece)

    with pytest.raises((openai.APIConnectionError, httpx2.HTTPError)):
        await listen()
    assert len(received) == 9600


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("at", ["start", "middle"])
async def test_a_stall_lasts_until_the_client_gives_up(openai_server: SandboxServer, stage: str, at: str) -> None:
    openai_server.faults.arm(Fault(stage, FaultKind.STALL, at=at, times=1))
    began = time.monotonic()
    async with openai_server.client(timeout_s=1.5) as client:
        with pytest.raises((openai.APITimeoutError, httpx2.TimeoutException)):
            await ASK[stage](client)
    assert 1.4 < time.monotonic() - began < 5


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    ("status", "error", "code", "kind"),
    [
        (401, openai.AuthenticationError, "invalid_api_key", "invalid_request_error"),
        (403, openai.PermissionDeniedError, None, "invalid_request_error"),
        (429, openai.RateLimitError, "rate_limit_exceeded", "requests"),
        (500, openai.InternalServerError, None, "server_error"),
        (503, openai.InternalServerError, "slow_down", "server_error"),
    ],
)
async def test_errors_come_as_the_service_words_them(
    openai_server: SandboxServer,
    openai_client: openai.AsyncOpenAI,
    stage: str,
    status: int,
    error: type[openai.APIStatusError],
    code: str | None,
    kind: str,
) -> None:
    openai_server.faults.arm(Fault(stage, FaultKind.ERROR, status=status, retry_after_s=2.5, times=1))
    with pytest.raises(error) as refused:
        await ASK[stage](openai_client)
    assert (refused.value.status_code, refused.value.code, refused.value.type) == (status, code, kind)
    assert refused.value.response.headers["retry-after"] == "2.5"
    assert refused.value.response.headers["retry-after-ms"] == "2500"
    assert refused.value.request_id is not None


@pytest.mark.parametrize("stage", STAGES)
async def test_an_empty_purse_is_told_from_a_crowd(
    openai_server: SandboxServer, openai_client: openai.AsyncOpenAI, stage: str
) -> None:
    openai_server.faults.arm(Fault(stage, FaultKind.INSUFFICIENT_QUOTA, times=1))
    with pytest.raises(openai.RateLimitError) as refused:
        await ASK[stage](openai_client)
    assert (refused.value.code, refused.value.type) == ("insufficient_quota", "insufficient_quota")


@pytest.mark.parametrize("stage", STAGES)
async def test_a_model_that_was_shut_down_is_not_found(
    openai_server: SandboxServer, openai_client: openai.AsyncOpenAI, stage: str
) -> None:
    openai_server.faults.arm(Fault(stage, FaultKind.MODEL_NOT_FOUND))
    for _ in range(2):
        with pytest.raises(openai.NotFoundError) as refused:
            await ASK[stage](openai_client)
        assert refused.value.code == "model_not_found"


@pytest.mark.parametrize("stage", STAGES)
async def test_an_empty_answer_is_a_success_with_nothing_in_it(
    openai_server: SandboxServer, openai_client: openai.AsyncOpenAI, stage: str
) -> None:
    openai_server.faults.arm(Fault(stage, FaultKind.EMPTY, times=1))
    assert not await ASK[stage](openai_client)


async def test_a_web_page_comes_with_status_200(
    openai_server: SandboxServer, openai_client: openai.AsyncOpenAI
) -> None:
    for stage in STAGES:
        openai_server.faults.arm(Fault(stage, FaultKind.HTML, times=1))
    assert "Bad gateway" in await transcribe(openai_client)
    assert await chat(openai_client) == ""
    assert b"Bad gateway" in await speak(openai_client)


async def test_garbage_is_no_json(openai_server: SandboxServer, openai_client: openai.AsyncOpenAI) -> None:
    for stage in STAGES:
        openai_server.faults.arm(Fault(stage, FaultKind.GARBAGE, times=1))
    with pytest.raises(ValueError):
        await transcribe(openai_client)
    with pytest.raises(ValueError):
        await chat(openai_client)
    assert len(await speak(openai_client)) % 2 == 1


async def test_an_error_inside_a_stream_ends_it(
    openai_server: SandboxServer, openai_client: openai.AsyncOpenAI
) -> None:
    openai_server.faults.arm(Fault("llm", FaultKind.ERROR_EVENT, times=1))
    said: list[str] = []
    stream = await openai_client.chat.completions.create(model="gpt-4o-mini", messages=CHAT, stream=True)

    async def listen() -> None:
        async for chunk in stream:
            said.append(chunk.choices[0].delta.content or "")

    with pytest.raises(openai.APIError, match="had an error while processing"):
        await listen()
    assert len("".join(said)) > 10


async def test_a_whole_chat_breaks_as_a_streamed_one_does(
    openai_server: SandboxServer, openai_client: openai.AsyncOpenAI
) -> None:
    openai_server.faults.arm(Fault("llm", FaultKind.GARBAGE, times=1))
    with pytest.raises((ValueError, openai.APIError)):
        await openai_client.chat.completions.create(model="gpt-4o-mini", messages=CHAT)
    openai_server.faults.arm(Fault("llm", FaultKind.RESET, at="middle", times=1))
    with pytest.raises((openai.APIConnectionError, httpx2.HTTPError)):
        await openai_client.chat.completions.create(model="gpt-4o-mini", messages=CHAT)


async def test_faults_and_latencies_are_set_over_http(engines: SpeechEngines) -> None:
    switches = TwilioSwitches()
    routes = openai_routes(engines, API_KEY, faults := Faults(), other_stages={"twilio": switches})
    async with serving(routes) as url, aiohttp.ClientSession() as session:
        wanted = {"stage": "stt", "status": 429, "retry_after_s": 2, "times": 3}
        async with session.post(f"{url}/sandbox/faults", json=wanted) as answer:
            (shown,) = (await answer.json())["faults"]
        assert (shown["kind"], shown["status"], shown["times"]) == ("error", 429, 3)
        async with SandboxServer(url, faults).client() as client:
            with pytest.raises(openai.RateLimitError):
                await transcribe(client)
        async with session.get(f"{url}/sandbox/faults") as answer:
            assert (await answer.json())["faults"][0]["times"] == 2

        async with session.post(f"{url}/sandbox/faults", json={"stage": "twilio", "start": False}) as answer:
            assert answer.status == 200
        assert switches.turned() == {"stage": "twilio", "start": False}

        async with session.delete(f"{url}/sandbox/faults", params={"stage": "llm"}) as answer:
            assert len((await answer.json())["faults"]) == 1
        assert switches.turned()
        async with session.delete(f"{url}/sandbox/faults") as answer:
            assert (await answer.json())["faults"] == []
        assert not switches.turned()

        async with session.post(f"{url}/sandbox/latency", json={"stt_base_ms": 700}) as answer:
            assert (await answer.json())["latency"]["stt_base_ms"] == 700
        async with session.get(f"{url}/sandbox/latency") as answer:
            assert (await answer.json())["latency"]["llm_tokens_per_s"] == 60


@pytest.mark.parametrize(
    ("path", "wanted", "says"),
    [
        ("faults", {"stage": "stt"}, "kind must be one of refuse, reset"),
        ("faults", {"stage": "stt", "kind": "earthquake"}, "kind must be one of"),
        ("faults", {"stage": "stt", "kind": ["stall"]}, "kind must be one of"),
        ("faults", {"stage": "video", "kind": "stall"}, "stage must be one of stt, llm, tts"),
        ("faults", {"kind": "stall"}, "stage must be one of"),
        ("faults", {"stage": "stt", "kind": "stall", "at": "end"}, "at must be start or middle"),
        ("faults", {"stage": "stt", "status": 200}, "status must be an error"),
        ("faults", {"stage": "stt", "kind": "stall", "times": 0}, "times must be a whole number above 0"),
        ("faults", {"stage": "stt", "kind": "stall", "probability": 2}, "probability must be a number from 0 to 1"),
        ("faults", {"stage": "stt", "kind": "stall", "probability": None}, "probability must be a number"),
        ("faults", {"stage": "stt", "kind": "stall", "retry_after_s": -1}, "retry_after_s must be a number"),
        ("faults", {"stage": "stt", "kind": "stall", "seed": "a"}, "seed must be a whole number"),
        ("faults", {"stage": "stt", "kind": "error", "code": 5}, "code must be text"),
        ("faults", {"stage": "stt", "kind": "stall", "colour": "red"}, "unknown: colour; known: "),
        ("faults", {"stage": "twilio", "start": 5}, "start: must be bool"),
        ("faults", [], "the body must be a JSON object"),
        ("latency", {"stt_base_ms": "slow"}, "stt_base_ms must be a number"),
        ("latency", {"stt_base_ms": True}, "stt_base_ms must be a number"),
        ("latency", {"stt": 5}, "unknown: stt; known: "),
    ],
)
async def test_a_wrong_wish_is_a_400_that_says_what_is_wrong(
    engines: SpeechEngines, path: str, wanted: object, says: str
) -> None:
    routes = openai_routes(engines, API_KEY, Faults(), other_stages={"twilio": TwilioSwitches()})
    async with (
        serving(routes) as url,
        aiohttp.ClientSession() as session,
        session.post(f"{url}/sandbox/{path}", json=wanted) as answer,
    ):
        assert answer.status == 400
        assert says in (await answer.json())["error"]


def test_a_fault_with_a_probability_is_drawn_in_the_same_sequence_each_time() -> None:
    def sequence(seed: int) -> list[bool]:
        faults = Faults()
        faults.arm(Fault("stt", FaultKind.STALL, probability=0.3, seed=seed))
        return [faults.draw("stt") is not None for _ in range(200)]

    assert sequence(1) == sequence(1) != sequence(2)
    assert 30 < sum(sequence(1)) < 90


def test_faults_of_one_stage_leave_the_others_alone() -> None:
    faults = Faults()
    faults.arm(Fault("stt", FaultKind.STALL))
    faults.arm(Fault("llm", FaultKind.EMPTY))
    assert faults.draw("tts") is None
    faults.disarm("stt")
    assert faults.draw("stt") is None
    assert [fault.stage for fault in faults.armed()] == ["llm"]


class TwilioSwitches:
    """The other half's switches."""

    def __init__(self) -> None:
        self._wanted: Mapping[str, Any] = {}

    def turned(self) -> Mapping[str, Any]:
        return self._wanted

    def set(self, wanted: Mapping[str, Any]) -> None:
        if not isinstance(wanted.get("start"), bool):
            raise ValueError("start: must be bool")
        self._wanted = wanted

    def clear(self) -> None:
        self._wanted = {}
