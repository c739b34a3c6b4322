"""What Twilio tells the application about a call: the fields every webhook carries, and the status callbacks.

Each callback is a request of its own that nothing waits for, so the order of arrival is not guaranteed; the switches
of `twilio_faults` make that visible. `SequenceNumber` counts the callbacks that were subscribed to.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Mapping
from email.utils import formatdate

from sandbox.twilio_calls import API_VERSION, Call, Source
from sandbox.twilio_faults import TwilioFaults
from sandbox.webhooks import WebhookError, Webhooks

log = logging.getLogger(__name__)

EVENT_OF_STATUS = {"initiated": "initiated", "ringing": "ringing", "in-progress": "answered"}
_STATES = {"+1202": "DC", "+1415": "CA", "+1212": "NY"}


def call_fields(call: Call, status: str) -> dict[str, str]:
    """The fields of every voice webhook; geography as known, empty where not (empty values are signed too)."""
    fields = {
        "AccountSid": call.account_sid,
        "ApiVersion": API_VERSION,
        "CallSid": call.sid,
        "CallStatus": status,
        "Direction": "outbound-api",
        "From": call.from_number,
        "Caller": call.from_number,
        "To": call.to,
        "Called": call.to,
    }
    for names, number in ((("From", "Caller"), call.from_number), (("To", "Called"), call.to)):
        for name in names:
            fields[f"{name}City"] = ""
            fields[f"{name}State"] = _STATES.get(number[:5], "")
            fields[f"{name}Zip"] = ""
            fields[f"{name}Country"] = "US" if number.startswith("+1") else "GB" if number.startswith("+44") else ""
    return fields


class StatusCallbacks:
    """Fires callbacks in the background; `close()` ends what is still under way."""

    def __init__(self, webhooks: Webhooks, faults: TwilioFaults) -> None:
        self._webhooks = webhooks
        self._faults = faults
        self._tasks: set[asyncio.Task[None]] = set()

    def status(self, call: Call, status: str, extra: Mapping[str, str] | None = None) -> None:
        """The call has reached `status`; sent if the application subscribed to it."""
        event = EVENT_OF_STATUS.get(status, "completed")
        if call.options.status_callback is None or event not in call.options.status_events:
            return
        fields = call_fields(call, status) | {
            "Timestamp": formatdate().replace("-0000", "+0000"),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(call.next_sequence),
            **(extra or {}),
        }
        call.next_sequence += 1
        if self._faults.callbacks == "drop" and (not self._faults.drop or status in self._faults.drop):
            return
        for _ in range(2 if self._faults.callbacks == "duplicate" else 1):
            self.post(call, call.options.status_callback, fields, delay_s=self._delay_s())

    def post(self, call: Call, target: Source, fields: Mapping[str, str], *, delay_s: float = 0.0) -> None:
        """One request in the background; a refusal is only a warning (15003)."""
        task = asyncio.create_task(self._post(call, target, fields, delay_s))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Give what is under way a moment, then end it."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _post(self, call: Call, target: Source, fields: Mapping[str, str], delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        try:
            reply = await self._webhooks.send(target.url, target.method, fields)
        except WebhookError as problem:
            call.warn(problem.code, f"callback: {problem}")
            log.warning("sandbox: callback of call %s failed: %s", call.sid, problem)
        else:
            if reply.status >= 400:
                call.warn(15003, f"Call Progress: warning response to the callback URL: {reply.status} {target.url}")

    def _delay_s(self) -> float:
        if self._faults.callbacks == "delay":
            return self._faults.delay_ms / 1000
        if self._faults.callbacks == "shuffle":
            return random.uniform(0, self._faults.delay_ms / 1000)
        return 0.0
