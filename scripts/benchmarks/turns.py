"""`scripts/bench turns`: how often people are cut off or kept waiting, over recorded turns, at several patiences.

The corpus is a folder with `turns.npz` (an array of mu-law bytes, 8 kHz, for each recording) and `labels.jsonl` (a line
for each: `id`, `kind` turn or noise, `condition`, `total_ms`; of a turn also `final_end_ms`, `phrases` with `start_ms`,
`end_ms` and `text`, `pauses` with `start_ms`, `end_ms`, `len_ms` and `at` mid_sentence or sentence_end).

What is scored is the product's own ears and turn machine (`turn_detector.py`); the rules are in `turn_scores.py`. With
--words the machine also gets the words, late and without errors; so those figures are an upper bound.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scripts.benchmarks.figures import Figure, table
from scripts.benchmarks.turn_detector import FRAME_MS, Detector, DetectorWithWords
from scripts.benchmarks.turn_scores import Label, Told, summary
from scripts.demonstration import file_name, why_not_writable
from voicebridge.dialogue.endpointing import Patience

FRAME_BYTES = 160
WORDS_COME_AFTER_MS = 450
SILENCES_MS = (1000, 1200, 1300, 1400, 1500, 1600, 1700, 1780)
PATIENCES_MS = (800, 900, 1000, 1100, 1200, 1300, 1400, 1500)


@dataclass(frozen=True, slots=True)
class Recording:
    """One turn, or a stretch of noise."""

    label: Label
    mulaw: bytes


@dataclass(frozen=True, slots=True)
class Setting:
    """One point of the curve. None is the product's own."""

    end_of_turn_ms: int | None
    audible_ms: int = 0
    draft_after_ms: int | None = None


def main(arguments: list[str]) -> int:
    """Runs the benchmark, prints its table, and writes its figures if that is asked for."""
    options = parse_arguments(arguments)
    try:
        recordings = read_corpus(options.corpus)[: options.limit]
    except (OSError, KeyError, ValueError) as problem:
        print(f"{options.corpus} is no corpus of turns ({problem}). {_LAYOUT}", file=sys.stderr)
        return 1
    usual_ms = round(1000 * (Patience().complete_s if options.words else Patience().unknown_s))
    curve = options.end_of_turn or sorted({*(PATIENCES_MS if options.words else SILENCES_MS), usual_ms})
    results: list[tuple[Setting, dict[str, Any]]] = []
    for draft_after_ms in options.draft_after or [None]:
        for end_of_turn_ms in curve:
            setting = Setting(end_of_turn_ms, options.audible, draft_after_ms)
            results.append((setting, measure(recordings, setting, words=options.words)))
    usual = next((figures for setting, figures in results if setting.end_of_turn_ms == usual_ms), results[-1][1])
    print(shown(results, usual_ms))
    if options.json is not None:
        points = [{"end_of_turn_ms": each.end_of_turn_ms, **figures} for each, figures in results]
        options.json.write_text(json.dumps(usual | {"curve": points}, indent=2) + "\n")
    return 0


_LAYOUT = "It is a folder with turns.npz and labels.jsonl; scripts/bench turns --help says what is in them."


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench turns", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    corpus = os.environ.get("TURNS_CORPUS")
    parser.add_argument("--corpus", type=Path, default=corpus and Path(corpus), metavar="DIR", help="or TURNS_CORPUS")
    parser.add_argument("--words", action="store_true", help="the machine gets the words, too")
    parser.add_argument("--audible", type=int, default=0, metavar="MS", help="from the release to the first sound (0)")
    parser.add_argument("--end-of-turn", type=int, nargs="+", metavar="MS", help="patiences to try (a curve)")
    parser.add_argument("--draft-after", type=int, nargs="+", metavar="MS", help="pauses to draft after, to try")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N recordings")
    parser.add_argument("--json", type=file_name, metavar="FILE", help="write the figures there")
    options = parser.parse_args(arguments)
    if options.corpus is None:
        parser.error(f"which turns? Give --corpus DIR or set TURNS_CORPUS. {_LAYOUT}")
    if options.json is not None and (problem := why_not_writable(options.json)):
        parser.error(problem)
    return options


