"""The other ends of the bridge: providers that do as told, and a telephone at the far end of a media stream.

The telephone is Twilio's side with the real `websockets` client: it signs the upgrade, sends audio in real time, plays
what it gets at 8000 bytes a second, and echoes marks when it has played what came before them.
"""

from __future__ import annotations

import asyncio
import base64
import json
import math
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from twilio.request_validator import RequestValidator
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from callregistry import tokens
from callregistry.calls import Call
from callregistry.registry import NewCall, Registry
from voicebridge.audio import codec
from voicebridge.providers import Message, ProviderError, Stage, Transcript
from voicebridge.settings import BridgeSettings

FRAME_BYTES = 160
S_PER_CHAR = 0.01
"""How fast the scripted voice speaks: tests are in a hurry."""


# --- providers


class ScriptedEars:
    """Speech to text that understands what the script says, utterance after utterance."""

    def __init__(self, *texts: str | Transcript | Exception, delay_s: float = 0.0) -> None:
        self.texts, self.delay_s = list(texts), delay_s
        self.heard: list[bytes] = []

    async def transcribe(self, audio: bytes) -> Transcript:
        self.heard.append(audio)
        await asyncio.sleep(self.delay_s)
        text = self.texts.pop(0) if self.texts else "Yes."
        if isinstance(text, Exception):
            raise text
        return Transcript(text) if isinstance(text, str) else text


class ScriptedMind:
    """A language model that answers as told (an exception is raised where it stands), word by word."""

    def __init__(self, *answers: str | Exception, delay_s: float = 0.0) -> None:
        self.answers, self.delay_s = list(answers), delay_s
        self.asked: list[list[Message]] = []
        self.summaries: list[list[Message]] = []

    async def stream(self, messages: Sequence[Message]) -> AsyncIterator[str]:
        self.asked.append(list(messages))
        answer = self.answers.pop(0) if self.answers else "I see."
        await asyncio.sleep(self.delay_s)
        if isinstance(answer, Exception):
            raise answer
        for word in answer.split(" "):
            yield word + " "
            await asyncio.sleep(0)

    async def complete(self, messages: Sequence[Message], *, max_tokens: int) -> str:
        self.summaries.append(list(messages))
        return "They spoke of tea."


class ScriptedVoice:
    """A voice that hums every sentence: `S_PER_CHAR` for each letter, at once. `fails_on`: says no to this text."""

    def __init__(self) -> None:
        self.spoken: list[str] = []
        self.fails_on: Callable[[str], bool] = lambda text: False
        self.delay_s = 0.0
        self.s_per_char = S_PER_CHAR

    async def speak(self, text: str) -> AsyncIterator[bytes]:
        self.spoken.append(text)
        await asyncio.sleep(self.delay_s)
        if self.fails_on(text):
            raise ProviderError(Stage.TTS, "server_error")
        audio = hum(self.s_per_char * len(text), 24_000)
        for begin in range(0, len(audio), 4096):
            yield audio[begin : begin + 4096]
            await asyncio.sleep(0)


def hum(seconds: float, rate_hz: int, pitch_hz: float = 220.0) -> bytes:
    """16-bit PCM that goes up and down as speech does."""
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    swell = 0.55 + 0.45 * np.sin(2 * math.pi * 4 * t)
    tones = sum(np.sin(2 * math.pi * pitch_hz * n * t + n) / n for n in (1, 2, 3, 5, 8))
    return bytes((7000 * swell * tones).astype("<i2").tobytes())


def voice(seconds: float) -> bytes:
    """The person's voice on the line: mu-law at 8 kHz. It is not ours: that would be taken for an echo."""
    return codec.encode(hum(seconds, 8000, pitch_hz=137.0))


# --- the far end of a media stream


@dataclass
class _Playing:
    """What the telephone has been sent: audio ends at `ends_at`; marks wait for the audio before them."""

    ends_at: float = 0.0
    marks: list[tuple[float, str]] = field(default_factory=list)


