"""The demo's command line, and a directory for each run."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.demo_call import line_report
from scripts.demonstration import parse_arguments
from scripts.environment import CALLED_FROM
from scripts.file_locks import own_directory
from scripts.stack import Stack


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        parse_arguments(arguments)
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_files_are_named_as_seen_from_where_the_command_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CALLED_FROM, str(tmp_path))
    options = parse_arguments(["--call", "me.toml", "--report", str(tmp_path / "r.json"), "--audio", "line.wav"])
    named = (options.call, options.report, options.audio)
    assert named == (str(tmp_path / "me.toml"), tmp_path / "r.json", tmp_path / "line.wav")


@pytest.mark.parametrize("option", ["--report", "--audio"])
@pytest.mark.parametrize(
    ("place", "problem"),
    [("nowhere/f", "No such file or directory"), (".", "Is a directory"), ("file/f", "Not a directory")],
)
def test_a_file_that_cannot_be_written_is_told_before_the_call(
    option: str, place: str, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    told = refused(["--call", "Margaret", option, str(tmp_path / place)], capsys)
    assert f"{tmp_path / place} cannot be written: {problem}" in told


def test_asking_whether_a_file_can_be_written_changes_nothing(tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    old.write_text("kept")
    parse_arguments(["--call", "Margaret", "--report", str(old), "--audio", str(tmp_path / "new.wav")])
    assert old.read_text() == "kept"
    assert list(tmp_path.iterdir()) == [old]


def test_report_and_audio_need_a_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert "go with --call" in refused(["--report", "r.json"], capsys)


def test_two_runs_at_once_have_a_directory_each_and_the_next_takes_the_first_again(tmp_path: Path) -> None:
    first_choice = tmp_path / "var" / "demo"
    with own_directory(first_choice) as one, own_directory(first_choice) as two, own_directory(first_choice) as three:
        assert [path.name for path in (one, two, three)] == ["demo", "demo-2", "demo-3"]
    with own_directory(first_choice) as again:
        assert again == first_choice


class Recorded(Stack):
    """A stack whose sandbox has three calls; it lists the newest first."""

    def sandbox(self, method: str, path: str, body: object = None) -> object:
        if path == "/sandbox/calls":
            return {"calls": [{"sid": "CA3", "to": "+2"}, {"sid": "CA2", "to": "+1"}, {"sid": "CA1", "to": "+1"}]}
        return {"sid": path.rpartition("/")[2], "done": True}


def test_the_line_s_report_is_that_of_the_newest_call_to_the_number(tmp_path: Path) -> None:
    stack = Recorded(tmp_path, "", "", "", "", {}, {})
    assert line_report(stack, "+1")["sid"] == "CA2"
