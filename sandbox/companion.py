"""The scripted companion: answers a chat as a language model would be asked to, by keywords (pure, deterministic).

It is what the sandbox's chat completions say when no language model is there, and it says so when asked. The whole
state is the history in the messages: the same messages and the same `now` give the same answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sandbox.companion_script import (
    EMERGENCY,
    GENERAL_QUESTIONS,
    GOODBYE,
    HOLD_ON,
    LET_ME_WAIT,
    NO,
    OPENERS,
    REPAIR_SAYS,
    REPAIRS,
    SAY_AGAIN,
    SORRY_OPENER,
    TELL_MORE,
    TOPICS,
    YES,
    Question,
    Topic,
)
from sandbox.companion_slots import Slots, own_name_in, slots_in

_ASKS_BACK = re.compile(r"\b(?:how are you|how do you do|and you|(?:how|what) about you(?:rself)?)\b\W*", re.I)
_TIME = re.compile(
    r"\b(?:what(?:'s| is)? the time|what time|what day|which day|what(?:'s| is) the date|what date)\b", re.I
)
_SUMMARISE = re.compile(r"\bsummari[sz]e\b", re.I)
_SAID_GOODBYE = re.compile(r"\bsaid goodbye\b", re.I)
_OUR_LINE = re.compile(r"^\s*(?:assistant|agent|kindline|companion|ai|you)\s*:", re.I)
_THEIR_LABEL = re.compile(r"^\s*(?:user|person|they|caller|human|senior)\s*:\s*", re.I)
_SHORT_WORDS = 4
_SHORT_CLAUSE_WORDS = 4
_OPENER = re.compile(rf"^(?:{SORRY_OPENER}|{'|'.join(OPENERS)}), (\w)")

_ALL_QUESTIONS = tuple(
    dict.fromkeys([*GENERAL_QUESTIONS, TELL_MORE, *REPAIRS, *(question for topic in TOPICS for question in topic.asks)])
)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the chat: role is system, developer, user or assistant."""

    role: str
    content: str


def answer(messages: Sequence[Message], now: datetime) -> str:
    """What the companion says next: one to three short sentences, with one question unless it is a goodbye, or the
    person has asked to wait. It begins with a few words that can be spoken while the rest is still being made."""
    if any(m.role in _SYSTEM and _SUMMARISE.search(m.content) for m in messages):
        return summary(messages)
    history = _History(messages)
    if history.told_of_goodbye() or GOODBYE.search(history.last_said):
        return _goodbye(history)
    if not history.last_said.strip():
        return "Hello, this is an automated voice. How are you today?" if not history.ours else _repair(history)
    if SAY_AGAIN.search(history.last_said):
        return _again(history)
    if HOLD_ON.search(history.last_said):
        return LET_ME_WAIT
    if _TIME.search(history.last_said):
        told = f"It is {_clock(now)}, and today is {now:%A}, {now:%B} {now.day}."
        return f"{told} {history.next_question(()).text}"
    return _opened(_talk(history), len(history.ours))


def summary(messages: Sequence[Message]) -> str:
    """A short factual summary of what the person said, in at most about 60 words."""
    said = _their_lines(messages)
    if not said:
        return "The person has not said anything yet."
    topics = list(dict.fromkeys(t.name for line in said if (t := _topic_of(line)) is not None and not t.small_talk))
    people = list(dict.fromkeys(slot.person for line in said if (slot := slots_in(line)).person))
    names = [name for line in said if (name := own_name_in(line))]
    facts = []
    if names:
        facts.append(f"The person's name is {names[-1]}.")
    if topics:
        facts.append(f"The person talked about {_listed(topics[:4])}.")
    if people:
        facts.append(f"They mentioned {_listed([str(p).replace('your ', 'their ') for p in people[:3]])}.")
    last = " ".join(said[-1].split()[:25])
    facts.append(f'Last they said: "{last}"')
    return " ".join(facts)


_SYSTEM = ("system", "developer")


