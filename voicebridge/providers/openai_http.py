"""OpenAI over HTTP: `/audio/transcriptions`, `/chat/completions`, `/audio/speech`, with the official SDK.

Any server that speaks the same three endpoints will do. One attempt each: retries and deadlines are `patience.py`'s,
the SDK's own are off (its defaults wait up to 120 s for a `retry-after` and 600 s for an answer). The odd answers of
real servers, an empty body, an error or a web page under status 200, are failures here, not silence on the telephone.
"""

from __future__ import annotations

import io
import wave
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from typing import Any, cast

import httpx2
import openai
from openai.types.chat import ChatCompletionMessageParam

from voicebridge.providers import Message, ProviderError, Stage, Transcript
from voicebridge.providers.rate_limit import RATE_LIMITED
from voicebridge.settings import Endpoint

CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 20.0  # the last resort; patience.py is far stricter
KEEP_CONNECTIONS_S = 120.0  # longer than any pause in a talk: a new TLS handshake costs 100-300 ms of silence
LINE_RATE_HZ = 8000
REPLY_MAX_TOKENS = 300
_NO_EVIDENCE: dict[str, Any] = {"response_format": "json"}
_REFUSALS = {"http_400", "http_422"}


def open_client(endpoint: Endpoint) -> openai.AsyncOpenAI:
    """A client for one server; one per event loop, to be reused and closed."""
    timeout = httpx2.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    limits = httpx2.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=KEEP_CONNECTIONS_S)
    return openai.AsyncOpenAI(
        api_key=endpoint.api_key.get_secret_value(),
        base_url=endpoint.base_url,
        max_retries=0,
        timeout=timeout,
        http_client=openai.DefaultAsyncHttpxClient(timeout=timeout, limits=limits),
    )


class OpenAISpeechToText:
    """`/audio/transcriptions`. The model is asked how sure it is, as far as its server can tell."""

    def __init__(self, client: openai.AsyncOpenAI, model: str, language: str) -> None:
        self._client, self._model, self._language = client, model, language
        self._evidence = _asking_for_evidence(model)

    async def transcribe(self, audio: bytes) -> Transcript:
        """See `SpeechToText.transcribe`."""
        try:
            return await self._ask(audio, self._evidence)
        except ProviderError as error:
            if error.problem == "audio_too_short":
                return Transcript("")
            if error.problem not in _REFUSALS or self._evidence is _NO_EVIDENCE:
                raise
        # A server of another maker, that has the endpoint but not all it can answer: the words alone will do.
        transcript = await self._ask(audio, _NO_EVIDENCE)
        self._evidence = _NO_EVIDENCE
        return transcript

    async def _ask(self, audio: bytes, evidence: dict[str, Any]) -> Transcript:
        with _sdk_errors(Stage.STT):
            answer = await self._client.audio.transcriptions.create(
                file=("turn.wav", wav(audio), "audio/wav"), model=self._model, language=self._language, **evidence
            )
        return _transcript(answer)


class OpenAILanguageModel:
    """`/chat/completions`."""

    def __init__(self, client: openai.AsyncOpenAI, model: str, reasoning_effort: str | None = None) -> None:
        self._client, self._model = client, model
        self._options: dict[str, Any] = {"reasoning_effort": reasoning_effort} if reasoning_effort else {}

    async def stream(self, messages: Sequence[Message]) -> AsyncIterator[str]:
        """See `LanguageModel.stream`."""
        with _sdk_errors(Stage.LLM):
            stream = await self._client.chat.completions.create(
                model=self._model,
                messages=_chat(messages),
                stream=True,
                stream_options={"include_usage": True},
                max_completion_tokens=REPLY_MAX_TOKENS,
                **self._options,
            )
        said_something, why_finished = False, None
        async with stream:
            chunks = aiter(stream)
            while True:
                with _sdk_errors(Stage.LLM):
                    chunk = await anext(chunks, None)
                if chunk is None:
                    break
                with _sdk_errors(Stage.LLM):
                    if not chunk.choices:
                        continue  # the usage chunk, last of all
                    choice = chunk.choices[0]
                    why_finished = choice.finish_reason or why_finished
                    text = choice.delta.content or choice.delta.refusal
                if text:
                    said_something = True
                    yield text
        if not said_something:
            raise ProviderError(Stage.LLM, "content_filter" if why_finished == "content_filter" else "empty")

    async def complete(self, messages: Sequence[Message], *, max_tokens: int) -> str:
        """See `LanguageModel.complete`."""
        with _sdk_errors(Stage.LLM):
            answer = await self._client.chat.completions.create(
                model=self._model, messages=_chat(messages), max_completion_tokens=max_tokens, **self._options
            )
            choices = getattr(answer, "choices", None)
            text = choices[0].message.content if choices else None
        if not text:
            raise ProviderError(Stage.LLM, "empty")
        return cast(str, text)


class OpenAITextToSpeech:
    """`/audio/speech`, as raw PCM: 24 kHz, 16-bit little-endian, mono."""

    def __init__(self, client: openai.AsyncOpenAI, model: str, voice: str, instructions: str) -> None:
        self._client, self._model, self._voice = client, model, voice
        # tts-1 and tts-1-hd refuse instructions.
        self._options: dict[str, Any] = {} if model.startswith("tts-1") else {"instructions": instructions}

    async def speak(self, text: str) -> AsyncIterator[bytes]:
        """See `TextToSpeech.speak`."""
        request = self._client.audio.speech.with_streaming_response.create(
            model=self._model, voice=self._voice, input=text, response_format="pcm", **self._options
        )
        with _sdk_errors(Stage.TTS):
            response = await request.__aenter__()
        try:
            _check_is_audio(response.headers.get("content-type", ""))
            pieces = response.iter_bytes()  # as they come: to gather them would keep the first waiting
            async with aclosing(cast("Any", whole_samples(_guarded(pieces)))) as samples:
                async for piece in samples:
                    yield piece
        finally:
            await request.__aexit__(None, None, None)


