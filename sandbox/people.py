"""The scripted people who answer the telephone: a TOML file each (`sandbox/people/README.md` tells the format).

Reading and checking only: a mistake in a file becomes one PersonError that names the file and the key. How a person
behaves is `person`, how he or she sounds `person_voice`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sandbox.dial_plan import persons_numbers
from sandbox.echo import LONGEST_MS, MOST_DOWN_DB, SHORTEST_MS, Echo
from sandbox.sayings import Saying, mistake_in_text, mistake_in_wav
from sandbox.toml_table import Table, TableError

FOLDER = Path(__file__).parent / "people"
VOICES = ("joe", "pico-en-GB", "pico-en-US")
NOISES = ("hum", "hiss", "room", "television")
ANSWERED_BY = ("human", "machine_start", "fax")
LONGEST_NAME = 80


class PersonError(Exception):
    """A person's file cannot be used; the message names the file and the key."""


@dataclass(frozen=True)
class Reaction:
    """Say this when the agent's last words match, at most `times` times in a call."""

    when: re.Pattern[str]
    say: Saying
    times: int = 1


@dataclass(frozen=True)
class HangsUp:
    """When the person puts the receiver down. With neither set: after the goodbyes."""

    after_s: float | None = None
    after_line: int | None = None


@dataclass(frozen=True)
class Noise:
    kind: str
    level_dbfs: float


@dataclass(frozen=True)
class Person:
    """One person's file. Times in seconds, levels in dBFS of active speech (-20 is loud, -35 soft)."""

    name: str
    description: str
    lines: tuple[Saying, ...]
    number: str = ""
    voice: str = "joe"
    pace: float = 1.0
    level_dbfs: float = -22.0
    trails_off_db: float = 0.0
    noise: Noise | None = None
    echo: Echo | None = None
    answers_after_s: float = 2.0
    answered_by: str = "human"
    greeting: Saying | None = Saying("Hello?")
    greets_after_s: float = 0.3
    asides: tuple[Saying, ...] = ()
    farewell: Saying | None = Saying("Goodbye.")
    nudge: Saying | None = Saying("Hello? Are you there?")
    gives_up_after_s: float = 25.0
    hangs_up: HangsUp = HangsUp()
    reactions: tuple[Reaction, ...] = ()
    file: Path | None = field(default=None, compare=False)

    def sayings(self) -> Iterator[Saying]:
        """Everything this person may say in a call."""
        if self.greeting is not None:
            yield self.greeting
        yield from self.asides
        yield from self.lines
        yield from (reaction.say for reaction in self.reactions)
        yield from (saying for saying in (self.farewell, self.nudge) if saying is not None)


class People:
    """Who can be rung, by number. Number +12025550100 is the browser's telephone and is nobody's here."""

    def __init__(self, persons: list[Person]) -> None:
        self._by_number: dict[str, Person] = {}
        for person in sorted(persons, key=lambda one: not one.number):
            self.add(person)

    def add(self, person: Person) -> Person:
        """Give the person a number (a known name keeps its own). Raises PersonError when the number is taken."""
        known = next((number for number, other in self._by_number.items() if other.name == person.name), None)
        number = person.number or known or self._free_number(person)
        holder = self._by_number.get(number)
        if holder is not None and holder.name != person.name:
            why = f"{number} is the number of {holder.name}; give another, or none for the next that is free"
            raise PersonError(f"{person.file or person.name}: number: {why}")
        if known is not None:
            del self._by_number[known]
        numbered = replace(person, number=number)
        self._by_number[number] = numbered
        return numbered

    def at(self, number: str) -> Person | None:
        return self._by_number.get(number)

    def __iter__(self) -> Iterator[Person]:
        return iter(sorted(self._by_number.values(), key=lambda person: person.number))

    def _free_number(self, person: Person) -> str:
        for number in persons_numbers():
            if number not in self._by_number:
                return number
        raise PersonError(f"{person.file or person.name}: number: all numbers for people are taken")


def load_folder(folder: Path = FOLDER) -> list[Person]:
    """All people of a folder, by file name."""
    return [load(path) for path in sorted(folder.glob("*.toml"))]


def load(path: Path) -> Person:
    """Read one person's file. Raises PersonError."""
    try:
        with path.open("rb") as file:
            fields = tomllib.load(file)
    except OSError as problem:
        raise PersonError(f"{path}: cannot be read: {problem.strerror or problem}") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise PersonError(f"{path}: not TOML: {problem}") from problem
    try:
        return _PersonTable(path, fields).person()
    except TableError as mistake:
        raise PersonError(f"{path}: {mistake}") from mistake


