"""The sandbox's OpenAI, asked by the official SDK over a real socket, with real engines behind it."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import numpy as np
import openai
import pytest
import pytest_asyncio
from aiohttp import web

from sandbox.openai_api import openai_routes
from sandbox.openai_faults import Faults, Latency
from sandbox.speech import EnginesBusyError, Heard, SpeechEngines
from tests.sandbox.openai_fixtures import API_KEY, SandboxServer, over_the_telephone, serving, wav, word_errors

SENTENCE = "My daughter Anna is coming on Thursday afternoon."
CHAT: Any = [
    {"role": "system", "content": "You are a kind companion."},
    {"role": "user", "content": "My knee hurts today."},
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def spoken(engines: SpeechEngines) -> bytes:
    """The sentence, as it comes over a telephone line."""
    return over_the_telephone(await engines.say(SENTENCE, "pico-en-GB", sample_rate_hz=8000))


# --- transcriptions


@pytest.mark.parametrize("model", ["whisper-1", "gpt-4o-mini-transcribe", "gpt-transcribe"])
async def test_a_turn_is_transcribed_by_old_and_new_models(
    openai_client: openai.AsyncOpenAI, spoken: bytes, model: str
) -> None:
    answer = await openai_client.audio.transcriptions.create(
        file=("turn.wav", wav(spoken), "audio/wav"), model=model, language="en"
    )
    assert word_errors(SENTENCE, answer.text) == 0
    assert answer.usage is not None
    assert answer.usage.type == ("duration" if model == "whisper-1" else "tokens")


async def test_verbose_json_tells_how_sure_the_model_is(openai_client: openai.AsyncOpenAI, spoken: bytes) -> None:
    answer = await openai_client.audio.transcriptions.create(
        file=("turn.wav", wav(spoken), "audio/wav"), model="whisper-1", response_format="verbose_json"
    )
    assert answer.duration == pytest.approx(len(spoken) / 16_000, abs=0.01)
    assert answer.segments is not None
    (segment,) = answer.segments
    assert segment.no_speech_prob < 0.5
    assert -0.9 < segment.avg_logprob < 0
    assert word_errors(SENTENCE, segment.text) == 0


async def test_verbose_json_has_no_segment_where_nobody_spoke(openai_client: openai.AsyncOpenAI) -> None:
    answer = await openai_client.audio.transcriptions.create(
        file=("turn.wav", wav(bytes(16_000)), "audio/wav"), model="whisper-1", response_format="verbose_json"
    )
    assert (answer.text, answer.segments) == ("", [])


async def test_newer_models_tell_how_sure_they_are_of_each_word(
    openai_client: openai.AsyncOpenAI, spoken: bytes
) -> None:
    answer = await openai_client.audio.transcriptions.create(
        file=("turn.wav", wav(spoken), "audio/wav"), model="gpt-4o-mini-transcribe", include=["logprobs"]
    )
    assert answer.logprobs is not None
    assert "".join(one.token or "" for one in answer.logprobs).strip() == answer.text
    assert all(-0.9 < (one.logprob or 0) < 0 for one in answer.logprobs)


@pytest.mark.parametrize("model", ["whisper-1", "gpt-transcribe", "gpt-4o-transcribe-diarize"])
async def test_logprobs_are_not_every_models(openai_client: openai.AsyncOpenAI, model: str) -> None:
    with pytest.raises(openai.BadRequestError, match="'include' is supported for"):
        await openai_client.audio.transcriptions.create(
            file=("turn.wav", wav(bytes(3200)), "audio/wav"), model=model, include=["logprobs"]
        )


async def test_text_and_subtitles_are_plain_text(openai_client: openai.AsyncOpenAI, spoken: bytes) -> None:
    texts = {}
    form: Any
    for form in ("text", "srt", "vtt"):
        texts[form] = str(
            await openai_client.audio.transcriptions.create(
                file=("turn.wav", wav(spoken), "audio/wav"), model="whisper-1", response_format=form
            )
        )
    assert word_errors(SENTENCE, texts["text"]) == 0
    assert texts["srt"].startswith("1\n00:00:00,000 --> 00:00:0")
    assert texts["vtt"].startswith("WEBVTT\n\n00:00:00.000 --> ")


async def test_a_transcription_is_streamed_by_models_that_can(openai_client: openai.AsyncOpenAI, spoken: bytes) -> None:
    stream = await openai_client.audio.transcriptions.create(
        file=("turn.wav", wav(spoken), "audio/wav"), model="gpt-4o-mini-transcribe", stream=True
    )
    events: list[Any] = [event async for event in stream]
    assert "".join(event.delta for event in events[:-1]) == events[-1].text
    assert word_errors(SENTENCE, events[-1].text) == 0


async def test_whisper_1_ignores_the_wish_for_a_stream(openai_server: SandboxServer, spoken: bytes) -> None:
    form = aiohttp.FormData({"model": "whisper-1", "stream": "true"})
    form.add_field("file", wav(spoken), filename="turn.wav", content_type="audio/wav")
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {API_KEY}"}) as session,
        session.post(f"{openai_server.url}/v1/audio/transcriptions", data=form) as answer,
    ):
        assert word_errors(SENTENCE, (await answer.json())["text"]) == 0


async def test_wav_files_of_any_rate_and_width_are_read(
    openai_client: openai.AsyncOpenAI, engines: SpeechEngines
) -> None:
    samples = np.frombuffer(await engines.say(SENTENCE, "pico-en-GB", sample_rate_hz=48_000), "<i2")
    stereo = np.repeat(samples, 2).tobytes()
    answer = await openai_client.audio.transcriptions.create(
        file=("turn.wav", wav(stereo, 48_000, channels=2), "audio/wav"), model="whisper-1"
    )
    assert word_errors(SENTENCE, answer.text) == 0


async def test_silence_is_no_words(openai_client: openai.AsyncOpenAI) -> None:
    answer = await openai_client.audio.transcriptions.create(
        file=("turn.wav", wav(bytes(16_000)), "audio/wav"), model="whisper-1"
    )
    assert answer.text == ""


async def test_a_recording_larger_than_a_megabyte_is_taken(openai_client: openai.AsyncOpenAI, spoken: bytes) -> None:
    long = spoken + bytes(1_200_000 - len(spoken))
    answer = await openai_client.audio.transcriptions.create(
        file=("turn.wav", wav(long), "audio/wav"), model="whisper-1"
    )
    assert SENTENCE.split()[1] in answer.text


@pytest.mark.parametrize(
    ("name", "data", "options", "param", "code", "says"),
    [
        ("turn.wav", wav(bytes(1500)), {}, "file", "audio_too_short", "Minimum audio length is 0.1 seconds"),
        ("turn.wav", b"RIFFxxxxWAVEjunk", {}, "file", "invalid_value", "might be corrupted"),
        ("turn.wav", b"", {}, "file", "invalid_value", "might be corrupted"),
        ("turn.txt", b"hello", {}, "file", "invalid_value", "Invalid file format"),
        ("turn.mp3", b"hello", {}, "file", "unsupported_value", "wav files only"),
        ("turn.wav", wav(bytes(3200)), {"response_format": "yaml"}, "response_format", "invalid_value", "'yaml'"),
        ("turn.wav", wav(bytes(3200)), {"language": "de"}, "language", "unsupported_value", "English only"),
    ],
)
async def test_wrong_recordings_and_options_are_refused(
    openai_client: openai.AsyncOpenAI, name: str, data: bytes, options: dict[str, str], param: str, code: str, says: str
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        await openai_client.audio.transcriptions.create(
            file=(name, data, "audio/wav"), model="whisper-1", extra_body=options
        )
    assert (refused.value.param, refused.value.code, refused.value.type) == (param, code, "invalid_request_error")
    assert says in refused.value.message


async def test_verbose_json_is_whisper_1s_alone(openai_client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="not compatible with model 'gpt-4o-mini-transcribe'"):
        await openai_client.audio.transcriptions.create(
            file=("turn.wav", wav(bytes(3200)), "audio/wav"),
            model="gpt-4o-mini-transcribe",
            response_format="verbose_json",
        )


async def test_a_file_that_is_too_large_is_refused(openai_client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.APIStatusError) as refused:
        await openai_client.audio.transcriptions.create(
            file=("turn.wav", wav(bytes(26 * 1024 * 1024)), "audio/wav"), model="whisper-1"
        )
    assert refused.value.status_code == 413


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data", "multipart/form-data; boundary=x"])
async def test_a_form_that_is_none_is_a_400(openai_server: SandboxServer, content_type: str) -> None:
    headers = {"Authorization": f"Bearer {API_KEY}", "Content-Type": content_type}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{openai_server.url}/v1/audio/transcriptions", data=b"junk") as answer,
    ):
        assert answer.status == 400
        assert (await answer.json())["error"]["type"] == "invalid_request_error"


class HardOfHearing(SpeechEngines):
    """Needs for ever to understand anything, and notices when it is told to stop."""

    def __init__(self) -> None:
        super().__init__()
        self.listening, self.given_up = asyncio.Event(), asyncio.Event()

    async def hear(self, pcm16_8k: bytes, sample_rate_hz: int = 8000) -> Heard:
        self.listening.set()
        try:
            return await asyncio.Future()
        except asyncio.CancelledError:
            self.given_up.set()
            raise


async def test_work_for_a_client_who_has_gone_is_dropped() -> None:
    ears = HardOfHearing()
    async with serving(openai_routes(ears, API_KEY, Faults())) as url:
        server = SandboxServer(url, Faults())
        async with server.client() as client:
            asking = asyncio.create_task(
                client.audio.transcriptions.create(
                    file=("turn.wav", wav(bytes(16_000)), "audio/wav"), model="whisper-1"
                )
            )
            await ears.listening.wait()
            asking.cancel()
            async with asyncio.timeout(5):
                await ears.given_up.wait()


# --- chat


@pytest.mark.parametrize("model", ["gpt-4o-mini", "gpt-6-luna"])
async def test_a_chat_is_answered_whole(openai_client: openai.AsyncOpenAI, model: str) -> None:
    answer = await openai_client.chat.completions.create(model=model, messages=CHAT)
    assert answer.choices[0].finish_reason == "stop"
    text = answer.choices[0].message.content or ""
    assert "sorry" in text
    assert text.count("?") == 1
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


async def test_a_chat_is_streamed_with_role_pieces_finish_and_usage(openai_client: openai.AsyncOpenAI) -> None:
    stream = await openai_client.chat.completions.create(
        model="gpt-4o-mini", messages=CHAT, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    first, *pieces, last, usage = chunks
    assert (first.choices[0].delta.role, first.choices[0].delta.content) == ("assistant", "")
    assert last.choices[0].finish_reason == "stop"
    assert usage.choices == []
    assert usage.usage is not None
    assert usage.usage.completion_tokens == len(pieces) > 5
    assert {chunk.model for chunk in chunks} == {"gpt-4o-mini-2024-07-18"}
    whole = await openai_client.chat.completions.create(model="gpt-4o-mini", messages=CHAT)
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == whole.choices[0].message.content


async def test_a_stream_is_server_sent_events_with_an_end(openai_server: SandboxServer) -> None:
    asked = {"model": "gpt-4o-mini", "messages": CHAT, "stream": True, "stream_options": {"include_obfuscation": False}}
    status, headers, body = await post(openai_server, "/v1/chat/completions", asked)
    assert status == 200
    assert headers["Content-Type"].startswith("text/event-stream")
    events = body.decode().split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    chunks = [json.loads(event.removeprefix("data: ")) for event in events[:-2]]
    assert all("obfuscation" not in chunk and "usage" not in chunk for chunk in chunks)


async def test_an_answer_stops_at_the_token_limit(openai_client: openai.AsyncOpenAI) -> None:
    answer = await openai_client.chat.completions.create(model="gpt-4o-mini", messages=CHAT, max_completion_tokens=3)
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 3


async def test_content_in_parts_is_read(openai_client: openai.AsyncOpenAI) -> None:
    parts: Any = [{"role": "user", "content": [{"type": "text", "text": "Goodbye, dear."}]}]
    answer = await openai_client.chat.completions.create(model="gpt-4o-mini", messages=parts)
    assert "goodbye" in (answer.choices[0].message.content or "")


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "king", "content": "Hello"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": None}]}, "messages.[0].content"),
        ({"messages": ["hello"]}, "messages[0].role"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_completion_tokens": "many"}, "max_completion_tokens"),
        ({"n": 2}, "n"),
        ({"stream": True, "stream_options": "usage"}, "stream_options"),
        ({"temperature": 3}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"reasoning_effort": "none"}, "reasoning_effort"),
        ({"model": "gpt-6-luna", "max_tokens": 100}, "max_tokens"),
        ({"model": "gpt-6-luna", "temperature": 0.2}, "temperature"),
        ({"model": None}, None),
    ],
)
async def test_wrong_chats_are_refused(
    openai_server: SandboxServer, options: dict[str, object], param: str | None
) -> None:
    asked = {"model": "gpt-4o-mini", "messages": CHAT, **options}
    status, _, body = await post(openai_server, "/v1/chat/completions", asked)
    assert status == 400
    assert json.loads(body)["error"]["param"] == param


async def test_a_reasoning_model_that_does_not_reason_takes_a_temperature(openai_client: openai.AsyncOpenAI) -> None:
    answer = await openai_client.chat.completions.create(
        model="gpt-6-luna", messages=CHAT, reasoning_effort="none", temperature=0.2, max_completion_tokens=100
    )
    assert answer.choices[0].message.content


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b""])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/audio/speech"])
async def test_a_body_that_is_no_json_object_is_a_400(openai_server: SandboxServer, path: str, body: bytes) -> None:
    status, _, answer = await post(openai_server, path, body)
    assert status == 400
    assert "could not parse the JSON body" in json.loads(answer)["error"]["message"]


async def test_chats_are_handed_on_to_another_server(engines: SpeechEngines) -> None:
    asked: list[tuple[str | None, dict[str, object]]] = []

    async def model(request: web.Request) -> web.StreamResponse:
        asked.append((request.headers.get("Authorization"), await request.json()))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for text in ("Hel", "lo."):
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "local"}
            chunk["choices"] = [{"index": 0, "delta": {"content": text}, "finish_reason": None}]
            await response.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
        await response.write(b"data: [DONE]\n\n")
        return response

    async with serving([web.post("/v1/chat/completions", model)]) as upstream:
        routes = openai_routes(engines, API_KEY, Faults(), f"{upstream}/v1", "local-key", "local-model")
        async with serving(routes) as url, SandboxServer(url, Faults()).client() as client:
            stream = await client.chat.completions.create(model="gpt-4o-mini", messages=CHAT, stream=True)
            text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
    assert text == "Hello."
    ((key, body),) = asked
    assert key == "Bearer local-key"
    assert (body["model"], body["messages"]) == ("local-model", CHAT)


async def test_another_server_that_is_not_there_is_a_503(engines: SpeechEngines, free_port: int) -> None:
    routes = openai_routes(engines, API_KEY, Faults(), f"http://127.0.0.1:{free_port}/v1")
    async with serving(routes) as url, SandboxServer(url, Faults()).client() as client:
        with pytest.raises(openai.InternalServerError, match="does not answer"):
            await client.chat.completions.create(model="gpt-4o-mini", messages=CHAT)


# --- speech


async def test_a_sentence_is_spoken_as_24_khz_pcm(openai_client: openai.AsyncOpenAI, engines: SpeechEngines) -> None:
    pcm = b""
    async with openai_client.audio.speech.with_streaming_response.create(
        model="gpt-4o-mini-tts", voice="coral", input=f"Good morning. {SENTENCE}", response_format="pcm"
    ) as response:
        assert response.headers["content-type"] == "audio/pcm"
        assert response.headers["transfer-encoding"] == "chunked"
        async for piece in response.iter_bytes():
            pcm += piece
    heard = await engines.hear(pcm, 24_000)
    assert word_errors(f"Good morning. {SENTENCE}", heard.text) <= 1


async def test_the_first_sentence_is_on_its_way_before_the_last_is_spoken(openai_client: openai.AsyncOpenAI) -> None:
    # Different ones: what was spoken already is not spoken anew.
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
    story = " ".join(f"My daughter Anna is coming on {day} afternoon." for day in days)
    began = time.monotonic()
    async with openai_client.audio.speech.with_streaming_response.create(
        model="gpt-4o-mini-tts", voice="coral", input=story, response_format="pcm"
    ) as response:
        pieces = response.iter_bytes()
        await anext(aiter(pieces))
        first = time.monotonic() - began
        async for _ in pieces:
            pass
    assert first < 0.5 * (time.monotonic() - began)


async def test_a_wav_is_a_wav_of_unknown_length(openai_client: openai.AsyncOpenAI) -> None:
    answer = await openai_client.audio.speech.create(
        model="tts-1", voice="alloy", input="Good morning.", response_format="wav"
    )
    data = await answer.aread()
    assert data[:16] == b"RIFF\xff\xff\xff\xffWAVEfmt "
    assert data[40:44] == b"\xff\xff\xff\xff"
    assert len(data) > 24_000


async def test_speech_comes_as_events_too(openai_server: SandboxServer, engines: SpeechEngines) -> None:
    asked = {"model": "gpt-4o-mini-tts", "voice": "coral", "input": SENTENCE, "response_format": "pcm"}
    status, _, body = await post(openai_server, "/v1/audio/speech", {**asked, "stream_format": "sse"})
    assert status == 200
    events = [json.loads(event.removeprefix("data: ")) for event in body.decode().split("\n\n") if event]
    pcm = b"".join(base64.b64decode(event["audio"]) for event in events[:-1])
    assert events[-1]["type"] == "speech.audio.done"
    assert events[-1]["usage"]["total_tokens"] > 0
    assert word_errors(SENTENCE, (await engines.hear(pcm, 24_000)).text) <= 1


async def test_a_wish_to_speak_slowly_is_heard(openai_client: openai.AsyncOpenAI) -> None:
    async def length(**options: object) -> int:
        answer = await openai_client.audio.speech.create(
            model="gpt-4o-mini-tts", voice="pico-en-GB", input=SENTENCE, response_format="pcm", extra_body=options
        )
        return len(await answer.aread())

    usual = await length()
    assert await length(instructions="Speak warmly and a little slower than usual.") > 1.04 * usual
    assert await length(speed=2.0) < 0.7 * usual


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"input": ""}, "input"),
        ({"input": None}, "input"),
        ({"input": "a" * 4097}, "input"),
        ({"voice": "nobody"}, "voice"),
        ({"voice": None}, "voice"),
        ({"voice": {"id": "voice_123"}}, "voice"),
        ({"response_format": "mp3"}, "response_format"),
        ({"response_format": "midi"}, "response_format"),
        ({"speed": 5}, "speed"),
        ({"speed": "fast"}, "speed"),
        ({"stream_format": "carrier pigeon"}, "stream_format"),
        ({"model": "tts-1", "stream_format": "sse"}, "stream_format"),
        ({"model": "tts-1", "instructions": "Slowly."}, "instructions"),
        ({"model": "whisper-1"}, "model"),
    ],
)
async def test_wrong_wishes_for_speech_are_refused(
    openai_server: SandboxServer, options: dict[str, object], param: str
) -> None:
    asked = {"model": "gpt-4o-mini-tts", "voice": "coral", "input": "Hello.", "response_format": "pcm", **options}
    status, _, body = await post(openai_server, "/v1/audio/speech", asked)
    assert (status, json.loads(body)["error"]["param"]) == (400, param)


# --- models, keys, headers


async def test_models_are_listed_with_the_day_they_end(openai_client: openai.AsyncOpenAI) -> None:
    models = {model.id: model async for model in openai_client.models.list()}
    assert {"whisper-1", "gpt-4o-mini", "gpt-4o-mini-tts", "gpt-transcribe", "gpt-6-luna"} <= set(models)
    one = await openai_client.models.retrieve("gpt-4o-mini-tts")
    assert one.to_dict()["shutdown_date"] == "2027-01-06"


async def test_an_unknown_model_is_not_found(openai_client: openai.AsyncOpenAI, spoken: bytes) -> None:
    async def asked() -> AsyncIterator[object]:
        yield openai_client.models.retrieve("gpt-99")
        yield openai_client.chat.completions.create(model="gpt-99", messages=CHAT)
        yield openai_client.audio.transcriptions.create(file=("a.wav", wav(spoken)), model="gpt-99")
        yield openai_client.audio.speech.create(model="gpt-99", voice="coral", input="Hello.")

    async for asking in asked():
        with pytest.raises(openai.NotFoundError) as refused:
            await asking  # type: ignore[misc]
        assert refused.value.code == "model_not_found"
        assert "The model `gpt-99` does not exist" in refused.value.message


async def test_a_model_for_something_else_cannot_chat(openai_client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="not a chat model"):
        await openai_client.chat.completions.create(model="whisper-1", messages=CHAT)


async def test_a_wrong_key_is_refused_and_not_repeated(openai_server: SandboxServer) -> None:
    async with openai_server.client(api_key="sk-wrong-0123456789-tail") as client:
        with pytest.raises(openai.AuthenticationError) as refused:
            await client.models.list()
    assert refused.value.code == "invalid_api_key"
    assert "0123456789" not in refused.value.message
    assert "sk-w********tail" in refused.value.message


async def test_no_key_is_refused(openai_server: SandboxServer) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{openai_server.url}/v1/models") as answer:
        assert answer.status == 401
        assert "didn't provide an API key" in (await answer.json())["error"]["message"]


async def test_without_a_key_of_its_own_the_sandbox_takes_any(engines: SpeechEngines) -> None:
    async with (
        serving(openai_routes(engines, None, Faults())) as url,
        SandboxServer(url, Faults()).client("sk-anything") as client,
    ):
        assert [model.id async for model in client.models.list()]


async def test_every_answer_has_a_request_id_and_rate_limits(openai_server: SandboxServer) -> None:
    for path, asked in (("/v1/chat/completions", {"model": "gpt-4o-mini", "messages": CHAT}), ("/v1/nothing", {})):
        _, headers, _ = await post(openai_server, path, asked)
        assert headers["x-request-id"].startswith("req_")
        assert int(headers["openai-processing-ms"]) >= 1
        assert headers["x-ratelimit-limit-requests"] == "10000"


async def test_an_unknown_url_is_a_404_in_json(openai_server: SandboxServer) -> None:
    status, _, body = await post(openai_server, "/v1/embeddings", {})
    assert status == 404
    assert json.loads(body)["error"]["message"] == "Invalid URL (POST /v1/embeddings)"


class BusyEngines(SpeechEngines):
    """Engines with a full queue."""

    async def hear(self, pcm16_8k: bytes, sample_rate_hz: int = 8000) -> Heard:
        raise EnginesBusyError("the speech engine has too much to do")


async def test_too_much_at_once_is_a_503() -> None:
    routes = openai_routes(BusyEngines(), API_KEY, Faults())
    async with serving(routes) as url, SandboxServer(url, Faults()).client() as client:
        with pytest.raises(openai.InternalServerError, match="currently overloaded") as refused:
            await client.audio.transcriptions.create(file=("turn.wav", wav(bytes(3200))), model="whisper-1")
    assert (refused.value.status_code, refused.value.code) == (503, "slow_down")


# --- latencies


async def test_latencies_are_kept(openai_server: SandboxServer, spoken: bytes) -> None:
    openai_server.faults.latency = Latency(
        stt_base_ms=400,
        stt_percent_of_audio=10,
        llm_first_token_ms=400,
        llm_tokens_per_s=40,
        tts_first_byte_ms=900,
        tts_times_real_time=4,
    )
    async with openai_server.client() as client:
        began = time.monotonic()
        await client.audio.transcriptions.create(file=("turn.wav", wav(spoken), "audio/wav"), model="whisper-1")
        assert time.monotonic() - began >= 0.4 + 0.1 * len(spoken) / 16_000

        began = time.monotonic()
        stream = await client.chat.completions.create(model="gpt-4o-mini", messages=CHAT, stream=True)
        times = [time.monotonic() - began async for _ in stream]
        assert times[0] >= 0.4
        assert times[-1] >= times[0] + (len(times) - 3) / 40 - 0.02

        began = time.monotonic()
        async with client.audio.speech.with_streaming_response.create(
            model="gpt-4o-mini-tts", voice="pico-en-GB", input=SENTENCE, response_format="pcm"
        ) as response:
            pieces = [(time.monotonic() - began, len(piece)) async for piece in response.iter_bytes()]
        assert pieces[0][0] >= 0.9
        seconds = sum(length for _, length in pieces) / 48_000
        assert pieces[-1][0] >= 0.9 + (seconds - 0.2) / 4


async def post(server: SandboxServer, path: str, body: object) -> tuple[int, Mapping[str, str], bytes]:
    """POST with the right key; status, headers and body of the answer."""
    headers = {"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{server.url}{path}", data=data) as answer,
    ):
        return answer.status, answer.headers, await answer.read()
