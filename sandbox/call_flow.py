"""Runs the TwiML of an answered call: fetches documents, carries out their verbs, falls back where Twilio would.

One document at a time; a REST update replaces what runs. The call ends when the last document has no more verbs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urljoin

from sandbox import line_audio, twiml
from sandbox.line_audio import RATE_HZ
from sandbox.media_stream import MediaStream, StreamRefused
from sandbox.person_voice import Voice
from sandbox.playout_buffer import PlayoutBuffer
from sandbox.status_callbacks import StatusCallbacks, call_fields
from sandbox.telephone import Line
from sandbox.twilio_calls import Call, Source
from sandbox.twilio_faults import TwilioFaults
from sandbox.twiml import Connect, Document, Hangup, Pause, Play, Redirect, Say, TwimlError, Verb
from sandbox.webhooks import WebhookError, Webhooks, is_url

log = logging.getLogger(__name__)

MAX_REDIRECTS = 10
APPLICATION_ERROR = "We are sorry, an application error has occurred. Goodbye."
ANNOUNCER = "pico-en-US"
NOT_ON_TRIAL = "The Stream verb is not available on trial accounts."


class ApplicationError(Exception):
    """Neither the application nor its fallback gave TwiML that can be run."""


class CallEnds(Exception):  # noqa: N818 - <Hangup/> is not an error
    """A verb ended the call."""


class Announcement:
    """Audio for the person's ear (a `telephone.CallerSide`): <Say>, <Play>."""

    def __init__(self, ulaw: bytes) -> None:
        self._buffer = PlayoutBuffer(limit_bytes=len(ulaw))
        self._buffer.media(ulaw)
        self.finished = asyncio.Event()

    def play(self, now: float) -> bytes:
        sound, _ = self._buffer.play()
        if not self._buffer.buffered:
            self.finished.set()
        return sound

    def person_frame(self, frame: bytes, now: float) -> None:
        """Nobody listens during an announcement."""

    def digits(self, pressed: str) -> None:
        """Nor reads the keypad."""


@dataclass(frozen=True)
class Parts:
    """What a flow needs of the sandbox."""

    webhooks: Webhooks
    callbacks: StatusCallbacks
    voice: Voice
    voices: Callable[[], list[str]]
    faults: TwilioFaults
    trial: bool = False


