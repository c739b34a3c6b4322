"""The report of a demo call: what the product wrote down beside what was really said and heard on the line.

Pure. Two witnesses are joined by the clock: the product's call events, and the sandbox's recording of the telephone
line (each side's audible utterances; the agent's in the words of the sandbox's own speech recognition).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

UNDERSTOOD_WER = 0.30
TURNS_WANTED = 3
_CLOCK_SLACK_S = 0.2
_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_IN_CODE = {"goodbye", "repeat", "line"}
_GOODBYE = re.compile(r"\b(good ?bye|bye)\b")


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the person, and our answer to it."""

    said: str
    heard_as: str
    answer: str
    answer_heard: str
    interrupted: bool
    latency_ms: int | None
    """On the line: from the last sound of the person to the first sound of the answer."""

    @property
    def is_understood_and_answered(self) -> bool:
        """At most 30 % of the words wrong, and an answer that could be heard."""
        return bool(self.answer and self.answer_heard) and word_error_rate(self.said, self.heard_as) <= UNDERSTOOD_WER


@dataclass(frozen=True, slots=True)
class Report:
    """One whole call."""

    outcome: str
    ended_by: str | None
    duration_s: float | None
    greeting_ms: int | None
    turns: list[Turn]
    errors: list[str]
    ended_with_goodbye: bool

    @property
    def failures(self) -> list[str]:
        """Why the call was not a success; empty if it was."""
        understood = sum(turn.is_understood_and_answered for turn in self.turns)
        checks = {
            f"the call was not answered ({self.outcome})": self.outcome == "answered",
            f"only {understood} turns were understood and answered": understood >= TURNS_WANTED,
            "it did not end with a spoken goodbye": self.ended_with_goodbye,
        }
        return [failure for failure, passed in checks.items() if not passed]

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values."""
        return asdict(self)


def build_report(call: dict[str, Any], events: Sequence[dict[str, Any]], line: dict[str, Any] | None) -> Report:
    """Joins the call and its events (panel API) with the sandbox's report of the line (None if nobody answered)."""
    if line is None or call["answered_at"] is None:
        return Report(call["status"], None, None, None, [], [call["end_reason"] or call["status"]], False)
    utterances: list[dict[str, Any]] = line["utterances"]
    agent_words = [u["text"] for u in utterances if u["speaker"] == "agent"]
    errors = [f"{warning['code']}: {warning['message']}" for warning in line["warnings"]]
    errors += [f"{e['data']['stage']} failed: {e['data']['problem']}" for e in events if e["kind"] == "stage.failed"]
    return Report(
        outcome="answered",
        ended_by=line["ended_by"],
        duration_s=round(line["ended_at"] - line["answered_at"], 1),
        greeting_ms=line["greeting_ms"],
        turns=_turns(events, utterances),
        errors=errors,
        ended_with_goodbye=any(_GOODBYE.search(_normalised_text(text)) for text in agent_words[-2:]),
    )


def _turns(events: Sequence[dict[str, Any]], utterances: Sequence[dict[str, Any]]) -> list[Turn]:
    """A row for each group of the person's utterances that the product took as one turn, or one it took as several."""
    tellings = [event for event in events if event["kind"] == "person.said"]
    text_of = {event["data"]["turn"]: event["data"]["text"] for event in tellings}
    groups: dict[tuple[int, ...], list[dict[str, Any]]] = {}
    for utterance in (u for u in utterances if u["speaker"] == "person" and not u.get("aside")):
        unheard = (-len(groups) - 1,)
        groups.setdefault(_turns_of(utterance, tellings, utterances) or unheard, []).append(utterance)
    ordered = list(groups.items())
    rows = []
    for i, (numbers, said) in enumerate(ordered):
        next_start = ordered[i + 1][1][0]["started_at"] if i + 1 < len(ordered) else float("inf")
        heard_as = " ".join(text_of[number] for number in numbers if number in text_of)
        if i == 0 and not heard_as and len(said[0]["text"].split()) <= 2:
            continue  # the "Hello?" of picking up, which the greeting answers
        rows.append(_turn(said, heard_as, numbers, next_start, events, utterances))
    return rows


