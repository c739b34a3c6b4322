"""The telephone network: calls wait for their turn (one a second), ring, are answered or not, talk, and end.

Gives Twilio's life cycle to each `Call` (statuses, callbacks, answering machine detection, time limits) and joins its
telephone line with the TwiML flow. Who answers is a `Telephone`; what is said is not its business.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sandbox import dial_plan
from sandbox.call_flow import CallFlow, Parts
from sandbox.echo import Echo
from sandbox.line_ear import Ears, LineEar
from sandbox.status_callbacks import StatusCallbacks
from sandbox.telephone import Handset, Line
from sandbox.twilio_calls import Call, Status
from sandbox.voice_activity import SpeechBegan, SpeechEnded

log = logging.getLogger(__name__)

_AMD_VERDICT_S = {"human": 2.6, "machine_start": 3.4, "fax": 2.0}
_DIGIT_TIMES_S = {"w": 0.5, "W": 1.0}

Result = TypeVar("Result")


class Busy(Exception):  # noqa: N818 - a fact about the line, not an error
    """The person declined, or the line is engaged."""


class CallCanceled(Exception):  # noqa: N818 - the application's wish
    """REST ended the call before it was answered."""


class ListeningHandset(Handset, Protocol):
    """A lifted receiver whose holder also gets to know what the agent said."""

    def agent_speech(self, speech: SpeechBegan | SpeechEnded, now: float) -> None:
        """The agent became audible or silent."""

    def heard(self, text: str, ended: float, now: float) -> None:
        """The agent's words in the stretch of speech that ended at `ended`."""

    async def finish(self) -> None:
        """The line has ended: complete what the recorder is still to know."""


class Telephone(Protocol):
    """Something that can ring."""

    name: str
    answered_by: str
    echo: Echo | None
    """How the agent's voice comes back from this telephone."""

    async def answer(self, call: Call) -> ListeningHandset:
        """Ring until lifted. Cancelled when the caller gives up. Raises Busy."""


@dataclass(frozen=True)
class Times:
    """How long things take, in seconds (Twilio's usual; tests make them short)."""

    queue_interval_s: float = 1.0
    initiated_after_s: float = 0.1
    ringing_after_s: float = 1.0
    engaged_after_s: float = 1.0
    amd_scale: float = 1.0
    ring_scale: float = 1.0


