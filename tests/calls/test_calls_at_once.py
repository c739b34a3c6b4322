"""Calls at the same time, and calls that end at any moment, leave nothing behind."""

from __future__ import annotations

import json
import re
import time
import urllib.error
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from twilio.rest import Client

from scripts.demo_call import follow
from scripts.stack import Stack, fetch
from tests.calls.conftest import play, talking_people

pytestmark = [pytest.mark.call, pytest.mark.timeout(900)]

PERSON = """
name = "{name}"
description = "Says one thing about {word}"
voice = "pico-en-GB"
answers_after_s = 0.1
greeting = ""

[hangs_up]
{hangs_up}

[[lines]]
say = "I have been thinking about {word} all day."

[[lines]]
say = "That is all I have to say."
"""


def bring(stack: Stack, folder: Path, name: str, hangs_up: str, word: str = "my garden") -> str:
    """A person of our own: the number to dial."""
    file = folder / f"{name}.toml"
    file.write_text(PERSON.format(name=name, hangs_up=hangs_up, word=word))
    number: str = stack.sandbox("POST", "/sandbox/people", {"path": str(file)})["number"]
    return number


def gauge(stack: Stack, name: str) -> float:
    """A gauge of the bridge's metrics."""
    text = fetch(f"{stack.bridge_url}/metrics", token=stack.settings["METRICS_TOKEN"]).decode()
    found = re.search(rf"^{name}(?:\{{.*\}})? ([0-9.e+]+)$", text, re.MULTILINE)
    assert found, name
    return float(found.group(1))


def wait_for_calm(stack: Stack) -> None:
    deadline = time.monotonic() + 15
    while gauge(stack, "kindline_calls_active") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert gauge(stack, "kindline_calls_active") == 0
    time.sleep(2.5)  # callbacks are acknowledged, and the loop's own measurements are taken again


def test_five_calls_at_once_do_not_touch_each_other(stack: Stack, tmp_path: Path) -> None:
    words = ["my bicycle", "my umbrella", "an elephant", "a trumpet", "the mountain"]
    numbers = [bring(stack, tmp_path, f"Five {i}", "after_line = 2", word) for i, word in enumerate(words)]
    calls = [stack.api("POST", "/api/calls", {"to": number})["call"]["id"] for number in numbers]
    with ThreadPoolExecutor(5) as pool:
        logs = list(pool.map(lambda call_id: follow(stack, call_id), calls))
    for call_id, word, events in zip(calls, words, logs, strict=True):
        heard = " ".join(e["data"]["text"] for e in events if e["kind"] == "person.said").lower()
        assert word.split()[-1] in heard
        assert not any(other.split()[-1] in heard for other in words if other != word)
        all_of_it = stack.api("GET", f"/api/calls/{call_id}/events?steps=1")["events"]
        assert [e["seq"] for e in all_of_it] == list(range(1, len(all_of_it) + 1))


@pytest.mark.long
def test_hanging_up_at_any_moment_leaves_nothing_behind(stack: Stack, tmp_path: Path) -> None:
    wait_for_calm(stack)
    before = {name: gauge(stack, name) for name in ("kindline_tasks", "process_open_fds")}
    moments = [round(0.1 * step, 1) for step in range(1, 51)]
    numbers = [bring(stack, tmp_path, f"Leaves {moment}", f"after_s = {moment}") for moment in moments]

    def one(number: str) -> list[dict[str, Any]]:
        return follow(stack, stack.api("POST", "/api/calls", {"to": number})["call"]["id"])

    with ThreadPoolExecutor(5) as pool:
        logs = list(pool.map(one, numbers))
    for events in logs:
        assert [e["data"]["status"] for e in events if e["kind"] == "call.status"][-1] == "completed"
        assert sum(e["kind"] == "call.finished" for e in events) == 1
        started = sum(e["kind"] == "stream.started" for e in events)
        assert sum(e["kind"] == "stream.ended" for e in events) == started
    wait_for_calm(stack)
    for name, least in before.items():
        assert gauge(stack, name) <= least + 3, name
    for call in stack.api("GET", "/api/calls?limit=200")["calls"]:
        assert not call["live"]