class _History:
    """The conversation so far."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self._messages = messages
        self.theirs = [_without_notes(m.content) for m in messages if m.role == "user"]
        self.ours = [_without_notes(m.content) for m in messages if m.role == "assistant"]
        self.last_said = self.theirs[-1] if self.theirs else ""

    def told_of_goodbye(self) -> bool:
        """Does a hint beside the person's last words say that these were a goodbye? (The first message is the general
        prompt, which may well speak of goodbyes.)"""
        last = max((i for i, m in enumerate(self._messages) if m.role == "user"), default=len(self._messages))
        near = [m for i, m in enumerate(self._messages) if i > last or (i == last - 1 and i > 0)]
        return any(m.role in _SYSTEM and _SAID_GOODBYE.search(m.content) for m in near)

    def times_asked(self, question: Question) -> int:
        return sum(question.text in line or question.again in line for line in self.ours)

    def last_question(self) -> Question | None:
        """Which of our questions the person is answering."""
        if not self.ours:
            return None
        return next((q for q in _ALL_QUESTIONS if q.text in self.ours[-1] or q.again in self.ours[-1]), None)

    def next_question(self, wanted: Sequence[Question]) -> Question:
        """A question that was not asked yet, about the topic if there is one; else the one that was asked least. Never
        the one that was asked just now."""
        last = self.last_question()
        fresh = [q for q in (*wanted, *GENERAL_QUESTIONS) if self.times_asked(q) == 0]
        if fresh:
            return fresh[0]
        return min((q for q in GENERAL_QUESTIONS if q != last), key=self.times_asked)

    def name(self) -> str | None:
        names = [name for line in self.theirs if (name := own_name_in(line))]
        return names[-1] if names else None


def _talk(history: _History) -> str:
    said = history.last_said
    asked_back = _ASKS_BACK.search(said) is not None
    rest = _ASKS_BACK.sub("", said)
    topic, slots = _topic_of(rest), slots_in(said)
    short = len(rest.split()) <= _SHORT_WORDS
    question = history.last_question()
    if question is not None and short and slots == Slots() and (YES.search(rest) or NO.search(rest)):
        says = question.yes if YES.search(rest) else question.no
        return _joined(_about_me(asked_back), says, history.next_question(topic.asks if topic else ()))
    if topic is not None:
        before = sum(_topic_of(line) is topic for line in history.theirs[:-1])
        says = _said_back(slots, topic) + topic.says[before % len(topic.says)]
        return _joined(_about_me(asked_back), says, history.next_question(topic.asks))
    if slots != Slots():
        return _joined(_about_me(asked_back), _said_back(slots, None).strip(), history.next_question(()))
    if asked_back:
        return _joined(_about_me(True), "", history.next_question(()))
    if YES.search(rest) or NO.search(rest):
        return _joined("", "I see, thank you.", history.next_question(()))
    if len(rest.split()) < _SHORT_WORDS:
        return _repair(history)
    return _joined("", "Thank you for telling me that.", history.next_question((TELL_MORE,)))


def _said_back(slots: Slots, topic: Topic | None) -> str:
    """The names, days and numbers of the turn, so that the person knows they were heard; empty if there are none."""
    parts = []
    if slots.own_name:
        parts.append(f"It is nice to talk with you, {slots.own_name}.")
    if slots.age:
        parts.append(f"{slots.age[0].upper()}{slots.age[1:]}, that is a fine age.")
    when = None if topic is not None and topic.sad else slots.when
    heard = [part for part in (slots.person, slots.count, when) if part]
    if heard:
        parts.append(f"I see, {', '.join(heard)}.")
    return "".join(f"{part} " for part in parts)


def _again(history: _History) -> str:
    if not history.ours:
        return "I said hello. How are you today?"
    question = history.last_question()
    said = [
        s for s in _sentences(history.ours[-1]) if not s.endswith("?") and not s.startswith(("I asked", "Of course"))
    ]
    statement = _without_opener(" ".join(said[-2:]).removeprefix("I said: "))
    opening = f"Of course. I said: {statement}" if statement else "Of course."
    if question is None:
        return f"{opening} {history.next_question(()).text}"
    # In other words: somebody who did not understand it once may not understand the same words again.
    return f"{opening} {question.again if question.again not in history.ours[-1] else question.text}"


def _repair(history: _History) -> str:
    used = sum(any(q.text in line for q in REPAIRS) for line in history.ours[-2:])
    if used >= 2:
        return _joined("", "I am sorry, the line is not so good.", history.next_question(()))
    last = history.last_question()
    question = next(q for q in REPAIRS if q != last)
    return f"{REPAIR_SAYS[used]} {question.text}"


def _goodbye(history: _History) -> str:
    name = history.name()
    return f"Thank you for talking with me{f', {name}' if name else ''}, take care, and goodbye."


def _without_notes(text: str) -> str:
    """Without what is in square brackets: notes to a model about the call, such as where it was interrupted."""
    return re.sub(r"\s*\[[^\]]*\]", "", text).strip()


def _topic_of(text: str) -> Topic | None:
    return next((topic for topic in TOPICS if topic.pattern.search(text)), None)


def _about_me(asked: bool) -> str:
    return "Thank you for asking, all is well with me." if asked else ""


def _joined(first: str, second: str, question: Question) -> str:
    return " ".join(part for part in (first, second, question.text) if part)


def _opened(text: str, turn: int) -> str:
    """`text` with a short first clause, as people and language models begin: "Oh, I am glad to hear it" is one."""
    first_clause = re.split(r"[,.!?;:]", text, maxsplit=1)[0]
    if len(first_clause.split()) <= _SHORT_CLAUSE_WORDS or text.startswith(EMERGENCY.says):
        return text
    is_sorry = first_clause.startswith(("I am sorry", "I am very sorry"))
    opener = SORRY_OPENER if is_sorry else OPENERS[turn % len(OPENERS)]
    rest = text if text.startswith(("I ", "Kindline")) else text[0].lower() + text[1:]
    return f"{opener}, {rest}"


def _without_opener(text: str) -> str:
    return _OPENER.sub(lambda found: found[1].upper(), text)


def _sentences(text: str) -> list[str]:
    return [s for s in re.split(r"(?<=[.!?])\s+", text.strip()) if s]


def _listed(things: Sequence[str]) -> str:
    return things[0] if len(things) == 1 else f"{', '.join(things[:-1])} and {things[-1]}"


def _clock(now: datetime) -> str:
    part = "in the morning" if now.hour < 12 else "in the afternoon" if now.hour < 18 else "in the evening"
    return f"{(now.hour - 1) % 12 + 1}:{now.minute:02} {part}"


def _their_lines(messages: Sequence[Message]) -> list[str]:
    """What the person said, from user messages or from a transcript inside one."""
    lines = [line for m in messages if m.role == "user" for line in m.content.splitlines()]
    theirs = [_THEIR_LABEL.sub("", line).strip() for line in lines if not _OUR_LINE.match(line)]
    return [line for line in theirs if line and not _SUMMARISE.search(line)]
