"""One call, from its admitted stream to its end: the shell around `dialogue/turn_taking.py`.

A reader task takes what Twilio sends and never waits; what it means goes through one inbox to one loop, which asks
`TurnTaking` and carries out its commands. Everything that takes time (transcribing, replying, summarising) is a task of
this call's TaskGroup, so that the end of the call, whichever way it comes, ends all of it.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any, assert_never

from sqlalchemy.exc import SQLAlchemyError
from websockets.asyncio.server import ServerConnection

from callregistry.call_events import Kind
from callregistry.logs import bind_call, get_logger, unbind_call
from voicebridge import metrics
from voicebridge.audio.utterance import Utterance
from voicebridge.call_log import CallLog
from voicebridge.dialogue import events as ev
from voicebridge.dialogue import steps
from voicebridge.dialogue.turn_taking import Timing, TurnTaking
from voicebridge.ears import Ears
from voicebridge.history import History, load_history
from voicebridge.lines import Lines
from voicebridge.media_door import Admission
from voicebridge.media_reader import MediaReader, StreamEnd
from voicebridge.mouth import Mouth
from voicebridge.providers import ProviderError, Transcript
from voicebridge.providers.selection import Providers
from voicebridge.settings import BridgeSettings
from voicebridge.speaking import Speaking
from voicebridge.web_callbacks import CALL_OVER, HANG_UP, WebCallbacks

log = get_logger(__name__)

HANG_UP_WITHIN_S = 10.0
LAST_WORDS_WITHIN_S = 6.0
FINISH_WITHIN_S = 3.0
MIN_VOICED_MS = 120
"""Less voice than this is no word: transcribing it makes speech models invent one."""


@dataclass(frozen=True, slots=True)
class House:
    """What all calls of a bridge share. Nothing in it belongs to a call."""

    settings: BridgeSettings
    call_log: CallLog
    providers: Providers
    lines: Lines
    callbacks: WebCallbacks
    timing: Timing


class _CallOver(Exception):  # noqa: N818 - how the loop leaves its TaskGroup
    pass


class CallSession:
    """One media stream of one call. `run` it once."""

    def __init__(self, socket: ServerConnection, admission: Admission, house: House) -> None:
        self._house, self._call, self._attempt = house, admission.call, admission.attempt
        self._greeting = admission.greeting
        self._socket, self._stream_sid = socket, admission.stream_sid
        self._inbox: asyncio.Queue[ev.Event | StreamEnd] = asyncio.Queue(1024)
        self._ears = Ears()
        self._mouth = Mouth(socket, admission.stream_sid, self._ears)
        self._reader = MediaReader(socket, self._ears, self._mouth, self._inbox)
        self._beginning: dict[str, Any] = {}  # told with the first step
        self._transcribe_ms = 0  # how long the newest transcription took
        self._hung_up = False
        self._end = StreamEnd.LOST

    async def run(self) -> None:
        """Holds the conversation until the stream is over. The socket is closed by the caller."""
        bind_call(self._call.id)
        began = time.monotonic()
        metrics.CALLS_ACTIVE.inc()
        try:
            await self._converse()
        finally:
            metrics.CALLS_ACTIVE.dec()
            metrics.CALLS_TOTAL.labels(self._end).inc()
            duration_s = round(time.monotonic() - began, 1)
            log.info("stream ended", attempt=self._attempt, end=self._end, duration_s=duration_s)
            unbind_call()

    async def _converse(self) -> None:
        history = await load_history(self._house.call_log, self._call, self._attempt, self._house.settings)
        log.info("stream started", attempt=self._attempt, resumed=history.resumed, turns=history.next_turn - 1)
        self._record(Kind.STREAM_STARTED, {"attempt": self._attempt, "stream_sid": self._stream_sid})
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._reader.run())
                speaking = Speaking(self._call, self._greeting, self._house, history, self._mouth, self._inbox, tasks)
                try:
                    await self._take_turns(history, speaking, tasks)
                finally:
                    speaking.settle()
        except* _CallOver:
            pass
        finally:
            # Shielded: also a call that is cancelled (the bridge stops) must leave its row in a right state.
            await asyncio.shield(self._conclude())

    async def _take_turns(self, history: History, speaking: Speaking, tasks: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        timing = history.timing(self._house.timing)
        reply, turn, manner = history.next_reply, history.next_turn, history.manner
        turns = TurnTaking(timing, first_reply=reply, first_turn=turn, manner=manner)
        self._beginning = steps.beginning(timing, first_reply=reply, first_turn=turn, manner=manner)
        event: ev.Event | StreamEnd | None = ev.StreamStarted(history.resumed)
        while True:
            if isinstance(event, StreamEnd):
                self._end = event
                if event is StreamEnd.STOPPED:
                    await self._hear_last_words(turns, speaking, tasks)
                raise _CallOver
            now = loop.time()
            await self._do(
                event, turns.handle_timer(now) if event is None else turns.handle(event, now), now, speaking, tasks
            )
            event = await self._next_event(turns.next_deadline())

    async def _hear_last_words(self, turns: TurnTaking, speaking: Speaking, tasks: asyncio.TaskGroup) -> None:
        """The receiver was put down: what was said just before is still transcribed, and told.

        Only then: a stream that broke off is taken up by another one at once, which counts the turns on.
        """
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + LAST_WORDS_WITHIN_S
        event: ev.Event | StreamEnd | None = ev.StreamStopped()
        while event is not None:
            if not isinstance(event, StreamEnd):
                now = loop.time()
                await self._do(event, turns.handle(event, now), now, speaking, tasks)
            event = await self._next_event(give_up_at) if turns.awaits_last_words else None

    async def _next_event(self, deadline: float | None) -> ev.Event | StreamEnd | None:
        """What happens next; None when the deadline came first."""
        try:
            async with asyncio.timeout_at(deadline):
                return await self._inbox.get()
        except TimeoutError:
            return None

    async def _do(
        self,
        event: ev.Event | None,
        commands: list[ev.Command],
        now: float,
        speaking: Speaking,
        tasks: asyncio.TaskGroup,
    ) -> None:
        """Carries out what was decided, and keeps it for `scripts/replay`."""
        log.debug("step", happened=type(event).__name__, asked=[type(command).__name__ for command in commands])
        if event is not None or commands:
            step = steps.step(now, event, commands, attempt=self._attempt)
            self._record(Kind.TURN_STEP, {**step, **self._beginning})
            self._beginning = {}
        for command in commands:
            await self._carry_out(command, speaking, tasks)

    async def _carry_out(self, command: ev.Command, speaking: Speaking, tasks: asyncio.TaskGroup) -> None:
        match command:
            case ev.Record(kind, data):
                self._record(kind, data)
                if kind is Kind.PERSON_SAID:
                    speaking.told(data["turn"], data["text"])
                elif kind is Kind.REPLY_DRAFT:
                    metrics.DRAFTS.labels(data["what"]).inc()
            case ev.Transcribe(request, closes_part):
                utterance = self._ears.part() if closes_part else self._ears.utterance()
                tasks.create_task(self._transcribe(request, utterance))
            case ev.DiscardUtterance():
                self._ears.discard()
            case ev.StartReply():
                speaking.answer(command, self._transcribe_ms)
            case ev.ReleaseReply(reply):
                speaking.release(reply)
            case ev.SayFiller():
                speaking.fill(command)
            case ev.SayAgain():
                speaking.say_again(command)
            case ev.ChangeManner(manner):
                speaking.change_manner(manner)
            case ev.HoldReply(reply):
                await speaking.hold(reply)
            case ev.ResumeReply(reply):
                speaking.resume(reply)
            case ev.SayGreeting(reply):
                speaking.greet(reply)
            case ev.SayLine():
                speaking.say_line(command)
            case ev.StopReply(reply):
                await speaking.stop(reply)
            case ev.HangUp(reason):
                await self._hang_up(reason)
            case _:
                assert_never(command)

    async def _transcribe(self, request: int, utterance: Utterance) -> None:
        began, heard = time.monotonic(), Transcript("")
        if utterance.voiced_ms >= MIN_VOICED_MS:
            try:
                heard = await self._house.providers.speech_to_text.transcribe(utterance.pcm16)
            except ProviderError as error:
                log.warning("stage failed", stage=error.stage, problem=error.problem)
                self._tell(ev.TranscriptionFailed(request))
                return
        took_ms = round((time.monotonic() - began) * 1000)
        self._transcribe_ms = took_ms
        log.info("transcribed", audio_ms=utterance.audio_ms, voiced_ms=utterance.voiced_ms, duration_ms=took_ms)
        self._tell(
            ev.Transcribed(
                request,
                heard.text,
                utterance.audio_ms,
                utterance.voiced_ms,
                took_ms,
                snr_db=utterance.snr_db,
                no_speech_prob=heard.no_speech_prob,
                avg_logprob=heard.avg_logprob,
            )
        )

    async def _hang_up(self, reason: ev.HangUpReason) -> None:
        """Marks the call finished and has it hung up; the stream is closed once that is acknowledged.

        Closed earlier, Twilio would go on with its TwiML before the web app knows: after a goodbye, an apology.
        """
        self._hung_up = True
        await self._finish(reason)
        request = {"call_id": self._call.id, "attempt": self._attempt, "reason": reason}
        acknowledged = self._house.callbacks.post(HANG_UP, request)
        either: set[asyncio.Future[Any]] = {acknowledged, self._reader.ended}
        await asyncio.wait(either, timeout=HANG_UP_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        self._end = StreamEnd.HUNG_UP
        raise _CallOver

    async def _conclude(self) -> None:
        """What the registry and the web app must know, however the stream ended."""
        if self._end is StreamEnd.STOPPED:
            await self._finish("person_hung_up")
        self._record(Kind.STREAM_ENDED, {"attempt": self._attempt, "reason": self._end})
        if not self._hung_up:
            reason = "person_hung_up" if self._end is StreamEnd.STOPPED else self._end
            over = {"call_id": self._call.id, "attempt": self._attempt, "reason": reason}
            self._house.callbacks.post(CALL_OVER, over)

    async def _finish(self, reason: str) -> None:
        """Marks the call finished. A registry that takes nothing must not keep the person on a silent line."""
        registry, call_log = self._house.call_log.registry, self._house.call_log
        try:
            async with asyncio.timeout(FINISH_WITHIN_S):
                call = await call_log.ask(registry.call, self._call.id)
                if call is None or call.attempt != self._attempt:
                    return  # a newer stream owns the call now: it is not ours to end
                if await call_log.write(registry.finish_call, self._call.id, reason, now=time.time()):
                    log.info("call finished", reason=reason)
        except (TimeoutError, SQLAlchemyError) as error:
            log.error("the registry does not take the end of the call", problem=type(error).__name__, reason=reason)

    def _record(self, kind: Kind, data: dict[str, Any]) -> None:
        self._house.call_log.record(self._call.id, kind, data)

    def _tell(self, event: ev.Event) -> None:
        self._inbox.put_nowait(event)