class CallFlow:
    """The TwiML side of one answered call."""

    def __init__(self, call: Call, line: Line, parts: Parts) -> None:
        self._call = call
        self._line = line
        self._parts = parts

    async def run(self, extra: Mapping[str, str]) -> None:
        """From the call's first document to its end. `extra`: fields of the first request (answering machine)."""
        source = self._call.options.source
        while True:
            work = asyncio.create_task(self._run(source, extra))
            update = asyncio.create_task(self._call.new_source.get())
            try:
                await asyncio.wait([work, update], return_when=asyncio.FIRST_COMPLETED)
                if not update.done():
                    return work.result()
                source, extra = update.result(), {}
            finally:
                work.cancel()
                update.cancel()
                await asyncio.gather(work, update, return_exceptions=True)

    async def _run(self, source: Source, extra: Mapping[str, str]) -> None:
        next_source: Source | None = source
        try:
            for _ in range(MAX_REDIRECTS + 1):
                if next_source is None:
                    return
                document = await self._document(next_source, extra)
                next_source = await self._carry_out(document, next_source)
                extra = {}
            if next_source is not None:
                self._call.warn(11215, "more than 10 redirects: the call was ended")
        except CallEnds:
            return
        except ApplicationError as problem:
            log.warning("sandbox: call %s: application error: %s", self._call.sid, problem)
            await self._say(Say(APPLICATION_ERROR))

    async def _document(self, source: Source, extra: Mapping[str, str]) -> Document:
        """The source's document, or the fallback's. Raises ApplicationError."""
        try:
            return await self._fetch(source, extra)
        except (WebhookError, TwimlError) as problem:
            self._call.warn(problem.code, f"{problem} {source.url}".strip())
            error = {"ErrorCode": str(problem.code), "ErrorUrl": source.url}
        fallback = self._call.options.fallback
        if fallback is None:
            raise ApplicationError(f"{error['ErrorCode']}, and there is no fallback URL")
        try:
            return await self._fetch(fallback, error)
        except (WebhookError, TwimlError) as problem:
            self._call.warn(problem.code, f"fallback: {problem} {fallback.url}")
            raise ApplicationError(f"the fallback URL failed too: {problem}") from problem

    async def _fetch(self, source: Source, extra: Mapping[str, str]) -> Document:
        if source.twiml:
            document = twiml.parse(source.twiml.encode())
        else:
            fields = call_fields(self._call, "in-progress") | dict(extra)
            reply = await self._parts.webhooks.send(source.url, source.method, fields)
            kind = reply.content_type.partition(";")[0].strip().lower()
            if reply.status >= 400 or not kind:
                raise WebhookError(11200, f"HTTP retrieval failure: status {reply.status}")
            if kind == "text/plain":
                document = Document((Say(reply.body.decode(errors="replace")),))
            elif kind.startswith("audio/"):
                document = Document((Play(source.url),))
            elif kind in ("text/xml", "application/xml", "text/html"):
                document = twiml.parse(reply.body)
            else:
                raise TwimlError(12300, f"Invalid Content-Type: {kind}")
        for code, message in document.warnings:
            self._call.warn(code, message)
        return document

    async def _carry_out(self, document: Document, source: Source) -> Source | None:
        """Run the verbs; returns where a <Redirect> or a Connect action leads."""
        for verb in document.verbs:
            target = await self._verb(verb)
            if target is None:
                continue
            absolute = self._absolute(target, source)
            if absolute is not None:
                return absolute
        return None

    async def _verb(self, verb: Verb) -> Source | None:
        match verb:
            case Say():
                for _ in range(verb.loop):
                    await self._say(verb)
            case Play():
                await self._play(verb)
            case Pause(length_s):
                await asyncio.sleep(length_s)
            case Hangup():
                raise CallEnds
            case Redirect(url, method):
                return Source(url, method)
            case Connect():
                if self._parts.trial:
                    await self._say(Say(NOT_ON_TRIAL))
                    return None
                await self._connect(verb)
                return Source(verb.action, verb.method) if verb.action else None
        return None

    def _absolute(self, target: Source, source: Source) -> Source | None:
        """Relative URLs are relative to the document; in inline TwiML they lead nowhere (11100)."""
        if not is_url(target.url) and source.url:
            target = Source(urljoin(source.url, target.url), target.method)
        if is_url(target.url):
            return target
        self._call.warn(11100, f"Invalid URL format: {target.url!r}")
        raise ApplicationError(f"invalid URL {target.url!r}")

    async def _say(self, verb: Say) -> None:
        if not verb.text:
            return
        # Not the agent's voice where there is a choice, so that a recording tells who spoke.
        announcer = ANNOUNCER if ANNOUNCER in self._parts.voices() else "joe"
        pcm = await self._parts.voice.say(verb.text, announcer, 1.0, RATE_HZ)
        await self._announce(line_audio.at_level(pcm, -20.0))

    async def _play(self, verb: Play) -> None:
        try:
            reply = await self._parts.webhooks.send(verb.url, "GET", {})
            pcm = line_audio.read_wav(reply.body)
        except (WebhookError, ValueError) as problem:
            self._call.warn(getattr(problem, "code", 12300), f"<Play> {verb.url}: {problem}")
            return
        for _ in range(verb.loop):
            await self._announce(pcm)

    async def _announce(self, pcm: bytes) -> None:
        if not pcm:
            return
        announcement = Announcement(line_audio.to_ulaw(pcm))
        self._line.connect(announcement)
        try:
            await announcement.finished.wait()
        finally:
            self._line.disconnect(announcement)

    async def _connect(self, verb: Connect) -> None:
        """Blocks while the stream lives; afterwards the next verb runs, whatever happened."""
        headers = self._parts.webhooks.stream_headers(verb.stream.url)
        stream = MediaStream(self._call, verb.stream, self._line, headers, self._parts.faults)
        problem = twiml.stream_problem(verb.stream)
        try:
            if problem is not None:
                raise StreamRefused(*problem)
            await stream.open()
        except StreamRefused as refused:
            self._call.warn(refused.code, str(refused))
            self._stream_event(verb, stream, "stream-error", f"{refused.code}: {refused}")
            return
        self._stream_event(verb, stream, "stream-started")
        error = ""
        try:
            end = await stream.run()
            if not end.clean:
                error = f"31921: Stream - WebSocket - Close Error: {end.why}"
                self._call.warn(31921, f"Stream - WebSocket - Close Error: {end.why}")
        finally:
            self._stream_event(verb, stream, "stream-error" if error else "stream-stopped", error)

    def _stream_event(self, verb: Connect, stream: MediaStream, event: str, error: str = "") -> None:
        if not verb.stream.status_callback:
            return
        fields = {
            "AccountSid": self._call.account_sid,
            "CallSid": self._call.sid,
            "StreamSid": stream.sid,
            "StreamName": verb.stream.name or stream.sid,
            "StreamEvent": event,
            "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z"),
        }
        if error:
            fields["StreamError"] = error
        target = Source(verb.stream.status_callback, verb.stream.status_callback_method)
        self._parts.callbacks.post(self._call, target, fields)