class _PersonTable(Table):
    """A person's file, or a table in it that says something (which needs to know where the file is)."""

    def __init__(self, path: Path, fields: dict[str, Any], prefix: str = "") -> None:
        super().__init__(fields, prefix)
        self._path = path

    def person(self) -> Person:
        person = Person(
            name=self.text("name", LONGEST_NAME),
            description=self.text("description"),
            lines=self.lines(),
            number=self.number(),
            voice=self.choice("voice", VOICES, "joe"),
            pace=self.between("pace", 0.5, 2.0, 1.0),
            level_dbfs=self.between("level_dbfs", -60, -6, -22.0),
            trails_off_db=self.between("trails_off_db", 0, 30, 0.0),
            noise=self.noise(),
            echo=self.echo(),
            answers_after_s=self.between("answers_after_s", 0, 600, 2.0),
            answered_by=self.choice("answered_by", ANSWERED_BY, "human"),
            greeting=self.saying_or_nothing("greeting", "Hello?"),
            greets_after_s=self.between("greets_after_s", 0, 60, 0.3),
            asides=self.asides(),
            farewell=self.saying_or_nothing("farewell", "Goodbye."),
            nudge=self.saying_or_nothing("nudge", "Hello? Are you there?"),
            gives_up_after_s=self.between("gives_up_after_s", 1, 600, 25.0),
            hangs_up=self.hangs_up(),
            reactions=self.reactions(),
            file=self._path,
        )
        self.nothing_left()
        if person.answered_by == "human" and not person.lines and not person.reactions:
            self.refuse("lines", "must have at least one line; only a machine, or one who reacts, needs none")
        return person

    def number(self) -> str:
        value = self.take("number", "")
        if value != "" and value not in persons_numbers():
            self.refuse("number", f"must be a number reserved for fiction, +12025550101 to +12025550179, not {value!r}")
        return str(value)

    def saying_or_nothing(self, key: str, default: str) -> Saying | None:
        """An empty text means that the person says nothing."""
        value = self.take(key, default)
        return None if value == "" else self.as_saying(key, value)

    def as_saying(self, key: str, value: Any) -> Saying:
        """A text, or a table {say | wav and says, and when}."""
        if isinstance(value, str) and value.strip():
            return Saying(self.directed(key, value.strip()))
        if not isinstance(value, dict):
            self.refuse(key, "must be a text or a table with say = or wav =")
        table = _PersonTable(self._path, value, f"{self._prefix}{key}.")
        wav = self._path.parent / table.text("wav") if "wav" in value else None
        if wav is not None and (mistake := mistake_in_wav(wav)):
            table.refuse("wav", mistake)
        key = "says" if wav else "say"
        saying = Saying(
            table.directed(key, table.text(key)),
            wav,
            table.between("pause_before_s", 0, 60, 0.0),
            table.maybe_between("interrupt_after_s", 0, 60),
            table.maybe_between("alone_after_s", 0, 300),
        )
        table.nothing_left()
        if saying.alone_after_s is not None and (saying.pause_before_s or saying.interrupt_after_s is not None):
            table.refuse("alone_after_s", "goes with neither pause_before_s nor interrupt_after_s")
        return saying

    def directed(self, key: str, text: str) -> str:
        """The text, if its stage directions are right."""
        if mistake := mistake_in_text(text):
            self.refuse(key, mistake)
        return text

    def lines(self) -> tuple[Saying, ...]:
        values = self.take("lines")
        if not isinstance(values, list):
            self.refuse("lines", "is missing" if values is None else "must be a list")
        return tuple(self.as_saying(f"lines[{number}]", value) for number, value in enumerate(values))

    def asides(self) -> tuple[Saying, ...]:
        values = self.take("asides", [])
        if not isinstance(values, list):
            self.refuse("asides", "must be a list")
        asides = tuple(self.as_saying(f"asides[{number}]", value) for number, value in enumerate(values))
        for number, aside in enumerate(asides):
            if aside.interrupt_after_s is None:
                self.refuse(f"asides[{number}]", "must be a table with interrupt_after_s =, and say = or wav =")
        return asides

    def noise(self) -> Noise | None:
        table = self.table("noise", "{kind, level_dbfs}")
        if table is None:
            return None
        noise = Noise(table.choice("kind", NOISES, "hum"), table.between("level_dbfs", -90, -20, -50.0))
        table.nothing_left()
        return noise

    def echo(self) -> Echo | None:
        table = self.table("echo", "{delay_ms, down_db}")
        if table is None:
            return None
        delay_ms = table.between("delay_ms", SHORTEST_MS, LONGEST_MS, 180)
        echo = Echo(delay_ms, table.between("down_db", 0, MOST_DOWN_DB, 18))
        table.nothing_left()
        return echo

    def hangs_up(self) -> HangsUp:
        value = self.take("hangs_up", "after_goodbye")
        if value == "after_goodbye":
            return HangsUp()
        if value == "after_line":
            return HangsUp(after_line=10_000)
        if not isinstance(value, dict) or len(value) != 1:
            self.refuse("hangs_up", 'must be "after_goodbye", "after_line", {after_s = 12.5} or {after_line = 2}')
        table = Table(value, "hangs_up.")
        if "after_line" in table:
            return HangsUp(after_line=table.whole("after_line", 1, 1000, 1))
        if "after_s" not in table:
            table.nothing_left()
        return HangsUp(after_s=table.between("after_s", 0, 3600, 0))

    def reactions(self) -> tuple[Reaction, ...]:
        values = self.take("reactions", [])
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            self.refuse("reactions", "must be a list of tables [[reactions]]")
        return tuple(self.reaction(f"reactions[{number}]", value) for number, value in enumerate(values))

    def reaction(self, key: str, value: dict[str, Any]) -> Reaction:
        table = _PersonTable(self._path, value, f"{key}.")
        pattern = table.text("when")
        try:
            when = re.compile(pattern, re.IGNORECASE)
        except re.error as problem:
            table.refuse("when", f"is not a regular expression: {problem}")
        if "say" not in table:
            table.refuse("say", "is missing")
        reaction = Reaction(when, table.as_saying("say", table.take("say")), table.whole("times", 1, 100, 1))
        table.nothing_left()
        return reaction
