"""The whole product as its people see it: an operator at the panel, and a person at the sandbox's telephone page."""

from __future__ import annotations

import re
import shutil
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from openai import OpenAI
from playwright.sync_api import Browser, Page, expect, sync_playwright

from scripts.call_report import word_error_rate
from scripts.demo_call import follow
from scripts.stack import Stack
from tests.calls.conftest import PASSWORD
from tests.conftest import leave_out

pytestmark = [
    pytest.mark.browser,
    pytest.mark.call,
    pytest.mark.timeout(300),
]

CHROMIUM_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
STATUSES = ["Calling…", "Ringing", "Connected", "AI speaking", "Listening", "Thinking", "Disconnected"]


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    program = shutil.which("chromium")
    if program is None:
        leave_out("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*CHROMIUM_ARGUMENTS, *arguments])
        yield browser
        browser.close()


def sign_in(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.panel_url}/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def statuses_seen(page: Page) -> Callable[[], list[str]]:
    """Notes every status the page shows, however briefly."""
    page.evaluate(
        """() => {
            const status = document.querySelector("#call-status");
            window.seen = [status.textContent];
            new MutationObserver(() => window.seen.push(status.textContent))
                .observe(status, {childList: true, characterData: true, subtree: true});
        }"""
    )
    return lambda: list(dict.fromkeys(page.evaluate("() => window.seen")))


def test_sign_in_dial_watch_the_conversation_fill_in_and_hang_up(stack: Stack) -> None:
    with chromium() as browser:
        page = browser.new_page()
        sign_in(page, stack)
        expect(page.locator("#who-answers")).to_be_enabled()
        page.locator("#who-answers").select_option(label="Margaret")
        seen = statuses_seen(page)
        page.locator("#call-button").click()
        conversation = page.locator("#conversation")
        expect(conversation).to_contain_text(re.compile("automated", re.IGNORECASE), timeout=30_000)
        # An answer that was ready when the turn was over is thought about for an instant only.
        page.wait_for_function("() => window.seen.includes('Thinking')", timeout=60_000)
        expect(page.locator("#call-status")).to_have_text("AI speaking", timeout=20_000)
        page.locator("#hang-up").click()
        expect(page.locator("#call-status")).to_have_text("Disconnected", timeout=15_000)
        expect(page.locator("#call-why")).not_to_be_empty()
        assert set(STATUSES) - {"Connected"} <= set(seen())


def speak_into(file: Path, *parts: float | bytes) -> None:
    """A microphone's recording, 48 kHz: seconds of silence, and speech at 24 kHz (16-bit PCM)."""
    pieces = [
        np.zeros(int(part * 48_000), "<i2") if isinstance(part, float) else np.repeat(np.frombuffer(part, "<i2"), 2)
        for part in parts
    ]
    with wave.open(str(file), "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(48_000)
        recording.writeframes(np.concatenate(pieces).tobytes())


def test_whoever_answers_at_the_telephone_page_is_understood_and_answered_aloud(stack: Stack, tmp_path: Path) -> None:
    said = "I have been working in my garden all morning."
    microphone = tmp_path / "microphone.wav"
    speak_into(microphone, 14.0, speech(stack, said), 12.0, speech(stack, "Thank you. Goodbye."), 20.0)
    fake = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone}%noloop",
        "--autoplay-policy=no-user-gesture-required",
    ]
    with chromium(*fake) as browser:
        telephone = browser.new_page()
        telephone.goto(f"{stack.sandbox_url}/sandbox/telephone")
        call = stack.api("POST", "/api/calls", {"to": "+12025550100", "person_name": "You"})["call"]
        telephone.get_by_role("button", name="Answer").click(timeout=20_000)
        events = follow(stack, call["id"])
    heard = [e["data"]["text"] for e in events if e["kind"] == "person.said"]
    assert any(word_error_rate(said, text) <= 0.3 for text in heard), heard
    answers = [e["data"] for e in events if e["kind"] == "agent.said" and e["data"]["role"] == "answer"]
    assert answers
    assert answers[0]["heard"]
    [sid] = [c["sid"] for c in stack.sandbox("GET", "/sandbox/calls")["calls"] if c["to"] == "+12025550100"]
    line = stack.sandbox("GET", f"/sandbox/calls/{sid}")
    ours = " ".join(u["text"] for u in line["utterances"] if u["speaker"] == "agent")
    assert "automated" in ours.lower()


def speech(stack: Stack, text: str) -> bytes:
    """What the sandbox's voice says: 16-bit PCM, 24 kHz."""
    client = OpenAI(api_key=stack.settings["OPENAI_API_KEY"], base_url=stack.settings["OPENAI_BASE_URL"])
    with client:
        return client.audio.speech.create(
            model="gpt-4o-mini-tts", voice="coral", input=text, response_format="pcm"
        ).read()
