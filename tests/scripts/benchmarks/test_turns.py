"""Scoring recorded turns: the rules, and the product on a small corpus made of numbers."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scripts.benchmarks import turns
from scripts.benchmarks.turn_detector import Detector, DetectorWithWords
from scripts.benchmarks.turn_scores import outcome, summary
from tests.voicebridge.audio.sounds import Samples, line, noise, silence, speech_like

TURN = {
    "id": "t0",
    "kind": "turn",
    "condition": "clean",
    "total_ms": 8000,
    "final_end_ms": 4000,
    "phrases": [
        {"start_ms": 1000, "end_ms": 2000, "text": "I went to the"},
        {"start_ms": 3000, "end_ms": 4000, "text": "market yesterday."},
    ],
    "pauses": [{"start_ms": 2000, "end_ms": 3000, "len_ms": 1000, "at": "mid_sentence"}],
}
NOISE = {"id": "n0", "kind": "noise", "condition": "hum", "total_ms": 6000}


# --- the rules


def test_an_answer_after_the_true_end_is_late_by_what_has_passed_since() -> None:
    told = outcome(TURN, [(1120, "speech_start"), (5300, "end_of_turn")])
    assert (told.cut_in, told.delay_ms, told.onset_ms, told.is_bad) == (frozenset(), 1300, 120, False)


@pytest.mark.parametrize(("at", "where"), [(2500, 0), (3100, 0), (3500, -1), (1500, -1)])
def test_an_answer_before_it_cuts_the_person_off(at: int, where: int) -> None:
    told = outcome(TURN, [(1120, "speech_start"), (at, "end_of_turn"), (5000, "end_of_turn")])
    assert told.cut_in == {where}
    assert told.delay_ms == 1000
    assert told.is_bad


def test_just_before_the_end_is_in_time() -> None:
    assert not outcome(TURN, [(3940, "end_of_turn")]).is_bad
    assert outcome(TURN, [(3920, "end_of_turn")]).is_bad


def test_an_answer_that_does_not_come_is_missed() -> None:
    assert outcome(TURN, [(1120, "speech_start")]).is_missed
    assert outcome(TURN, [(7020, "end_of_turn")]).is_missed
    assert outcome(TURN, [(7020, "end_of_turn")]).counted_delay_ms == 3020
    assert outcome(TURN, []).counted_delay_ms == 3600


def test_what_ends_before_the_person_has_begun_does_not_count() -> None:
    assert outcome(TURN, [(300, "speech_start"), (900, "end_of_turn"), (5000, "end_of_turn")]).cut_in == frozenset()


def test_starts_in_noise_are_false() -> None:
    figures = summary([TURN, NOISE], [[(5000, "end_of_turn")], [(100, "speech_start"), (3000, "speech_start")]])
    assert figures["false_starts_per_min"] == 20.0
    assert figures["cut_or_missed_pct"] == 0.0
    assert figures["mid_cut_pct"] == {"1000": 0.0}
    assert figures["by_condition"]["clean"]["delay_p50_ms"] == 1000


def test_nothing_recorded_has_no_figures() -> None:
    figures = summary([], [])
    assert figures["cut_or_missed_pct"] is None
    assert figures["false_starts_per_min"] is None
    assert figures["delay_p50_ms"] is None


# --- the product on a small corpus


def sound() -> Samples:
    return np.concatenate([silence(1.0), speech_like(1.0), silence(1.0), speech_like(1.0), silence(4.0)])


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "labels.jsonl").write_text(f"{json.dumps(TURN)}\n{json.dumps(NOISE)}\n")
    np.savez(
        folder / "turns.npz",
        t0=np.frombuffer(line(sound()), dtype=np.uint8),
        n0=np.frombuffer(line(noise(6.0, -50.0)), dtype=np.uint8),
    )
    return folder


def run(corpus: Path, *arguments: str) -> dict[str, Any]:
    file = corpus.parent / "figures.json"
    assert turns.main(["--corpus", str(corpus), "--json", str(file), *arguments]) == 0
    figures: dict[str, Any] = json.loads(file.read_text())
    return figures


def test_a_short_patience_cuts_off_and_a_long_one_does_not(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    curve = run(corpus, "--end-of-turn", "700", "1600")["curve"]
    assert [point["cut_pct"] for point in curve] == [100.0, 0.0]
    assert curve[1]["delay_p50_ms"] == pytest.approx(1600, abs=60)
    assert curve[1]["false_starts_per_min"] == 0
    assert curve[1]["us_per_frame"] > 0
    assert "1600 *" in capsys.readouterr().out, "the product's own"


def test_words_that_are_open_are_waited_for_and_finished_ones_are_answered_sooner(corpus: Path) -> None:
    figures = run(corpus, "--words", "--end-of-turn", "800")
    assert figures["cut_pct"] == 0.0
    assert figures["delay_p50_ms"] == pytest.approx(800, abs=80)
    assert figures["drafts_per_turn"] >= 1


def test_an_answer_that_sounds_later_can_be_taken_back(corpus: Path) -> None:
    at_once, later = (run(corpus, "--end-of-turn", "900", "--audible", wait) for wait in ("0", "400"))
    assert (at_once["cut_pct"], later["cut_pct"]) == (100.0, 0.0)
    assert later["delay_p50_ms"] == pytest.approx(at_once["delay_p50_ms"] + 400, abs=40)


def test_early_drafts_cost_more(corpus: Path) -> None:
    early, late = run(corpus, "--end-of-turn", "1600", "--draft-after", "200", "1200")["curve"]
    assert (early["drafts_per_turn"], late["drafts_per_turn"]) == (2, 1)


def test_only_the_first_recordings_if_that_is_asked_for(corpus: Path) -> None:
    assert run(corpus, "--limit", "1", "--end-of-turn", "1600")["false_starts_per_min"] is None


def test_a_corpus_is_needed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TURNS_CORPUS", raising=False)
    with pytest.raises(SystemExit):
        turns.main([])
    assert "turns.npz and labels.jsonl" in capsys.readouterr().err


def test_a_folder_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert turns.main(["--corpus", str(tmp_path)]) == 1
    assert "is no corpus" in capsys.readouterr().err


def test_a_scorer_from_outside_finds_the_detectors() -> None:
    module = importlib.import_module("scripts.bench.turn_detector")
    assert module.Detector.__name__ == Detector.__name__
    assert module.DetectorWithWords.__name__ == DetectorWithWords.__name__


def test_a_call_goes_on_after_a_goodbye(corpus: Path) -> None:
    recording = turns.read_corpus(corpus)[0]
    detector = DetectorWithWords(lambda at_ms: "goodbye" if at_ms > 2450 else "")
    told, _ = turns.listen(detector, turns.Oracle(recording.label), recording.mulaw)
    assert [what for _, what in told].count("end_of_turn") >= 1
