"""What has been said in a call, as messages for the language model.

What the person did not hear is not in it: an answer that was taken back never happened, and of one that was broken off
only the heard words stay, with a note. It stays small: older lines give way to a summary, and if none can be had, the
oldest are forgotten. Not here: asking the model (`reply.py`), and what is said to the person about trouble, which is no
part of the conversation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from voicebridge.dialogue.prompts import CLOSING_HINT, INTERRUPTED, INTRODUCE_YOURSELF, SUMMARISE

_KEPT_AFTER_SUMMARY = 10
"""The last lines stay word for word."""
_LONGEST_SUMMARY = 3000


class Message(NamedTuple):
    """One message of a chat: role is system, user or assistant."""

    role: str
    content: str


@dataclass(slots=True)
class _Line:
    role: str
    number: int
    """The turn's, or the reply's."""
    content: str


class Conversation:
    """One call's memory: at most `keep_messages` lines; when there are `summarise_at`, the older want a summary."""

    def __init__(self, system_prompt: str, *, keep_messages: int = 40, summarise_at: int = 30) -> None:
        self._system_prompt = system_prompt
        self._keep_messages = keep_messages
        self._summarise_at = summarise_at
        self._lines: list[_Line] = []
        self._summary = ""
        self._is_unintroduced = False
        self._being_summarised = 0
        """So many of the oldest lines are with the model."""

    def person_said(self, turn: int, text: str) -> None:
        """A turn of the person. Told again, it replaces what was told of it before, and stands after what we began to
        answer to that."""
        self._lines = [line for line in self._lines if (line.role, line.number) != ("user", turn)]
        self._tell(_Line("user", turn, text))

    def agent_said(self, reply: int, heard: str, interrupted: bool) -> None:
        """What was heard of one of our replies. Told again, it replaces what was told of it before."""
        content = f"{heard} {INTERRUPTED}" if heard and interrupted else heard
        self._tell(_Line("assistant", reply, content))
        self._is_unintroduced = False

    def greeting_was_cut_short(self) -> None:
        """The person has not heard who is calling: the next answer has to say it."""
        self._is_unintroduced = True

    def messages(self, *, closing: bool = False, also_said: tuple[int, str] | None = None) -> list[Message]:
        """Everything the model has to know for its next answer. `closing`: that answer is our goodbye.

        `also_said`: a turn and its text, for an answer that is prepared before the turn is surely over.
        """
        told = [Message("system", self._system_prompt)]
        if self._summary:
            told.append(Message("system", f"Earlier in this call: {self._summary}"))
        lines = self._lines
        if also_said is not None:
            turn, text = also_said
            lines = [line for line in lines if (line.role, line.number) != ("user", turn)]
            lines.append(_Line("user", turn, text))
        told += [Message(line.role, line.content) for line in lines]
        if self._is_unintroduced and not closing:
            told.append(Message("system", INTRODUCE_YOURSELF))
        if closing:
            told.append(Message("system", CLOSING_HINT))
        return told

    # --- the summary

    def to_summarise(self) -> list[Message] | None:
        """When it is time: what the model is to be asked for a summary of the older lines. One at a time."""
        if self._being_summarised or len(self._lines) < self._summarise_at:
            return None
        self._being_summarised = len(self._lines) - min(_KEPT_AFTER_SUMMARY, self._summarise_at // 2)
        speakers = {"user": "Person", "assistant": "Kindline"}
        told = [f"Earlier: {self._summary}"] if self._summary else []
        told += [f"{speakers[line.role]}: {line.content}" for line in self._lines[: self._being_summarised]]
        return [Message("system", SUMMARISE), Message("user", "\n".join(told))]

    def summarised(self, text: str) -> None:
        """The model's summary takes the place of the lines it was made from. An empty one is a failure."""
        if text.strip():
            self._summary = text.strip()[:_LONGEST_SUMMARY]
            del self._lines[: self._being_summarised]
        self._being_summarised = 0

    def summary_failed(self) -> None:
        """There is none: the lines stay, and it is tried again when the next one is told."""
        self._being_summarised = 0

    def _tell(self, new: _Line) -> None:
        for place in reversed(range(len(self._lines))):
            line = self._lines[place]
            if (line.role, line.number) == (new.role, new.number):
                self._lines[place : place + 1] = [new] if new.content else []
                return
        if new.content:
            self._lines.append(new)
        if len(self._lines) > self._keep_messages:
            del self._lines[0]
            self._being_summarised = max(0, self._being_summarised - 1)