class TelephoneNetwork:
    """Places calls. `find` tells whose telephone has a number (None: it rings and nobody is there)."""

    def __init__(self, find: Callable[[str], Telephone | None], parts: Parts, ears: Ears, times: Times) -> None:
        self._find = find
        self._parts = parts
        self._ears = ears
        self._times = times
        self._next_turn = 0.0
        self._tasks: set[asyncio.Task[None]] = set()

    def place(self, call: Call) -> None:
        """Queue the call; it lives on by itself."""
        now = asyncio.get_running_loop().time()
        turn = max(now, self._next_turn)
        self._next_turn = turn + self._times.queue_interval_s
        call.queue_time_ms = round((turn - now) * 1000)
        task = asyncio.create_task(self._live(call, turn - now), name=f"call {call.sid}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End all calls (streams get their stop)."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._parts.callbacks.close()

    async def _live(self, call: Call, wait_s: float) -> None:
        life = CallLife(call, self._find(call.to), self._parts, self._ears, self._times)
        try:
            await life.run(wait_s)
        except Exception:  # noqa: BLE001 - the edge of one call: the others must live on
            log.exception("sandbox: call %s broke", call.sid)
            life.end(Status.FAILED, 503, "network")
        finally:
            call.done = True


class CallLife:
    """One call from its turn in the queue to its final callback."""

    def __init__(self, call: Call, telephone: Telephone | None, parts: Parts, ears: Ears, times: Times) -> None:
        self._call = call
        self._telephone = telephone
        self._parts = parts
        self._callbacks: StatusCallbacks = parts.callbacks
        self._ears = ears
        self._times = times
        call.person = telephone.name if telephone else ""

    async def run(self, wait_s: float) -> None:
        """Returns when the call is over and everything said in it is known."""
        try:
            await self._unless_canceled(asyncio.sleep(wait_s))
        except CallCanceled:
            # A call cancelled while queued produces no status callbacks.
            self._finish(Status.CANCELED, 487, "agent")
            return
        try:
            handset = await self._unless_canceled(self._ring())
        except CallCanceled:
            self.end(Status.CANCELED, 487, "agent")
        except Busy:
            self.end(Status.BUSY, 486, "person")
        except TimeoutError:
            self.end(Status.NO_ANSWER, 487, "network")
        else:
            if handset is not None:
                await self._talk(handset)

    def end(self, status: Status, sip_response_code: int, ended_by: str) -> None:
        """The call is over: final status, final callback. Only the first end counts."""
        if self._call.status.over:
            return
        self._finish(status, sip_response_code, ended_by)
        call = self._call
        extra = {
            "CallDuration": str(call.duration_s),
            "Duration": str(-(-call.duration_s // 60)),
            "SipResponseCode": str(sip_response_code),
        }
        if call.answered_by:
            extra["AnsweredBy"] = call.answered_by
        self._callbacks.status(call, str(status), extra)

    def _finish(self, status: Status, sip_response_code: int, ended_by: str) -> None:
        self._call.status = status
        self._call.ended_at = time.time()
        self._call.sip_response_code = sip_response_code
        self._call.ended_by = ended_by

    async def _unless_canceled(self, waiting: Coroutine[Any, Any, Result]) -> Result:
        """Wait for it, unless REST ends the call first."""
        task = asyncio.ensure_future(waiting)
        hang_up = asyncio.create_task(self._call.hang_up.wait())
        try:
            await asyncio.wait([task, hang_up], return_when=asyncio.FIRST_COMPLETED)
            # Answered in the same moment counts as answered: the receiver must be put down in an orderly way.
            if task.done():
                return task.result()
            raise CallCanceled
        finally:
            task.cancel()
            hang_up.cancel()
            await asyncio.gather(task, hang_up, return_exceptions=True)

    async def _ring(self) -> ListeningHandset | None:
        """Initiated, ringing, answered. None: the call failed. Raises Busy, TimeoutError."""
        call = self._call
        await asyncio.sleep(self._times.initiated_after_s)
        self._callbacks.status(call, "initiated")
        await asyncio.sleep(self._times.ringing_after_s)
        if call.to == dial_plan.FAILED:
            self.end(Status.FAILED, 404, "network")
            return None
        call.status = Status.RINGING
        self._callbacks.status(call, "ringing")
        if call.to == dial_plan.BUSY:
            await asyncio.sleep(self._times.engaged_after_s)
            raise Busy
        async with asyncio.timeout(call.options.ring_timeout_s * self._times.ring_scale):
            if self._telephone is None:
                await asyncio.Event().wait()
                raise AssertionError("nobody is there")
            return await self._telephone.answer(call)

    async def _talk(self, handset: ListeningHandset) -> None:
        call = self._call
        assert self._telephone is not None
        call.status = Status.IN_PROGRESS
        call.answered_at = call.recorder.answered_at = time.time()
        self._callbacks.status(call, "in-progress")
        line = Line(handset, call.recorder, self._telephone.echo or self._parts.faults.echo)
        ear = LineEar("agent", self._ears, call.recorder, lambda text, ended: handset.heard(text, ended, line.now))
        line.listen(lambda speech: handset.agent_speech(speech, line.now))
        line.listen(ear.speech)
        try:
            ended_by = await self._until_over(line, self._telephone.answered_by)
        except asyncio.CancelledError:
            self.end(Status.COMPLETED, 200, "network")
            raise
        self.end(Status.COMPLETED, 200, ended_by)
        await asyncio.gather(ear.finish(), handset.finish())

    async def _until_over(self, line: Line, answered_by: str) -> str:
        """Both sides at once, until one hangs up; returns who did."""
        call = self._call
        on_line = asyncio.create_task(line.run())
        flow = asyncio.create_task(self._flow(line, answered_by))
        hang_up = asyncio.create_task(call.hang_up.wait())
        tasks: list[asyncio.Task[Any]] = [flow, hang_up, on_line]
        try:
            await asyncio.wait(tasks, timeout=call.options.time_limit_s, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done() and task.exception() is not None:
                    task.result()
            return "person" if on_line.done() else "agent" if flow.done() or hang_up.done() else "network"
        finally:
            # The flow first: its stream says stop while the line is still up.
            for task in tasks:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _flow(self, line: Line, answered_by: str) -> None:
        """Answering machine detection (before the TwiML, or beside it), then the TwiML."""
        call, options = self._call, self._call.options
        await asyncio.sleep(sum(_DIGIT_TIMES_S.get(digit, 0.1) for digit in options.send_digits))
        flow = CallFlow(call, line, self._parts)
        if not options.machine_detection or options.send_digits:
            return await flow.run({})
        if not options.async_amd:
            return await flow.run(await self._detect(answered_by))
        detection = asyncio.create_task(self._detect_beside(answered_by))
        try:
            await flow.run({})
        finally:
            detection.cancel()
            await asyncio.gather(detection, return_exceptions=True)

    async def _detect(self, answered_by: str) -> dict[str, str]:
        """The verdict, after the time it takes; `unknown` when the time limit comes first."""
        needed_s, limit_s = _AMD_VERDICT_S[answered_by], self._call.options.machine_detection_timeout_s
        verdict = answered_by if needed_s <= limit_s else "unknown"
        if verdict == "machine_start" and self._call.options.machine_detection == "DetectMessageEnd":
            verdict, needed_s = "machine_end_beep", needed_s + 6.0
        duration_s = min(needed_s, limit_s) * self._times.amd_scale
        await asyncio.sleep(duration_s)
        self._call.answered_by = verdict
        return {"AnsweredBy": verdict, "MachineDetectionDuration": str(round(duration_s * 1000))}

    async def _detect_beside(self, answered_by: str) -> None:
        call = self._call
        fields = {"AccountSid": call.account_sid, "CallSid": call.sid, **await self._detect(answered_by)}
        if call.options.async_amd_callback is not None:
            self._callbacks.post(call, call.options.async_amd_callback, fields)