def test_a_second_call_to_somebody_on_the_phone_is_refused_and_hanging_up_ends_the_first(
    stack: Stack, tmp_path: Path
) -> None:
    number = bring(stack, tmp_path, "Stays", "after_s = 60")
    call = stack.api("POST", "/api/calls", {"to": number})["call"]
    with pytest.raises(urllib.error.HTTPError) as refused:
        stack.api("POST", "/api/calls", {"to": number})
    assert refused.value.code == 409
    assert json.loads(refused.value.read())["error"]["call_id"] == call["id"]
    while stack.api("GET", f"/api/calls/{call['id']}")["call"]["status"] != "in-progress":
        time.sleep(0.1)
    stack.api("POST", f"/api/calls/{call['id']}/hangup")
    events = follow(stack, call["id"])
    assert [e["data"]["reason"] for e in events if e["kind"] == "call.finished"] == ["operator"]
    wait_for_calm(stack)


@pytest.mark.parametrize(("number", "status"), [("+12025550190", "busy"), ("+12025550192", "failed")])
def test_a_telephone_that_is_not_answered_says_why(stack: Stack, number: str, status: str) -> None:
    call = stack.api("POST", "/api/calls", {"to": number})["call"]
    follow(stack, call["id"])
    call = stack.api("GET", f"/api/calls/{call['id']}")["call"]
    assert call["status"] == status
    assert call["end_reason"]


def test_an_answering_machine_is_told_briefly_and_hung_up_on(stack: Stack) -> None:
    number = next(p["number"] for p in stack.sandbox("GET", "/sandbox/people")["people"] if p["name"] == "Voicemail")
    call_id = stack.api("POST", "/api/calls", {"to": number})["call"]["id"]
    events = follow(stack, call_id)
    assert [e["data"]["answered_by"] for e in events if e["kind"] == "call.answered_by"] == ["machine_start"]
    assert [e["data"]["reason"] for e in events if e["kind"] == "call.finished"] == ["machine"]
    assert [e["data"]["status"] for e in events if e["kind"] == "call.status"][-1] == "completed"
    call = stack.api("GET", f"/api/calls/{call_id}")["call"]
    assert call["end_reason"] == "An answering machine or fax picked up."


def test_a_call_from_twilio_s_console_gets_a_row_and_the_same_conversation(stack: Stack) -> None:
    account, token = (stack.settings[name] for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"))
    twilio = Client(account, token)
    twilio.api.base_url = stack.sandbox_url
    number = next(p["number"] for p in stack.sandbox("GET", "/sandbox/people")["people"] if p["name"] == "Margaret")
    placed = twilio.calls.create(
        to=number,
        from_=stack.settings["TWILIO_FROM_NUMBER"],
        url=f"{stack.panel_url}/twilio/voice",
        status_callback=f"{stack.panel_url}/twilio/status",
        status_callback_event=["completed"],
    )
    assert placed.sid
    deadline = time.monotonic() + 30
    call: dict[str, Any] | None = None
    while call is None and time.monotonic() < deadline:
        time.sleep(0.2)
        newest = stack.api("GET", "/api/calls?limit=5")["calls"]
        call = next((c for c in newest if c["to"] == number and c["live"]), None)
    assert call is not None
    while not stack.api("GET", f"/api/calls/{call['id']}")["transcript"]:
        time.sleep(0.2)
    [greeting] = stack.api("GET", f"/api/calls/{call['id']}")["transcript"][:1]
    assert (greeting["speaker"], greeting["role"]) == ("agent", "greeting")
    stack.api("POST", f"/api/calls/{call['id']}/hangup")
    follow(stack, call["id"])


def test_logs_hold_no_number_no_transcript_and_no_secret(stack: Stack) -> None:
    call = play(stack, talking_people()[0])
    logs = "".join(stack.log(name) for name in ("web", "bridge"))
    assert logs
    assert not re.search(r"\+\d{8,}", logs)
    for secret in ("TWILIO_AUTH_TOKEN", "OPENAI_API_KEY", "LINK_SECRET", "SECRET_KEY", "PANEL_API_TOKEN"):
        assert stack.settings[secret] not in logs
    for turn in call.report.turns:
        for text in (turn.heard_as, turn.answer):
            words = text.split()
            for i in range(len(words) - 3):
                assert " ".join(words[i : i + 4]) not in logs
    for line in logs.splitlines():
        assert line.startswith(("{", "[")), line
