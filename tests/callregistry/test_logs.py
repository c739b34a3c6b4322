"""Logs: one line per event, the call's id on it, numbers masked, secrets never."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from callregistry.logs import bind_call, configure_logging, get_logger, unbind_call
from callregistry.phone_numbers import mask, mask_all


@pytest.fixture(autouse=True)
def _put_logging_back() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    unbind_call()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_json_with_process_level_and_the_call(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("bridge", log_format="json")
    bind_call("call_1")
    get_logger("test").info("greeting ready", duration_ms=412)
    [line] = lines(capsys)
    assert {key: line[key] for key in ("event", "process", "level", "call", "duration_ms")} == {
        "event": "greeting ready",
        "process": "bridge",
        "level": "info",
        "call": "call_1",
        "duration_ms": 412,
    }


def test_numbers_are_masked_and_secrets_replaced_whoever_logs_them(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("web", log_format="json")
    get_logger("test").warning("refused", number="+12025550101", auth_token="abc", note="from +12025550101 today")
    logging.getLogger("elsewhere").warning("dialling %s", "+12025550101")
    text = json.dumps(lines(capsys), ensure_ascii=False)
    assert "+12025550101" not in text
    assert "abc" not in text
    assert text.count("+1" + "•" * 7 + "101") == 3


def test_a_terminal_gets_readable_lines_and_the_level_holds(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("web", level="warning", log_format="text")
    get_logger("quiet").info("not shown")
    get_logger("loud").warning("shown", turn=3)
    text = capsys.readouterr().err
    assert "not shown" not in text
    assert "shown" in text
    assert "turn=3" in text


def test_masking_keeps_a_number_recognisable_and_hides_short_ones_whole() -> None:
    assert mask("+12025550101") == "+1" + "•" * 7 + "101"
    assert mask("911") == "•••"
    assert mask_all("call +442079460123 now, id 12345") == "call +4" + "•" * 8 + "123 now, id 12345"


@pytest.mark.parametrize(
    ("written", "masked"),
    [
        ("?number=%2B12025550101&x=1", "?number=+1•••••••101&x=1"),
        ("to +1 202 555 0101 now", "to +1•••••••101 now"),
        ("+1 (202) 555-0101.", "+1•••••••101."),
        ("+44 20 7946 0123", "+4••••••••123"),
        ("(202) 555-0101", "20•••••101"),
        ("202-555-0101", "20•••••101"),
        ("12025550101, 2025550101", "12••••••101, 20•••••101"),
        ('{"to":12025550101}', '{"to":12••••••101}'),
        ("sip:12025550101@example.org", "sip:12••••••101@example.org"),
        ("+12025550101 404", "+1•••••••101 404"),
    ],
)
def test_a_number_is_masked_however_it_is_written(written: str, masked: str) -> None:
    assert mask_all(written) == masked


@pytest.mark.parametrize(
    "text",
    [
        "call_12345678901234567890123456789012",
        "CA12345678901234567890123456789012",
        "550e8400-e29b-41d4-a716-446655440000",
        "2026-11-22T21:22:16.123456Z",
        "[2026-11-22 21:22:16 +0000] [16708]",
        "21:22:16+00:00",
        "http://127.0.0.1:8765/feed",
        "at 1732310536.1234567, took 0.1234567890123 s",
        "id 12345, 482 bytes",
    ],
)
def test_ids_times_and_ports_are_not_taken_for_numbers(text: str) -> None:
    assert mask_all(text) == text


def test_nothing_is_overlooked_inside_of_a_value(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("web", log_format="json")
    facts = {"to": "+12025550101", "keys": [{"api_key": "abc"}], "tried": ("2025550101", 3)}
    get_logger("test").warning("refused", facts=facts)
    [line] = lines(capsys)
    assert line["facts"] == {"to": "+1•••••••101", "keys": [{"api_key": "•••"}], "tried": ["20•••••101", 3]}
    assert facts["to"] == "+12025550101"
