"""Builds the sandbox's one web application from its parts: Twilio, OpenAI, the control API, the browser's telephone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from aiohttp import web

from sandbox.browser_telephone import BrowserTelephone
from sandbox.call_flow import Parts
from sandbox.control_api import ControlApi, loopback_only
from sandbox.dial_plan import YOU
from sandbox.line_ear import Ears
from sandbox.people import FOLDER, People, Person, load_folder
from sandbox.person_voice import PersonVoice, Voice
from sandbox.scripted_handset import PersonTelephone
from sandbox.status_callbacks import StatusCallbacks
from sandbox.telephone_network import Telephone, TelephoneNetwork, Times
from sandbox.twilio_api import Account, TwilioApi
from sandbox.twilio_calls import CallBook
from sandbox.twilio_faults import TwilioFaults
from sandbox.webhooks import Webhooks

MAX_BODY_BYTES = 30 * 2**20


class Engines(Ears, Voice, Protocol):
    """What is used of `SpeechEngines`."""

    def voices(self) -> list[str]:
        """The names that `say` knows."""


@dataclass(frozen=True)
class SandboxOptions:
    """What the command line decides."""

    account: Account
    people_folder: Path = FOLDER
    times: Times = field(default_factory=Times)


class Household:
    """Whose telephone has which number: the people, and the browser. Voices are made once and kept."""

    def __init__(self, people: People, you: BrowserTelephone, engines: Engines, times: Times) -> None:
        self._people = people
        self._you = you
        self._engines = engines
        self._times = times
        self._voices: dict[Person, PersonVoice] = {}

    def find(self, number: str) -> Telephone | None:
        """The telephone with this number; None when nobody has it."""
        if number == YOU:
            return self._you
        person = self._people.at(number)
        if person is None:
            return None
        voice = self._voices.setdefault(person, PersonVoice(person, self._engines))
        return PersonTelephone(person, voice, self._times.ring_scale)


def build_app(
    options: SandboxOptions, engines: Engines, other_routes: list[web.RouteDef], faults: TwilioFaults | None = None
) -> web.Application:
    """The application; `engines` are started and closed by the caller. Raises PersonError for a bad person's file.

    `other_routes` are OpenAI's; they also switch `faults`.
    """
    faults = faults or TwilioFaults()
    people = People(load_folder(options.people_folder))
    calls = CallBook()
    you = BrowserTelephone(engines)
    household = Household(people, you, engines, options.times)
    webhooks = Webhooks(options.account.auth_token, faults)
    parts = Parts(webhooks, StatusCallbacks(webhooks, faults), engines, engines.voices, faults, options.account.trial)
    network = TelephoneNetwork(household.find, parts, engines, options.times)
    app = web.Application(middlewares=[loopback_only], client_max_size=MAX_BODY_BYTES)
    app.add_routes(TwilioApi(options.account, calls, network, faults).routes())
    app.add_routes(ControlApi(people, calls).routes())
    app.add_routes(you.routes())
    app.add_routes(other_routes)

    async def telephones(_app: web.Application) -> AsyncIterator[None]:
        yield
        await network.close()
        await webhooks.close()

    async def unplug(_app: web.Application) -> None:
        await you.close()

    app.cleanup_ctx.append(telephones)
    app.on_shutdown.append(unplug)
    return app
