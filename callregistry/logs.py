"""Logging for both processes: the standard `logging`, rendered by structlog.

JSON lines in production, readable lines in a terminal. Every line of a call carries its id (`bind_call`). Telephone
numbers are masked on the way out, whoever wrote them; values under a secret's name are replaced. Transcripts are
logged at debug only: that is up to the caller, and a test reads whole runs for it.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from callregistry.phone_numbers import mask_all

_SECRET_NAMES = ("token", "secret", "password", "authorization", "api_key", "signature", "cookie")


def configure_logging(process: str, *, level: str = "info", log_format: str | None = None) -> None:
    """Sets up the root logger. `log_format` is json or text; by default text in a terminal, json elsewhere."""
    as_json = log_format == "json" or (log_format is None and not sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendering: list[Processor] = [structlog.processors.format_exc_info, _name_process(process), _redact]
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering, renderer],
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in (
        "httpx",
        "httpx2",
        "httpcore",
        "httpcore2",
        "openai",
        "urllib3",
        "websockets",
        "twilio",
        "alembic",
    ):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger for a module: `log.info("greeting ready", duration_ms=412)`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def bind_call(call_id: str) -> None:
    """From here on, every line of this task or request carries the call's id."""
    structlog.contextvars.bind_contextvars(call=call_id)


def unbind_call() -> None:
    """The task or request goes on to something else."""
    structlog.contextvars.unbind_contextvars("call")


def _name_process(process: str) -> Processor:
    def name(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event["process"] = process
        return event

    return name


def _redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {key: _redacted(key, value) for key, value in event.items()}


def _redacted(key: str, value: Any) -> Any:
    """`value` without secrets and whole numbers, however deep they are in it."""
    if any(name in key.lower() for name in _SECRET_NAMES):
        return "•••"
    if isinstance(value, str):
        return mask_all(value)
    if isinstance(value, Mapping):
        return {name: _redacted(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(key, inner) for inner in value]
    return value
