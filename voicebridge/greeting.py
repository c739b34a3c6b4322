"""Greetings, made while the phone rings.

A call that rings is claimed in the registry by one bridge, which has the greeting spoken and keeps it there, so that
whichever bridge gets the call can play it the moment the person answers.
"""

from __future__ import annotations

import asyncio
import time

from sqlalchemy.exc import SQLAlchemyError

from callregistry.calls import Call
from callregistry.logs import bind_call, get_logger
from callregistry.registry import Greeting
from voicebridge.audio import codec
from voicebridge.call_log import CallLog
from voicebridge.dialogue.prompts import greeting_text
from voicebridge.providers import ProviderError
from voicebridge.providers.selection import Providers
from voicebridge.reply import synthesise

log = get_logger(__name__)

LOOK_EVERY_S = 0.4
"""Nobody answers that soon, and in a talk, in which much is written, each look is a question to the database."""
AT_ONCE = 10
SHORTEST_RING_S = 0.5
SILENT_DBFS = -55.0
_STEP = codec.SAMPLE_RATE_HZ // 100
WAIT_FOR_IT_S = 0.7
"""How long a person who has answered waits for a greeting that is nearly ready, before our local line greets."""


async def prepare_greetings(call_log: CallLog, providers: Providers, caller_name: str, bridge: str) -> None:
    """Claims ringing calls and prepares them, until cancelled."""
    at_once = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as tasks:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            async with at_once:  # with too many under way, leave the rest to other bridges
                pass
            try:
                call = await call_log.ask(call_log.registry.claim_preparation, bridge, now=time.time())
            except SQLAlchemyError as error:
                log.error("registry does not answer", problem=type(error).__name__)
                await asyncio.sleep(1.0)
                continue
            if call is not None:
                tasks.create_task(_prepare(call, call_log, providers, caller_name, at_once))


async def late_greeting(call_log: CallLog, call: Call) -> Greeting | None:
    """The greeting of a call that was answered before it was ready; None if it is not within `WAIT_FOR_IT_S`.

    A call that we learned of by its answer (somebody rings us) never rang here: nobody is making a greeting for it.
    """
    rang = call.answered_at is None or call.answered_at - call.created_at > SHORTEST_RING_S
    give_up_at = time.monotonic() + (WAIT_FOR_IT_S if rang else 0.0)
    while True:
        greeting = await call_log.ask(call_log.registry.greeting, call.id)
        if greeting is not None or time.monotonic() >= give_up_at:
            return greeting
        await asyncio.sleep(0.1)


def without_lead_in(audio: bytes) -> bytes:
    """`audio` (mu-law, 8 kHz) from 10 ms before its first sound: whoever says "Hello?" listens already."""
    loud = (i for i in range(0, len(audio), _STEP) if codec.level_dbfs(audio[i : i + _STEP]) > SILENT_DBFS)
    return audio[max(0, next(loud, 0) - _STEP) :]


async def _prepare(
    call: Call, call_log: CallLog, providers: Providers, caller_name: str, at_once: asyncio.Semaphore
) -> None:
    bind_call(call.id)
    async with at_once:
        begun_at = time.monotonic()
        text = greeting_text(call.person_name, caller_name, call.topic)
        try:
            audio, _ = await asyncio.gather(synthesise(providers.unhurried_voice, text), providers.open_connections())
            await call_log.ask(call_log.registry.store_greeting, call.id, Greeting(text, without_lead_in(audio)))
        except (ProviderError, SQLAlchemyError) as error:
            log.warning("greeting not made, the local one will greet", problem=str(error))
            return
        log.info("greeting ready", duration_ms=round((time.monotonic() - begun_at) * 1000))