def _turns_of(
    utterance: dict[str, Any], tellings: Sequence[dict[str, Any]], utterances: Sequence[dict[str, Any]]
) -> tuple[int, ...]:
    """The product's turns that hold this utterance: those told while it lasted, and the first one after it.

    Empty if it was only a "Hello?" or "Mm-hm." over our voice, which is meant to be passed over.
    """
    numbers: list[int] = []
    for telling in tellings:
        if telling["at"] < utterance["started_at"] + _CLOCK_SLACK_S:
            continue
        if not numbers and _was_passed_over(utterance, telling["at"], utterances):
            break
        if telling["data"]["turn"] not in numbers:
            numbers.append(telling["data"]["turn"])
        if telling["at"] >= utterance["ended_at"] - _CLOCK_SLACK_S:
            break
    return tuple(numbers)


def _was_passed_over(utterance: dict[str, Any], until: float, utterances: Sequence[dict[str, Any]]) -> bool:
    """True for a word or two while we spoke, when the person spoke again before a turn was told at `until`."""
    begun = utterance["started_at"]
    we_spoke_on = any(
        u["speaker"] == "agent" and u["started_at"] < utterance["ended_at"] + _CLOCK_SLACK_S < u["ended_at"]
        for u in utterances
    )
    spoke_again = any(u["speaker"] == "person" and begun < u["started_at"] < until for u in utterances)
    return len(utterance["text"].split()) <= 2 and we_spoke_on and spoke_again


def _turn(
    said: list[dict[str, Any]],
    heard_as: str,
    numbers: tuple[int, ...],
    next_start: float,
    events: Sequence[dict[str, Any]],
    utterances: Sequence[dict[str, Any]],
) -> Turn:
    ended_at = said[-1]["ended_at"]
    ours = [e for e in events if e["kind"] == "agent.said"]
    answers = [e["data"] for e in ours if e["data"]["turn"] in numbers] or [
        # A wish, a "Pardon?" and a goodbye may be answered without a model: such an answer has no turn's number.
        e["data"]
        for e in ours
        if e["data"]["role"] in _IN_CODE and ended_at < e["at"] < next_start
    ]
    audible = [u for u in utterances if u["speaker"] == "agent" and ended_at < u["started_at"] < next_start]
    begun = [e["at"] for e in events if e["kind"] == "reply.started" and e["data"]["turn"] in numbers]
    if begun:  # a holding word before the answer is not its first sound
        audible = [u for u in audible if u["ended_at"] > begun[-1]]
    return Turn(
        said=" ".join(u["text"] for u in said),
        heard_as=heard_as,
        answer=" ".join(answer["text"] for answer in answers),
        answer_heard=" ".join(u["text"] for u in audible),
        interrupted=any(answer["interrupted"] for answer in answers),
        latency_ms=round((audible[0]["started_at"] - ended_at) * 1000) if audible else None,
    )


def word_error_rate(said: str, heard: str) -> float:
    """Word errors (substituted, left out, put in) per word said; case, punctuation and digits do not count."""
    reference, hypothesis = _words(said), _words(heard)
    if not reference:
        return float(bool(hypothesis))
    distances = list(range(len(hypothesis) + 1))
    for i, word in enumerate(reference, 1):
        previous, distances[0] = distances[0], i
        for j, other in enumerate(hypothesis, 1):
            substituted = previous + (word != other)
            previous = distances[j]
            distances[j] = min(substituted, distances[j] + 1, distances[j - 1] + 1)
    return distances[-1] / len(reference)


def _words(text: str) -> list[str]:
    return _normalised_text(text).split()


def _normalised_text(text: str) -> str:
    """Lower case, no punctuation, numbers up to 99 in words: the two sides may write them differently."""
    plain = re.sub(r"[^a-z0-9' ]+", " ", text.lower().replace("’", "'"))
    return re.sub(r"\d{1,2}(?!\d)", lambda found: f" {_spoken(int(found.group()))} ", plain)


def _spoken(number: int) -> str:
    if number < 20:
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens - 2] + (f" {_ONES[ones]}" if ones else "")
