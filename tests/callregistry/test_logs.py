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
