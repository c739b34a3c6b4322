"""The whole bridge: everything that lives as long as the process, put together."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from callregistry.logs import get_logger
from callregistry.registry import Registry
from voicebridge import metrics
from voicebridge.call_log import open_call_log
from voicebridge.call_session import House
from voicebridge.dialogue.endpointing import patience_for
from voicebridge.dialogue.events import LineName
from voicebridge.dialogue.prompts import greeting_text
from voicebridge.dialogue.turn_taking import Timing
from voicebridge.greeting import prepare_greetings
from voicebridge.lines import Lines
from voicebridge.providers import ProviderError, Stage
from voicebridge.providers.selection import Providers
from voicebridge.server import BridgeServer, open_server
from voicebridge.settings import BridgeSettings
from voicebridge.web_callbacks import open_web_callbacks

log = get_logger(__name__)

TAKE_VOICE_AGAIN_S = 10.0
BETWEEN_LINES_S = 0.5


@dataclass(frozen=True, slots=True)
class RunningBridge:
    """A bridge that answers."""

    server: BridgeServer
    port: int
    house: House


def timing_of(settings: BridgeSettings) -> Timing:
    """The pace of the talk that the settings ask for."""
    return Timing(
        patience=patience_for(settings.end_of_turn_ms),
        drafts=settings.drafts,
        barge_in_s=settings.barge_in_ms / 1000,
        max_call_s=float(settings.max_call_s),
    )


@asynccontextmanager
async def open_bridge(
    settings: BridgeSettings,
    registry: Registry,
    providers: Providers,
    lines: Lines,
    *,
    port: int | None = None,
    take_voice: bool = True,
    timing: Timing | None = None,
) -> AsyncIterator[RunningBridge]:
    """Starts a bridge. At the end it closes what is open, writes what is waiting, and leaves no task.

    `port` (0: any free one) and `timing` take the place of the settings'.
    """
    bridge = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    async with (
        open_call_log(registry) as call_log,
        open_web_callbacks(settings.callback_url, settings.link_secret.get_secret_value()) as callbacks,
    ):
        house = House(settings, call_log, providers, lines, callbacks, timing or timing_of(settings))
        listen_on = settings.bridge_port if port is None else port
        async with (
            asyncio.TaskGroup() as tasks,
            open_server(house, bridge, settings.bridge_host, listen_on) as (server, listening),
        ):
            beside = [
                tasks.create_task(prepare_greetings(call_log, providers, settings.caller_name, bridge)),
                tasks.create_task(metrics.watch_loop()),
            ]
            if take_voice:
                beside.append(tasks.create_task(_take_voice(settings, providers, lines, server)))
            bound_port = next(iter(listening.sockets)).getsockname()[1]
            log.info("bridge listens", host=settings.bridge_host, port=bound_port, bridge=bridge)
            try:
                yield RunningBridge(server, bound_port, house)
            finally:
                for task in beside:
                    task.cancel()


async def _take_voice(settings: BridgeSettings, providers: Providers, lines: Lines, server: BridgeServer) -> None:
    """Has the fixed lines spoken by the configured voice, while nobody is on the phone."""
    endpoint = settings.endpoint(Stage.TTS)
    voice = "|".join([endpoint.base_url or "", endpoint.model, settings.tts_voice, settings.tts_instructions])
    pause_s, left = TAKE_VOICE_AGAIN_S, list(LineName)
    while left:
        await asyncio.sleep(BETWEEN_LINES_S)
        if server.calls_active:
            continue
        words = greeting_text(None, settings.caller_name, None) if left[0] is LineName.GREETING else None
        try:
            await lines.take_voice(left[0], providers.unhurried_voice, voice, words)
        except ProviderError as error:
            log.warning("lines keep their shipped voice for now", problem=error.problem)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, 600.0)
        else:
            left.pop(0)
    log.info("lines speak with the configured voice", voice=settings.tts_voice)
