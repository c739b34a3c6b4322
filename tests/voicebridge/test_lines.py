"""The fixed lines: shipped with the code, and taken over by the voice that answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.voicebridge.conftest import synthetic_lines
from tests.voicebridge.fakes import ScriptedVoice
from voicebridge.dialogue.events import LineName
from voicebridge.lines import WORDS, LinesMissingError, load_lines
from voicebridge.providers import ProviderError


def test_every_line_is_shipped() -> None:
    lines = load_lines("en")
    for name in LineName:
        words, audio = lines.line(name)
        assert words == WORDS["en"][name]
        assert 4000 < len(audio) < 100_000, name


def test_a_missing_line_or_language_is_named(tmp_path: Path) -> None:
    with pytest.raises(LinesMissingError, match="CALL_LANGUAGE"):
        load_lines("xx")
    with pytest.raises(LinesMissingError, match=r"greeting\.ulaw"):
        load_lines("en", tmp_path)


async def test_a_line_is_spoken_by_the_voice_that_answers_and_kept_for_the_next_start(tmp_path: Path) -> None:
    voice = ScriptedVoice()
    first, second = synthetic_lines(), synthetic_lines()
    await first.take_voice(LineName.GOODBYE, voice, "coral", cache=tmp_path)
    await second.take_voice(LineName.GOODBYE, voice, "coral", cache=tmp_path)
    assert voice.spoken == [WORDS["en"][LineName.GOODBYE]]
    assert first.line(LineName.GOODBYE) == second.line(LineName.GOODBYE)
    assert first.line(LineName.GOODBYE) != synthetic_lines().line(LineName.GOODBYE)


async def test_another_voice_or_other_words_are_spoken_anew(tmp_path: Path) -> None:
    voice, lines = ScriptedVoice(), synthetic_lines()
    await lines.take_voice(LineName.GREETING, voice, "coral", cache=tmp_path)
    await lines.take_voice(LineName.GREETING, voice, "sage", cache=tmp_path)
    await lines.take_voice(LineName.GREETING, voice, "sage", "Hello from Sunrise House.", cache=tmp_path)
    assert len(voice.spoken) == 3
    assert lines.line(LineName.GREETING)[0] == "Hello from Sunrise House."


async def test_a_line_that_cannot_be_made_keeps_its_shipped_audio(tmp_path: Path) -> None:
    voice, lines = ScriptedVoice(), synthetic_lines()
    voice.fails_on = lambda text: True
    before = lines.line(LineName.GOODBYE)
    with pytest.raises(ProviderError):
        await lines.take_voice(LineName.GOODBYE, voice, "coral", cache=tmp_path)
    assert lines.line(LineName.GOODBYE) == before
    assert not any(tmp_path.glob("*"))  # noqa: ASYNC240 - a test may wait for its disk
