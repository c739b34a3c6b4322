"""The fixed lines that are shipped: made by scripts/make_lines, and fit for a telephone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sandbox.speech import Heard, SpeechEngines
from scripts.making_lines import EDGE_MS, LINES, NotUnderstoodError, make_lines, missed, trimmed
from voicebridge.audio import codec
from voicebridge.dialogue.events import LineName
from voicebridge.lines import WORDS


@pytest.mark.parametrize("name", list(LineName))
async def test_every_line_is_shipped_understood_and_as_loud_as_the_others(
    engines: SpeechEngines, name: LineName
) -> None:
    mulaw = (LINES / "en" / f"{name}.ulaw").read_bytes()
    pcm16 = codec.decode(mulaw)
    assert missed(WORDS["en"][name], (await engines.hear(pcm16)).text) <= 0.2
    assert -23.5 < speaking_dbfs(pcm16) < -17
    samples = np.abs(np.frombuffer(pcm16, "<i2").astype(int))
    assert samples[:200].max() < 400  # silence, and no click, at both ends
    assert samples[-200:].max() < 400
    assert samples.max() < 32_000
    loud = np.flatnonzero(samples > 400)
    assert loud[0] < 0.25 * 8000
    assert samples.size - loud[-1] < 0.25 * 8000


def test_silence_around_speech_is_brought_to_a_tenth_of_a_second() -> None:
    tone = 8000 * np.sin(2 * np.pi * 300 * np.arange(4000) / 8000)
    for before, after in ((0, 0), (8000, 400), (80, 16_000)):
        sound = np.concatenate([np.zeros(before), tone, np.zeros(after)]).astype("<i2").tobytes()
        short = np.frombuffer(trimmed(sound), "<i2")
        edge = EDGE_MS * 8
        assert short.size == 4000 + 2 * edge
        assert not short[:edge].any()
        assert not short[-edge:].any()


def test_mere_silence_has_no_speech_to_keep() -> None:
    assert trimmed(bytes(16_000)) == b""


async def test_a_line_that_is_not_understood_is_not_written(tmp_path: Path) -> None:
    class Mumbling(SpeechEngines):
        async def say(self, text: str, voice: str = "joe", pace: float = 1.0, sample_rate_hz: int = 24_000) -> bytes:
            return bytes(16_000)

        async def hear(self, pcm16_8k: bytes, sample_rate_hz: int = 8000) -> Heard:
            return Heard("mumble", 0.1, -0.5, 1.0)

    with pytest.raises(NotUnderstoodError, match="was heard as 'mumble'"):
        await make_lines(tmp_path, Mumbling())
    assert written(tmp_path) == []


def written(folder: Path) -> list[Path]:
    """The lines under `folder`."""
    return list(folder.rglob("*.ulaw"))


def speaking_dbfs(pcm16: bytes) -> float:
    """Level of the blocks of 50 ms in which there is speech."""
    samples = np.frombuffer(pcm16, "<i2").astype(float) / 32768
    rms = np.sqrt((samples[: samples.size // 400 * 400].reshape(-1, 400) ** 2).mean(axis=1))
    return float(20 * np.log10(np.sqrt((rms[rms > rms.max() * 0.1] ** 2).mean())))


async def test_only_missing_and_named_lines_are_made(tmp_path: Path) -> None:
    class Parrot(SpeechEngines):
        """Says a tone for anything, and hears whatever it said last."""

        def __init__(self) -> None:
            self.said: list[str] = []

        async def say(self, text: str, voice: str = "joe", pace: float = 1.0, sample_rate_hz: int = 24_000) -> bytes:
            self.said.append(text)
            return (8000 * np.sin(np.arange(4000) / 4)).astype("<i2").tobytes()

        async def hear(self, pcm16_8k: bytes, sample_rate_hz: int = 8000) -> Heard:
            return Heard(self.said[-1], 0.1, -0.5, 1.0)

    parrot = Parrot()
    await make_lines(tmp_path, parrot)
    assert len(written(tmp_path)) == len(LineName)
    (tmp_path / "en" / "slower.ulaw").unlink()
    (tmp_path / "en" / "trouble.ulaw").write_bytes(b"kept")
    parrot.said.clear()
    await make_lines(tmp_path, parrot, ["louder"])
    assert parrot.said == [WORDS["en"][LineName.SLOWER], WORDS["en"][LineName.LOUDER]]
    assert (tmp_path / "en" / "trouble.ulaw").read_bytes() == b"kept"