def _asking_for_evidence(model: str) -> dict[str, Any]:
    """The fields of a request with which `model` tells how sure it is of its words."""
    if model == "whisper-1":
        return {"response_format": "verbose_json"}
    if model.startswith(("gpt-4o-transcribe", "gpt-4o-mini-transcribe")) and "diarize" not in model:
        return {"response_format": "json", "include": ["logprobs"]}
    return _NO_EVIDENCE


def _transcript(answer: object) -> Transcript:
    """The words of an answer, and its evidence where there is any.

    Whatever the SDK's types say: it hands through a page of HTML as str, and an error without its text.
    """
    text = getattr(answer, "text", None)
    if not isinstance(text, str):
        raise ProviderError(Stage.STT, "garbage")
    segments = _items(answer, "segments")
    if segments:
        # Each counts as much as it has words: a doubtful breath at the end does not make a sentence doubtful.
        weights = [len(str(getattr(segment, "text", "")).strip()) for segment in segments]
        return Transcript(
            text.strip(), _mean(segments, "no_speech_prob", weights), _mean(segments, "avg_logprob", weights)
        )
    tokens = _items(answer, "logprobs")
    return Transcript(text.strip(), avg_logprob=_mean(tokens, "logprob", [1] * len(tokens)))


def _items(answer: object, name: str) -> list[Any]:
    items = getattr(answer, name, None)
    return items if isinstance(items, list) else []


def _mean(items: list[Any], name: str, weights: list[int]) -> float | None:
    """The weighted mean of a number that every item should have; None where it cannot be told."""
    values = [getattr(item, name, None) for item in items]
    numbers = [value for value in values if isinstance(value, int | float)]
    if len(numbers) < len(values) or not sum(weights):
        return None
    return sum(number * weight for number, weight in zip(numbers, weights, strict=True)) / sum(weights)


def wav(audio: bytes) -> bytes:
    """16-bit PCM at 8 kHz in a WAV file, as the transcription endpoint wants it."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(LINE_RATE_HZ)
        writer.writeframes(audio)
    return file.getvalue()


async def whole_samples(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in whole 16-bit samples: HTTP cuts anywhere. Raises `ProviderError` if there are none."""
    rest, spoke = b"", False
    async for piece in pieces:
        data = rest + piece
        rest = data[len(data) & ~1 :]
        if len(data) > 1:
            spoke = True
            yield data[: len(data) & ~1]
    if not spoke:
        raise ProviderError(Stage.TTS, "empty")


async def _guarded(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    while True:
        with _sdk_errors(Stage.TTS):
            piece = await anext(pieces, None)
        if piece is None:
            return
        yield piece


def _check_is_audio(content_type: str) -> None:
    if content_type.startswith(("text/", "application/json")):
        raise ProviderError(Stage.TTS, "garbage")
    if content_type.startswith(("audio/mpeg", "audio/mp3", "audio/wav", "audio/x-wav", "audio/ogg", "audio/opus")):
        raise ProviderError(Stage.TTS, "not_pcm", permanent=True)  # played as PCM it would be a roar


def _chat(messages: Iterable[Message]) -> list[ChatCompletionMessageParam]:
    return [cast(ChatCompletionMessageParam, {"role": m.role, "content": m.content}) for m in messages]


@contextmanager
def _sdk_errors(stage: Stage) -> Iterator[None]:
    """Turns whatever the SDK raises into `ProviderError`."""
    try:
        yield
    except openai.APIStatusError as error:
        raise _refused(stage, error) from None
    except (openai.APITimeoutError, httpx2.TimeoutException):
        raise ProviderError(stage, "timeout") from None
    except (openai.APIConnectionError, httpx2.HTTPError):
        raise ProviderError(stage, "connection") from None
    except openai.APIError:  # an error event inside a stream that began with status 200
        raise ProviderError(stage, "stream_error") from None
    except (ValueError, openai.OpenAIError, AttributeError, TypeError, LookupError):
        # Broken JSON, or JSON of another shape: the SDK hands through what its types do not promise.
        raise ProviderError(stage, "garbage") from None


def _refused(stage: Stage, error: openai.APIStatusError) -> ProviderError:
    if error.code in {"insufficient_quota", "model_not_found", "audio_too_short", "invalid_api_key"}:
        return ProviderError(stage, error.code, permanent=True)
    match error.status_code:
        case 429:
            return ProviderError(stage, RATE_LIMITED, retry_after_s=_retry_after_s(error.response.headers))
        case 408 | 409:
            return ProviderError(stage, "conflict")
        case 401 | 403:
            return ProviderError(stage, "not_authorized", permanent=True)
        case status if status < 500:
            return ProviderError(stage, f"http_{status}", permanent=True)
        case _:
            return ProviderError(stage, "server_error", retry_after_s=_retry_after_s(error.response.headers))


def _retry_after_s(headers: httpx2.Headers) -> float | None:
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit_s)
        except (KeyError, ValueError):
            continue  # absent, or a date: then our own back-off will do
    return None