class Telephone:
    """One connected stream. `received` holds every message of ours, with its arrival time."""

    def __init__(self, socket: ClientConnection, call_sid: str, account_sid: str) -> None:
        self.socket = socket
        self.call_sid, self.account_sid, self.stream_sid = call_sid, account_sid, "MZ" + "0" * 32
        self.received: list[tuple[float, dict[str, Any]]] = []
        self.echoes_marks = True
        self.sends_audio = True
        self.reads = asyncio.Event()
        self.reads.set()
        self.close_code: int | None = None
        self.closed = asyncio.Event()
        self._say: bytes = b""
        self._playing = _Playing()
        self._sequence = 0
        self._changed = asyncio.Condition()

    # what the person does

    async def say(self, seconds: float) -> None:
        """Speaks for so long; returns when it has been said."""
        self._say = voice(seconds)
        await asyncio.sleep(seconds)

    async def press(self, digit: str) -> None:
        await self._send({"event": "dtmf", "dtmf": {"track": "inbound_track", "digit": digit}})

    async def hang_up(self) -> None:
        """As Twilio does it: stop, then close."""
        await self._send({"event": "stop", "stop": {"accountSid": self.account_sid, "callSid": self.call_sid}})
        await self.socket.close()

    def break_off(self) -> None:
        """The network is gone: no stop, no close frame."""
        self.socket.transport.abort()

    # what can be asked about our side

    def audio(self) -> bytes:
        """All audio received."""
        return b"".join(base64.b64decode(m["media"]["payload"]) for _, m in self.received if m["event"] == "media")

    def events(self) -> list[str]:
        """The kinds of messages received, in order."""
        return [message["event"] for _, message in self.received]

    async def until(self, condition: Callable[[], bool], within_s: float = 5.0) -> None:
        """Waits until `condition()` holds; it is looked at whenever a message arrives."""
        async with asyncio.timeout(within_s), self._changed:
            await self._changed.wait_for(condition)

    async def until_audio(self, more_than: int = 0) -> None:
        await self.until(lambda: len(self.audio()) > more_than)

    async def until_closed(self, within_s: float = 5.0) -> int | None:
        """The close code, or None if it broke off."""
        async with asyncio.timeout(within_s):
            await self.closed.wait()
        return self.close_code

    # the wire

    async def begin(self, parameters: dict[str, str], account_sid: str | None = None) -> None:
        await self.socket.send(json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}))
        start = {
            "accountSid": account_sid or self.account_sid,
            "streamSid": self.stream_sid,
            "callSid": self.call_sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": parameters,
        }
        await self._send({"event": "start", "start": start})

    async def run(self) -> None:
        """Sends, plays and reads until the socket closes."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._speak_in_real_time())
                tasks.create_task(self._echo_marks())
                tasks.create_task(self._read())
        except* ConnectionClosed:
            pass
        self.close_code = self.socket.close_code
        self.closed.set()

    async def _read(self) -> None:
        while True:
            await self.reads.wait()
            message = json.loads(await self.socket.recv())
            now = asyncio.get_running_loop().time()
            self._play(message, now)
            async with self._changed:
                self.received.append((now, message))
                self._changed.notify_all()

    def _play(self, message: dict[str, Any], now: float) -> None:
        assert message["streamSid"] == self.stream_sid
        playing = self._playing
        match message["event"]:
            case "media":
                seconds = len(base64.b64decode(message["media"]["payload"])) / 8000
                playing.ends_at = max(now, playing.ends_at) + seconds
            case "mark":
                playing.marks.append((max(now, playing.ends_at), message["mark"]["name"]))
            case "clear":
                playing.ends_at = now
                playing.marks = [(now, name) for _, name in playing.marks]

    async def _echo_marks(self) -> None:
        while True:
            await asyncio.sleep(0.005)
            now = asyncio.get_running_loop().time()
            while self.echoes_marks and self._playing.marks and self._playing.marks[0][0] <= now:
                _, name = self._playing.marks.pop(0)
                await self._send({"event": "mark", "mark": {"name": name}})

    async def _speak_in_real_time(self) -> None:
        loop = asyncio.get_running_loop()
        began, frame = loop.time(), 0
        while True:
            frame += 1
            await asyncio.sleep(max(0.0, began + frame * 0.02 - loop.time()))
            if not self.sends_audio:
                continue
            piece, self._say = self._say[:FRAME_BYTES], self._say[FRAME_BYTES:]
            payload = base64.b64encode(piece.ljust(FRAME_BYTES, b"\xff")).decode()
            media = {"track": "inbound", "chunk": str(frame), "timestamp": str(100 + frame * 20), "payload": payload}
            await self._send({"event": "media", "media": media})

    async def _send(self, message: dict[str, Any]) -> None:
        self._sequence += 1
        await self.socket.send(
            json.dumps(message | {"sequenceNumber": str(self._sequence), "streamSid": self.stream_sid})
        )


@dataclass(frozen=True)
class Exchange:
    """Twilio, the web app and the registry, as far as a stream needs them."""

    settings: BridgeSettings
    registry: Registry
    port: int

    def new_call(self, number: str = "+12025550100", person_name: str | None = "Ada") -> Call:
        """A call that has been placed."""
        new = NewCall(number, "+12025550199", person_name, "the garden")
        call, _ = self.registry.create_call(new, max_calls=50, now=time.time())
        self.registry.set_twilio_sid(call.id, call_sid_of(call))
        placed = self.registry.call(call.id)
        assert placed is not None
        return placed

    def parameters(
        self, call: Call, attempt: int = 1, *, ttl_s: float = 60.0, now: float | None = None
    ) -> dict[str, str]:
        """What the TwiML gives the stream."""
        secret = self.settings.link_secret.get_secret_value()
        subject = f"{call.id}:{attempt}:{call_sid_of(call)}"
        token = tokens.mint(secret, tokens.STREAM, subject, ttl_s=ttl_s, now=now or time.time())
        return {"call": call.id, "attempt": str(attempt), "token": token}

    def signature(self, url: str | None = None, auth_token: str | None = None) -> str:
        validator = RequestValidator(auth_token or self.settings.twilio_auth_token.get_secret_value())
        return str(validator.compute_signature(url or self.settings.public_stream_url, {}))

    @asynccontextmanager
    async def open_stream(self, signature: str | None = None) -> AsyncIterator[ClientConnection]:
        """An upgraded socket that has said nothing yet."""
        async with connect(
            f"ws://127.0.0.1:{self.port}/media",
            additional_headers={"X-Twilio-Signature": signature or self.signature()},
            user_agent_header="Twilio.TmeWs/1.0",
            compression=None,
            proxy=None,
            ping_interval=None,
            close_timeout=1,
        ) as socket:
            yield socket

    @asynccontextmanager
    async def answered(self, call: Call, attempt: int = 1, **parameters: str) -> AsyncIterator[Telephone]:
        """The person has answered, and the media stream runs."""
        async with self.open_stream() as socket, asyncio.TaskGroup() as tasks:
            telephone = Telephone(socket, call_sid_of(call), self.settings.twilio_account_sid)
            await telephone.begin(self.parameters(call, attempt) | parameters)
            running = tasks.create_task(telephone.run())
            try:
                yield telephone
            finally:
                running.cancel()


def call_sid_of(call: Call) -> str:
    return "CA" + call.id.removeprefix("call_")
