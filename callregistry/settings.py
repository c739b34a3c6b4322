"""The settings both processes share; each process extends them with its own.

Read once, from the environment and `.env`, into a frozen object that is passed down. A missing or malformed value
stops the start with one line per mistake. Secrets are masked wherever the object is printed.
"""

from __future__ import annotations

import difflib
import os
import re
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from callregistry.database import PROJECT_ROOT

ENV_FILE = os.environ.get("ENV_FILE", str(PROJECT_ROOT / ".env"))
"""The file settings are read from besides the environment, which wins. The demo names none, to keep to itself."""

_EXAMPLE = PROJECT_ROOT / ".env.example"
_ALIKE = 0.75

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


class SettingsError(Exception):
    """One line per mistake, each naming its setting."""


def is_loopback(url: str) -> bool:
    """True if the URL's host is this machine."""
    return urlsplit(url).hostname in LOOPBACK_HOSTS


def _checked_url(secure: str, plain: str | None) -> Any:
    """A validator for URLs: `secure` anywhere, `plain` on loopback only; a trailing slash is taken off."""

    def check(url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {secure, plain} or not parts.hostname:
            raise ValueError(f"must be a full {secure}:// address, for example {secure}://calls.example.org")
        if parts.scheme == plain and not is_loopback(url):
            raise ValueError(f"{plain}:// is allowed for this machine only; use {secure}://")
        if parts.query or parts.fragment:
            raise ValueError("may not carry a query string or fragment")
        return url.rstrip("/")

    return AfterValidator(check)


def matching(pattern: str, expected: str) -> Any:
    """A validator for texts: what does not match is answered with what is `expected`, in plain words."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"must be {expected}")
        return text

    return AfterValidator(check)


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < 32:
        raise ValueError("must be at least 32 characters; python3 -c 'import secrets; print(secrets.token_hex(32))'")
    return secret


def _comma_list(value: Any) -> Any:
    return [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else value


HttpUrl = Annotated[str, _checked_url("https", "http")]
WssUrl = Annotated[str, _checked_url("wss", None)]
WsUrl = Annotated[str, _checked_url("wss", "ws")]
LongSecret = Annotated[SecretStr, AfterValidator(_long_enough)]
CommaList = Annotated[list[str], NoDecode, BeforeValidator(_comma_list)]


class SharedSettings(BaseSettings):
    """What both processes must agree on. Names, meanings and defaults: `.env.example`."""

    model_config = SettingsConfigDict(env_file=ENV_FILE, env_ignore_empty=True, extra="ignore", frozen=True)

    public_base_url: HttpUrl
    public_stream_url: WssUrl
    panel_origins: CommaList = []
    web_port: int = Field(5000, ge=1, le=65535)
    bridge_port: int = Field(8765, ge=1, le=65535)

    twilio_account_sid: Annotated[str, matching("AC[0-9a-fA-F]{32}", "AC and 32 hex digits, from Twilio's console")]
    twilio_auth_token: SecretStr

    caller_name: str = Field(min_length=1)
    call_language: Annotated[str, matching("[a-z]{2}", "a language's two letters, e.g. en")] = "en"
    max_calls: int = Field(5, ge=1)
    max_call_s: int = Field(900, ge=60, le=14_400)

    registry_url: str = "sqlite:///var/calls.db"
    link_secret: LongSecret
    metrics_token: SecretStr | None = None
    log_format: Literal["json", "text"] | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def allowed_origins(self) -> list[str]:
        """Where the panel may be open: `PUBLIC_BASE_URL` and `PANEL_ORIGINS`."""
        return [self.public_base_url, *(origin.rstrip("/") for origin in self.panel_origins)]

    @field_validator("bridge_port")
    @classmethod
    def _two_ports(cls, port: int, info: ValidationInfo) -> int:
        if port == info.data.get("web_port"):
            raise ValueError(f"must not be {port}, which is WEB_PORT: each process listens on a port of its own")
        return port


Settings = TypeVar("Settings", bound=SharedSettings)


def load_settings(kind: type[Settings], **overrides: Any) -> Settings:
    """Reads settings of `kind`. Raises `SettingsError` with one line per mistake, and one per name that is misspelt."""
    try:
        return kind(**overrides)
    except ValidationError as error:
        lines = [_mistake(dict(detail)) for detail in error.errors(include_input=False, include_url=False)]
        lines += misspelt_names(kind, overrides.get("_env_file", kind.model_config.get("env_file")))
        raise SettingsError("\n".join(lines)) from None


def load_settings_or_exit(kind: type[Settings]) -> Settings:
    """As `load_settings`, for a process's start: prints the mistakes and ends the process with status 78.

    A name that looks misspelt is only warned of where the settings are good without it.
    """
    try:
        settings = load_settings(kind)
    except SettingsError as error:
        sys.stderr.write(f"Kindline cannot start; fix these settings (.env):\n{error}\n")
        sys.exit(78)
    for warning in misspelt_names(kind, kind.model_config.get("env_file")):
        sys.stderr.write(f"Warning: {warning}\n")
    return settings


def misspelt_names(kind: type[SharedSettings], env_file: Any) -> list[str]:
    """A line for each name in `env_file` that is no setting of either process, but much like one of `kind`'s."""
    if env_file is None or not Path(env_file).is_file():
        return []
    ours = {name.upper() for name in kind.model_fields}
    # The other process's settings are in the same file, and are known here by the example only.
    example = _EXAMPLE.read_text(encoding="utf-8") if _EXAMPLE.is_file() else ""
    known = ours | set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE))
    lines = []
    for name in dotenv_values(env_file, interpolate=False):
        meant = [] if name.upper() in known else difflib.get_close_matches(name.upper(), known, n=1, cutoff=_ALIKE)
        if meant and meant[0] in ours:
            lines.append(f"{name}: is not a setting; did you mean {meant[0]}?")
    return lines


def _mistake(detail: dict[str, Any]) -> str:
    name = "_".join(str(part) for part in detail["loc"][:1]).upper()
    if detail["type"] == "missing":
        return f"{name}: is missing; see .env.example"
    plain = _IN_PLAIN_WORDS.get(detail["type"])
    message = plain.format(**detail.get("ctx", {})) if plain else str(detail["msg"]).removeprefix("Value error, ")
    return f"{name}: {message}" if name else message


_IN_PLAIN_WORDS = {
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "literal_error": "must be {expected}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
}
"""Pydantic's types of mistakes, as told to somebody who edits a file."""