def read_corpus(folder: Path) -> list[Recording]:
    """All recordings, in the order of the labels. Raises `OSError`, `KeyError` or `ValueError` if it is no corpus."""
    labels = [json.loads(line) for line in (folder / "labels.jsonl").read_text().splitlines()]
    with np.load(folder / "turns.npz") as sounds:
        return [Recording(label, sounds[label["id"]].tobytes()) for label in labels]


def measure(recordings: Sequence[Recording], setting: Setting, *, words: bool) -> dict[str, Any]:
    """Plays all recordings to the product; the figures."""
    told: list[Told] = []
    asked = drafts = frames = turns = 0
    cpu_s = 0.0
    for recording in recordings:
        oracle = Oracle(recording.label)
        facts = {
            "end_of_turn_ms": setting.end_of_turn_ms,
            "audible_ms": setting.audible_ms,
            "draft_after_ms": setting.draft_after_ms,
        }
        detector = DetectorWithWords(oracle, **facts) if words else Detector(**facts)  # type: ignore[arg-type]
        events, took_s = listen(detector, oracle, recording.mulaw)
        told.append(events)
        cpu_s += took_s
        frames += len(recording.mulaw) // FRAME_BYTES
        if recording.label["kind"] == "turn":
            turns += 1
            asked += detector.transcriptions
            drafts += detector.drafts
    figures = summary([recording.label for recording in recordings], told)
    figures["transcriptions_per_turn"] = round(asked / turns, 2) if turns else None
    figures["drafts_per_turn"] = round(drafts / turns, 2) if turns else None
    figures["us_per_frame"] = round(cpu_s * 1e6 / frames, 1) if frames else None
    return figures


def listen(detector: Detector, oracle: Oracle, mulaw: bytes) -> tuple[Told, float]:
    """What the detector tells of a recording, each with the end of its frame, and the CPU time it took in seconds."""
    told: list[tuple[int, str]] = []
    took_ns = 0
    for number in range(len(mulaw) // FRAME_BYTES):
        at = number * FRAME_MS
        oracle.now_ms = at + FRAME_MS
        before_ns = time.process_time_ns()
        events = detector.feed(mulaw[number * FRAME_BYTES : (number + 1) * FRAME_BYTES], at)
        took_ns += time.process_time_ns() - before_ns
        told += [(at + FRAME_MS, event) for event in events]
    return told, took_ns / 1e9


class Oracle:
    """Knows the phrases of a turn that were finished 450 ms ago, and never the future."""

    def __init__(self, label: Label) -> None:
        self.now_ms = 0
        self._phrases = [(phrase["end_ms"], _plain(phrase["text"])) for phrase in label.get("phrases", [])]

    def __call__(self, at_ms: int) -> str:
        known_ms = min(at_ms, self.now_ms) - WORDS_COME_AFTER_MS
        return " ".join(text for end_ms, text in self._phrases if end_ms <= known_ms)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9' ]", " ", text.lower()).split())


def shown(results: Sequence[tuple[Setting, dict[str, Any]]], usual_ms: int) -> str:
    """The curve as a table. An asterisk marks the product's own patience."""
    pauses = sorted({int(length) for _, figures in results for length in figures["mid_cut_pct"]})
    header = ["patience ms", "draft ms", "p50", "p90", "bad %", "cut %", "missed %"]
    header += [f"cut {length}" for length in pauses] + ["asked", "drafts", "onset", "false/min", "us/frame"]
    others = ("transcriptions_per_turn", "drafts_per_turn", "onset_p50_ms", "false_starts_per_min", "us_per_frame")
    rows: list[list[Figure]] = []
    for setting, figures in results:
        mark = " *" if setting.end_of_turn_ms == usual_ms else ""
        names = ("delay_p50_ms", "delay_p90_ms", "cut_or_missed_pct", "cut_pct", "missed_pct")
        rows.append(
            [f"{setting.end_of_turn_ms}{mark}", setting.draft_after_ms or "usual"]
            + [figures[name] for name in names]
            + [figures["mid_cut_pct"].get(str(length)) for length in pauses]
            + [figures[name] for name in others]
        )
    return table(rows, header)
