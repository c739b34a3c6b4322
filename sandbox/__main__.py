"""python -m sandbox: a pretended Twilio, OpenAI and telephone on this machine. See --help."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from pathlib import Path

from aiohttp import web

from sandbox.app import SandboxOptions, build_app
from sandbox.dial_plan import DEFAULT_FROM_NUMBER
from sandbox.openai_api import openai_routes
from sandbox.openai_faults import Faults
from sandbox.people import FOLDER, PersonError
from sandbox.speech import SpeechEngines, WeightsError
from sandbox.telephone_network import Times
from sandbox.twilio_api import Account
from sandbox.twilio_faults import TwilioFaults

HOST = "127.0.0.1"
SHUTDOWN_S = 5.0


def main() -> int:
    """Runs until Ctrl-C or SIGTERM; 1 when it cannot start."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    try:
        asyncio.run(serve(_arguments()))
    except (PersonError, WeightsError, OSError) as problem:
        print(f"The sandbox cannot start: {problem}", file=sys.stderr)
        return 1
    return 0


async def serve(arguments: argparse.Namespace) -> None:
    """Start the engines and the server, say so, wait for the signal, stop cleanly."""
    engines = SpeechEngines()
    faults = TwilioFaults()
    routes = openai_routes(
        engines,
        arguments.api_key,
        Faults(),
        llm_base_url=os.environ.get("SANDBOX_LLM_BASE_URL"),
        llm_api_key=os.environ.get("SANDBOX_LLM_API_KEY"),
        llm_model=os.environ.get("SANDBOX_LLM_MODEL"),
        other_stages={"twilio": faults},
    )
    # People's files are read first: a mistake in one should not have to wait for the engines.
    runner = web.AppRunner(build_app(_options(arguments), engines, routes, faults), shutdown_timeout=SHUTDOWN_S)
    await engines.start()
    try:
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, arguments.port).start()
            print(_welcome(arguments), flush=True)
            await _until_told_to_stop()
        finally:
            await runner.cleanup()
    finally:
        await engines.close()


def _options(arguments: argparse.Namespace) -> SandboxOptions:
    account = Account(
        arguments.account_sid,
        arguments.auth_token,
        arguments.twilio_key_sid or "",
        arguments.twilio_key_secret or "",
        frozenset(arguments.from_number or [DEFAULT_FROM_NUMBER]),
        trial=arguments.trial,
        verified=frozenset(arguments.verified_number or []),
    )
    times = Times(ring_scale=arguments.time_scale, amd_scale=arguments.time_scale)
    return SandboxOptions(account, arguments.people, times)


def _welcome(arguments: argparse.Namespace) -> str:
    here = f"http://{HOST}:{arguments.port}"
    return (
        "This is Kindline's SANDBOX: a pretended Twilio, OpenAI and telephone. No real telephone rings,\n"
        "nothing leaves this machine, and it listens on 127.0.0.1 only.\n"
        f"  Twilio:    {here}   (TWILIO_API_BASE_URL)\n"
        f"  OpenAI:    {here}/v1   (OPENAI_BASE_URL)\n"
        f"  Telephone: {here}/sandbox/telephone"
    )


async def _until_told_to_stop() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(name, stop.set)
    await stop.wait()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--account-sid", required=True, help="the pretended account, AC...")
    parser.add_argument("--auth-token", required=True, help="signs webhooks, opens the REST API")
    parser.add_argument("--twilio-key-sid", help="an API key for the REST API, besides the account's token")
    parser.add_argument("--twilio-key-secret")
    parser.add_argument("--api-key", help="OpenAI's key; without it any key is taken")
    parser.add_argument("--from-number", action="append", help=f"our number; may be repeated ({DEFAULT_FROM_NUMBER})")
    parser.add_argument("--people", type=Path, default=FOLDER, help="folder of the scripted people")
    parser.add_argument("--trial", action="store_true", help="behave as a trial account")
    parser.add_argument("--verified-number", action="append", help="may be called by the trial account; repeatable")
    parser.add_argument("--time-scale", type=float, default=1.0, help="ringing times are multiplied by this")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
