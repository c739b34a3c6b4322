"""`python -m voicebridge`: the voice bridge as a process, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time

from sqlalchemy.exc import SQLAlchemyError

from callregistry.logs import configure_logging, get_logger
from callregistry.registry import Registry
from callregistry.settings import load_settings_or_exit
from voicebridge.bridge import open_bridge
from voicebridge.lines import Lines, LinesMissingError, load_lines
from voicebridge.providers import Stage
from voicebridge.providers.selection import choose_providers
from voicebridge.settings import BridgeSettings

try:
    import uvloop
except ImportError:  # there is none for Windows; asyncio's own loop does the same, slower
    new_event_loop = asyncio.new_event_loop
else:
    new_event_loop = uvloop.new_event_loop

log = get_logger(__name__)

BAD_CONFIGURATION = 78  # EX_CONFIG of sysexits.h: a supervisor need not try again


def main() -> int:
    """Runs the bridge; returns its exit status."""
    settings = load_settings_or_exit(BridgeSettings)
    configure_logging("bridge", level=settings.log_level, log_format=settings.log_format)
    try:
        lines = load_lines(settings.call_language)
        registry = Registry.open(settings.registry_url)
    except LinesMissingError as error:
        sys.stderr.write(f"Kindline's bridge cannot start: {error}\n")
        return BAD_CONFIGURATION
    except (SQLAlchemyError, OSError) as error:
        sys.stderr.write(f"Kindline's bridge cannot start: REGISTRY_URL cannot be opened ({type(error).__name__}).\n")
        return BAD_CONFIGURATION
    for stage in Stage:
        endpoint = settings.endpoint(stage)
        log.info("stage", stage=stage, model=endpoint.model, base_url=endpoint.base_url or "https://api.openai.com/v1")
    status = 0
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(run_until_told(settings, registry, lines))
    except* OSError as errors:
        sys.stderr.write(f"Kindline's bridge cannot listen on port {settings.bridge_port}: {_plain(errors)}\n")
        status = 1
    finally:
        registry.close()
    return status


def _plain(problem: BaseException) -> str:
    """The reason of the first error in a group, in the operating system's words."""
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    number = problem.errno if isinstance(problem, OSError) else None
    return os.strerror(number) if number and number > 0 else str(problem)


async def run_until_told(settings: BridgeSettings, registry: Registry, lines: Lines) -> None:
    """Serves until the first signal, then lets the calls end; a second signal ends them at once."""
    loop = asyncio.get_running_loop()
    signals = asyncio.Queue[int]()
    # Through the loop, never as an exception: a handler that is busy must not swallow it.
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, signals.put_nowait, number)
    providers = choose_providers(settings)
    try:
        async with open_bridge(settings, registry, providers, lines) as bridge:
            await signals.get()
            began = time.monotonic()
            draining = asyncio.ensure_future(bridge.server.drain(settings.drain_s))
            impatience = asyncio.ensure_future(signals.get())
            await asyncio.wait({draining, impatience}, return_when=asyncio.FIRST_COMPLETED)
            impatience.cancel()
            if not draining.done():
                draining.cancel()
                await bridge.server.drain(0)
            log.info("bridge ends", drained_s=round(time.monotonic() - began, 1))
    finally:
        await providers.close()


if __name__ == "__main__":
    sys.exit(main())
