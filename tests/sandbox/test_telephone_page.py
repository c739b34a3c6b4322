"""The telephone page in headless Chromium: rings, is answered, its microphone and loudspeaker work, and hangs up."""

import asyncio
import base64
import shutil
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Dialog, Page, async_playwright

from sandbox import line_audio
from sandbox.dial_plan import YOU
from tests.conftest import leave_out
from tests.sandbox.telephone_fixtures import Customer, MediaServer, Sandbox, connect, tone_ulaw, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

CHROMIUM = shutil.which("chromium")


@pytest.fixture
async def page(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Page]:
    """The page, with a microphone that hears one second of 1 kHz and one second of nothing, for ever."""
    if CHROMIUM is None:
        leave_out("Chromium is not installed")
    microphone = tmp_path / "microphone.wav"
    with wave.open(str(microphone), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(line_audio.tone(1000, 1.0) + line_audio.silence(1.0))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-audio-capture={microphone}",
            ],
        )
        page = await browser.new_page(viewport={"width": 390, "height": 844})
        page.on("pageerror", lambda problem: pytest.fail(f"the page's script failed: {problem}"))
        await page.goto(f"{sandbox.base_url}/sandbox/telephone")
        await page.get_by_text("Waiting for a call").wait_for()
        yield page
        await browser.close()


async def test_a_call_is_answered_in_the_browser_and_both_sides_are_heard(
    sandbox: Sandbox, customer: Customer, media_server: MediaServer, page: Page
) -> None:
    async def speak(socket: Any, server: MediaServer) -> None:
        await socket.send(server.media(tone_ulaw(0.5)))

    media_server.behave = speak
    customer.twiml["/voice"] = connect(media_server)
    call = await sandbox.call(YOU, url=customer.url("/voice"), timeout=600)
    await page.get_by_role("button", name="Answer").click()
    await page.get_by_text("You are connected").wait_for()
    await until(lambda: len(loud(media_server)) > 20, limit_s=20)
    await page.get_by_role("button", name="5", exact=True).click()
    await until(lambda: bool(media_server.of("dtmf")))
    await asyncio.sleep(1.0)
    await page.get_by_role("button", name="Hang up").click()
    await page.get_by_text("The call is over").wait_for()
    report = await sandbox.until(call.sid, "completed")
    assert report["ended_by"] == "person"
    assert {one["speaker"] for one in report["utterances"]} == {"person", "agent"}


async def test_the_page_rings_and_can_decline(sandbox: Sandbox, page: Page) -> None:
    call = await sandbox.call(YOU, twiml="<Response/>", timeout=600)
    await page.get_by_text("The telephone is ringing").wait_for()
    assert await page.title() == "Ringing! - Telephone (sandbox)"
    assert (await Axe().run(page)).violations_count == 0
    await page.get_by_role("button", name="Decline").click()
    await sandbox.until(call.sid, "busy")
    await page.get_by_text("Waiting for a call").wait_for()


async def test_a_page_that_lost_the_telephone_to_another_window_can_take_it_back(sandbox: Sandbox, page: Page) -> None:
    assert page.context.browser is not None
    newer = await page.context.browser.new_page()
    await newer.goto(f"{sandbox.base_url}/sandbox/telephone")
    await newer.get_by_text("Waiting for a call").wait_for()
    await page.get_by_text("open in another window").wait_for()
    assert (await Axe().run(page)).violations_count == 0
    await page.get_by_role("button", name="Use this one").click()
    await page.get_by_text("Waiting for a call").wait_for()
    await newer.get_by_text("open in another window").wait_for()
    assert not await page.get_by_role("button", name="Use this one").is_visible()
    call = await sandbox.call(YOU, twiml="<Response/>", timeout=600)
    await page.get_by_role("button", name="Decline").click()
    await sandbox.until(call.sid, "busy")


async def test_the_browser_asks_before_the_page_is_left_in_the_middle_of_a_call(sandbox: Sandbox, page: Page) -> None:
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    call = await sandbox.call(YOU, twiml="<Response><Pause length='30'/></Response>", timeout=600)
    await page.get_by_role("button", name="Answer").click()
    await page.get_by_text("You are connected").wait_for()
    await page.evaluate("setTimeout(() => location.reload())")
    await until(lambda: bool(asked))
    assert asked == ["beforeunload"]
    assert (await sandbox.report(call.sid))["status"] == "in-progress"
    await page.get_by_role("button", name="Hang up").click()
    await page.get_by_text("The call is over").wait_for()
    await page.reload()
    await page.get_by_text("Waiting for a call").wait_for()
    assert asked == ["beforeunload"]


async def test_the_page_says_who_else_can_be_called_and_passes_axe(page: Page) -> None:
    await page.get_by_text("Tess").wait_for()
    results = await Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def loud(media_server: MediaServer) -> list[bytes]:
    """Frames in which the microphone's tone is audible."""
    frames = [base64.b64decode(message["media"]["payload"]) for message in media_server.of("media")]
    return [frame for frame in frames if line_audio.frame_level_dbfs(frame) > -40]
