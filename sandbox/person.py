"""How a scripted person behaves on the telephone. Pure: events in, commands out, time is an argument.

The person greets, listens until the agent has been quiet for about a second, and then says something: an answer to
what was heard (a reaction), the line again if the agent did not understand it, or the next line. After the goodbye
he or she waits for the agent's, and hangs up. Somebody who hears nothing asks "Hello?", and gives up in the end. Beside
all that there are asides: a cough, a "Mm-hm" into what the agent is saying, after which the person goes on listening.
Persons know only what they hear on the line, never the product's log.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox.people import Person
from sandbox.sayings import Saying

GOODBYE = re.compile(r"\b(good ?bye|bye[- ]bye|bye)\b", re.IGNORECASE)
REPEAT_PLEASE = re.compile(
    r"(did(n't| not)( quite)? (catch|hear|get|understand)|could(n't| not)( quite)? (hear|understand|make)"
    r"|say (that|it) (again|once more)|repeat (that|it)|one more time|sorry\??$|pardon)",
    re.IGNORECASE,
)
WAIT = re.compile(
    r"\b(one moment|just a (moment|second)|a moment,? please|let me (think|see)|bear with me|please)\b", re.IGNORECASE
)
_NUDGES = 2
_FAREWELLS = 2
_HEARING_LIMIT_S = 4.0
_AFTER_GOODBYES_S = 4.0


@dataclass(frozen=True)
class AgentStarted:
    at: float


@dataclass(frozen=True)
class AgentPaused:
    """The agent has been quiet for half a second; `at` is when the sound ended. A Heard for it follows."""

    at: float


@dataclass(frozen=True)
class Heard:
    """The words of the stretch of speech that ended at `ended`."""

    text: str
    ended: float


@dataclass(frozen=True)
class Spoken:
    """What we were saying has been said."""


Event = AgentStarted | AgentPaused | Heard | Spoken


@dataclass(frozen=True)
class Speak:
    saying: Saying
    aside: bool = False


@dataclass(frozen=True)
class HangUp:
    pass


Command = Speak | HangUp


class Behaviour:
    """One person in one call. Begins at time 0, when the receiver is lifted."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self._next_line = 0
        self._last: Saying | None = None
        self._used_reactions = [0] * len(person.reactions)
        self._speaking = False
        self._saying_aside = False
        self._spoken_at = 0.0
        self._agent_since: float | None = None
        self._interrupted_this_turn = False
        self._asides = list(person.asides)
        self._aside_this_turn = False
        self._quiet_since = 0.0
        self._paused_at: float | None = None
        self._waiting_words = 0
        self._heard: list[str] = []
        self._closing = False
        self._agent_said_goodbye = False
        self._farewells = 0
        self._nudges = 0
        self._greeted = person.greeting is None
        self._hang_up_at = person.hangs_up.after_s
        self._gone = False

    def handle(self, event: Event, now: float) -> list[Command]:
        """Something happened on the line."""
        match event:
            case AgentStarted():
                self._agent_since = event.at
                self._interrupted_this_turn = False
                self._paused_at = None
            case AgentPaused():
                self._agent_since = None
                self._quiet_since = event.at
                self._paused_at = event.at
                self._waiting_words += 1
            case Heard():
                self._waiting_words = max(0, self._waiting_words - 1)
                # What ended before we finished speaking was talked over: nobody answers that.
                talked_over = event.ended <= self._spoken_at or (self._speaking and not self._saying_aside)
                if event.text and not talked_over:
                    self._heard.append(event.text)
            case Spoken():
                self._finish_speaking(now)
        return self.tick(now)

    def tick(self, now: float) -> list[Command]:
        """Time has passed; call it at least every 20 ms of the line."""
        if self._gone:
            return []
        if self._hang_up_at is not None and now >= self._hang_up_at:
            self._gone = True
            return [HangUp()]
        if self._speaking:
            return []
        if not self._greeted and self._person.greeting is not None and now >= self._person.greets_after_s:
            self._greeted = True
            return self._say(self._person.greeting)
        if self._person.answered_by != "human":
            return []  # A machine says its announcement and nothing else.
        upcoming = self._upcoming()
        if upcoming is not None and upcoming.alone_after_s is not None:
            return self._say(self._take_line()) if now - self._spoken_at >= upcoming.alone_after_s else []
        if self._agent_since is not None:
            return self._interrupt(now, self._agent_since)
        if self._paused_at is not None:
            return self._reply(now, self._paused_at)
        return self._endure_silence(now)

    def _interrupt(self, now: float, since: float) -> list[Command]:
        line = self._upcoming()
        if line is not None and not self._interrupted_this_turn and _is_due(line, now - since):
            self._interrupted_this_turn = True
            return self._say(self._take_line())
        if self._asides and not self._aside_this_turn and _is_due(self._asides[0], now - since):
            return self._say_aside()
        return []

    def _say_aside(self) -> list[Command]:
        self._aside_this_turn = True
        self._speaking = self._saying_aside = True
        return [Speak(self._asides.pop(0), aside=True)]

    def _reply(self, now: float, paused_at: float) -> list[Command]:
        if self._waiting_words and now - paused_at < _HEARING_LIMIT_S:
            return []
        text = " ".join(self._heard)
        upcoming = self._upcoming()
        extra = upcoming.pause_before_s if upcoming is not None else 0.0
        if now - paused_at < self._patience_s() + extra:
            return []
        self._paused_at = None
        self._heard.clear()
        if not text or _only_asks_to_wait(text):
            return []
        self._agent_said_goodbye = self._agent_said_goodbye or GOODBYE.search(text) is not None
        if self._closing:
            return self._close(text, now)
        return self._say(self._choose(text))

    def _choose(self, text: str) -> Saying | None:
        for number, reaction in enumerate(self._person.reactions):
            if self._used_reactions[number] < reaction.times and reaction.when.search(text):
                self._used_reactions[number] += 1
                return reaction.say
        if REPEAT_PLEASE.search(text) and self._last is not None:
            return self._last
        if GOODBYE.search(text):
            return self._person.farewell
        return self._take_line()

    def _close(self, text: str, now: float) -> list[Command]:
        if GOODBYE.search(text) or self._farewells >= _FAREWELLS:
            # A moment for the agent to hang up first, as callers do.
            self._hang_up_at = now + 1.0
            return []
        return self._say(self._last if REPEAT_PLEASE.search(text) and self._last else self._person.farewell)

    def _endure_silence(self, now: float) -> list[Command]:
        quiet_s = now - self._quiet_since
        both_said_goodbye = self._closing and self._agent_said_goodbye
        if quiet_s >= (_AFTER_GOODBYES_S if both_said_goodbye else self._person.gives_up_after_s):
            self._gone = True
            return [HangUp()]
        asks_after_s = self._person.gives_up_after_s * (self._nudges + 1) / (_NUDGES + 1)
        if self._person.nudge is None or self._closing:
            return []
        if self._nudges < _NUDGES and quiet_s >= asks_after_s:
            self._nudges += 1
            return self._say(self._person.nudge, keep_quiet_since=True)
        return []

    def _say(self, saying: Saying | None, *, keep_quiet_since: bool = False) -> list[Command]:
        if saying is None:
            return []
        if saying is not self._person.nudge:
            self._last = saying
        self._speaking = True
        self._aside_this_turn = False
        self._paused_at = None
        self._heard.clear()
        if not keep_quiet_since:
            self._nudges = 0
        if GOODBYE.search(saying.text):
            self._closing = True
            self._farewells += 1
        return [Speak(saying)]

    def _finish_speaking(self, now: float) -> None:
        self._speaking = False
        if self._saying_aside:
            self._saying_aside = False
            return
        self._spoken_at = now
        if not self._nudges:
            self._quiet_since = now
        end = self._person.hangs_up
        if end.after_line is not None and self._next_line >= min(end.after_line, len(self._person.lines)):
            self._hang_up_at = now + 0.4

    def _upcoming(self) -> Saying | None:
        lines = self._person.lines
        return lines[self._next_line] if self._next_line < len(lines) and not self._closing else None

    def _take_line(self) -> Saying | None:
        line = self._upcoming()
        if line is None:
            return self._person.farewell
        self._next_line += 1
        return line

    def _patience_s(self) -> float:
        """0.8 to 1.2 s of quiet, a little different each time, the same in each run."""
        return 0.8 + 0.1 * (self._next_line * 7 % 5)


def _is_due(saying: Saying, agent_has_spoken_s: float) -> bool:
    return saying.interrupt_after_s is not None and agent_has_spoken_s >= saying.interrupt_after_s


def _only_asks_to_wait(text: str) -> bool:
    """True for "One moment, please.", not when more was said in the same breath."""
    return WAIT.search(text) is not None and not re.search(r"\w", WAIT.sub("", text))
