"""One call of the demo without a browser: placed through the panel's API, told on the terminal as it happens."""

from __future__ import annotations

import json
import time
import urllib.error
from pathlib import Path
from typing import Any

from sandbox.dial_plan import YOU
from scripts.call_report import Report, build_report
from scripts.stack import Stack, StackError, fetch

LONGEST_CALL_S = 600.0
REPORT_WITHIN_S = 60.0
OVER = {"completed", "busy", "no-answer", "failed", "canceled"}


def place_call(stack: Stack, person: str) -> tuple[Report, str | None]:
    """Calls `person` (a name, or a path to a person.toml) and waits for the end: the report, and the sandbox's call.

    Raises `StackError` if there is no such person or the call is refused.
    """
    name, number = find_person(stack, person)
    print(f"Calling {name} ({number}) ...", flush=True)
    try:
        call = stack.api("POST", "/api/calls", {"to": number, "person_name": name})["call"]
    except urllib.error.HTTPError as error:
        raise StackError(f"The call was refused: {_message(error)}") from None
    events = follow(stack, call["id"])
    call = stack.api("GET", f"/api/calls/{call['id']}")["call"]
    line = line_report(stack, number) if call["answered_at"] is not None else None
    return build_report(call, events, line), line["sid"] if line else None


def find_person(stack: Stack, person: str) -> tuple[str, str]:
    """Name and number of a scripted person, or of one brought as a file. Raises `StackError`."""
    if person.endswith(".toml"):
        try:
            brought = stack.sandbox("POST", "/sandbox/people", {"path": str(Path(person).resolve())})
        except urllib.error.HTTPError as error:
            raise StackError(f"{person} cannot be used: {_message(error)}") from None
        return brought["name"], brought["number"]
    people = stack.sandbox("GET", "/sandbox/people")["people"]
    for known in people:
        if known["name"].lower() == person.lower():
            return known["name"], known["number"]
    names = ", ".join(known["name"] for known in people if known["number"] != YOU)
    raise StackError(f"Nobody here is called {person}. There are: {names}; or name a person.toml.")


def follow(stack: Stack, call_id: str) -> list[dict[str, Any]]:
    """Prints the conversation until the call is over; all of its events."""
    events: list[dict[str, Any]] = []
    deadline = time.monotonic() + LONGEST_CALL_S
    over_since: float | None = None
    while time.monotonic() < deadline:
        after = events[-1]["seq"] if events else 0
        news = stack.api("GET", f"/api/calls/{call_id}/events?after={after}")["events"]
        for event in news:
            _tell(event, events)
            events.append(event)
            if event["kind"] == "call.status" and event["data"]["status"] in OVER:
                over_since = time.monotonic()
        if over_since is not None and not news and time.monotonic() - over_since > 1.0:
            return events
        time.sleep(0.1)
    stack.api("POST", f"/api/calls/{call_id}/hangup")
    return events


def line_report(stack: Stack, number: str) -> dict[str, Any]:
    """What the sandbox recorded on the line of the newest call to `number`."""
    deadline = time.monotonic() + REPORT_WITHIN_S
    while True:
        newest_first = stack.sandbox("GET", "/sandbox/calls")["calls"]
        sid = next(call["sid"] for call in newest_first if call["to"] == number)
        report: dict[str, Any] = stack.sandbox("GET", f"/sandbox/calls/{sid}")
        if report["done"]:
            return report
        if time.monotonic() > deadline:
            raise StackError("The sandbox did not finish its report of the line.")
        time.sleep(0.2)


def save(stack: Stack, report: Report, sid: str | None, report_file: Path | None, audio_file: Path | None) -> None:
    """Writes the report (JSON) and the line's audio (stereo WAV: person left, agent right), where asked for."""
    if report_file is not None:
        report_file.write_text(json.dumps(report.as_dict(), indent=2, ensure_ascii=False) + "\n")
    if audio_file is not None and sid is not None:
        audio_file.write_bytes(fetch(f"{stack.sandbox_url}/sandbox/calls/{sid}/audio.wav", timeout_s=60))


def print_summary(report: Report) -> None:
    """The call in a few lines, with each turn's latency on the line."""
    details = "" if report.duration_s is None else f", {report.duration_s} s, ended by the {report.ended_by}"
    print(f"\nThe call: {report.outcome}{details}.")
    if report.greeting_ms is not None:
        print(f"Greeting audible {report.greeting_ms} ms after the stream began.")
    for i, turn in enumerate(report.turns, 1):
        understood = "understood and answered" if turn.is_understood_and_answered else "NOT understood and answered"
        audible = "no answer audible" if turn.latency_ms is None else f"answer audible after {turn.latency_ms} ms"
        print(f"  turn {i}: {audible}, {understood}")
    for error in report.errors:
        print(f"  error: {error}")
    for failure in report.failures:
        print(f"Not a success: {failure}.")


def _tell(event: dict[str, Any], earlier: list[dict[str, Any]]) -> None:
    data = event["data"]
    match event["kind"]:
        case "call.status":
            print(f"  [{data['status']}]" + (f" {data['reason']}" if data["reason"] else ""), flush=True)
        case "person.said":
            goes_on = any(e["kind"] == "person.said" and e["data"]["turn"] == data["turn"] for e in earlier)
            print(f"  Person{' (going on)' if goes_on else ''}: {data['text']}", flush=True)
        case "agent.said":
            started = (e["data"] for e in earlier if e["kind"] == "reply.started")
            latency = next((d["latency_ms"] for d in started if d["reply"] == data["reply"]), None)
            notes = [f"{latency} ms"] if latency is not None else []
            notes += ["interrupted"] if data["interrupted"] else []
            print(f"  Kindline: {data['heard']}" + (f"  ({', '.join(notes)})" if notes else ""), flush=True)
        case "stage.failed":
            print(f"  [{data['stage']} failed: {data['problem']}]", flush=True)


def _message(error: urllib.error.HTTPError) -> str:
    body = error.read().decode(errors="replace")
    try:
        told = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return f"{error.code} {body[:200]}"
    return told if isinstance(told, str) else f"{told['message']} {told.get('help') or ''}".strip()
