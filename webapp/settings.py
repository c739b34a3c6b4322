"""The web app's settings: the shared ones, Twilio's account, the panel and the dialling rules' lists.

Each field's docstring says what it means; its name in capitals is its name in the environment and in `.env`.
"""

from __future__ import annotations

import contextlib
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from argon2 import extract_parameters
from argon2.exceptions import InvalidHashError
from phonenumbers import SUPPORTED_REGIONS
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator, model_validator

from callregistry.settings import CommaList, HttpUrl, LongSecret, SharedSettings, WsUrl, is_loopback, matching

MAKE_A_HASH = (
    ".venv/bin/python -c 'import argon2, getpass; print(argon2.PasswordHasher().hash(getpass.getpass()))' "
    "prints the hash to set"
)


def _known_region(region: str) -> str:
    region = region.upper()
    if region not in SUPPORTED_REGIONS:
        raise ValueError(f"{region!r} is not a region; use two-letter codes such as US or GB")
    return region


def _known_regions(regions: list[str]) -> list[str]:
    return list(dict.fromkeys(_known_region(region) for region in regions))


def _argon2_hash(secret: SecretStr) -> SecretStr:
    try:
        extract_parameters(secret.get_secret_value())
    except InvalidHashError:
        raise ValueError(f"is not an argon2 hash; {MAKE_A_HASH}") from None
    return secret


def _compact_number(value: Any) -> Any:
    return value.replace(" ", "").replace("-", "") if isinstance(value, str) else value


Region = Annotated[str, AfterValidator(_known_region)]
Regions = Annotated[CommaList, AfterValidator(_known_regions)]
PhoneNumber = Annotated[
    str,
    BeforeValidator(_compact_number),
    matching(r"\+[1-9][0-9]{6,14}", "+ and 7 to 15 digits, e.g. +12025550100"),
]
ApiKeySid = Annotated[str, matching("SK[0-9a-fA-F]{32}", "SK and 32 hex digits, from Twilio's console")]
PasswordHash = Annotated[SecretStr, AfterValidator(_argon2_hash)]


class WebSettings(SharedSettings):
    """Everything the web app is told from outside."""

    twilio_from_number: PhoneNumber
    """The Twilio number that rings people, in E.164 (`+12025550100`)."""
    twilio_api_key_sid: ApiKeySid | None = None
    """An API key (SK...) for Twilio's REST API, so that the auth token stays for signatures only."""
    twilio_api_key_secret: SecretStr | None = None
    """The API key's secret; both or neither."""
    twilio_api_base_url: HttpUrl | None = None
    """Where Twilio's REST API is. Unset: Twilio's own. The demo sets the sandbox's address."""
    fallback_twiml_url: HttpUrl | None = None
    """What Twilio asks when the web app is dead (a TwiML Bin, for example). Unset: our own /twilio/fallback."""

    default_region: Region = "US"
    """The country of numbers that are typed without a country code."""
    dial_regions: Regions = Field(default=[], min_length=1, validate_default=False)
    """The countries that may be called, comma-separated. Default: `DEFAULT_REGION` alone."""
    inbound_calls: Literal["answer", "decline"] = "answer"
    """Whoever rings our number: a conversation, or a polite message."""
    answering_machine_detection: bool = False
    """Twilio listens for answering machines (charged per call) and we hang up on them."""
    ring_timeout_s: int = Field(45, ge=5, le=600)
    """How long a telephone rings, in seconds."""

    feed_url: WsUrl = Field(default="", validate_default=False)
    """The bridge's /feed as the browser sees it. Default: `PUBLIC_STREAM_URL` with the path /feed."""
    secret_key: LongSecret
    """Signs the panel's session cookies."""
    panel_password_hash: PasswordHash | None = None
    """The operator's password, as an argon2 hash. Unset only in the sandbox."""
    panel_api_token: LongSecret | None = None
    """For scripts: `Authorization: Bearer ...`. Unset: scripts are refused."""
    proxy_hops: int = Field(0, ge=0, le=5)
    """How many reverse proxies of yours stand in front (0: none). Only then is X-Forwarded-For believed, which
    tells the address that sign-in tries are counted for."""

    @property
    def over_https(self) -> bool:
        """True if people reach the panel by https."""
        return urlsplit(self.public_base_url).scheme == "https"

    @property
    def sandbox_url(self) -> str | None:
        """The sandbox's address, where Twilio's API is on this machine; None with the real Twilio."""
        url = self.twilio_api_base_url
        return url if url is not None and is_loopback(url) else None

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Defaults that follow from other settings; none from a wrong one, which would be told as two mistakes."""
        derived: dict[str, Any] = {}
        if (region := str(data.get("default_region", "US")).upper()) in SUPPORTED_REGIONS:
            derived["dial_regions"] = [region]
        with contextlib.suppress(ValueError):
            stream = urlsplit(str(data.get("public_stream_url", "")))
            if stream.scheme == "wss" and stream.hostname:
                derived["feed_url"] = stream._replace(path="/feed", query="", fragment="").geturl()
        return derived | data

    # Of fields, not of the whole: those are not asked where any other field is wrong, and a second list of mistakes
    # after the first was put right is one too many. `info.data` has the good fields before this one.

    @field_validator("twilio_api_key_secret")
    @classmethod
    def _key_and_secret(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if "twilio_api_key_sid" in info.data and (info.data["twilio_api_key_sid"] is None) != (secret is None):
            raise ValueError("set TWILIO_API_KEY_SID and TWILIO_API_KEY_SECRET both, or neither")
        return secret

    @field_validator("panel_password_hash")
    @classmethod
    def _password_outside_the_sandbox(cls, password_hash: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        addresses = [info.data[name] for name in ("public_base_url", "twilio_api_base_url") if name in info.data]
        on_this_machine = all(address is not None and is_loopback(address) for address in addresses)
        if password_hash is None and not on_this_machine:
            raise ValueError(f"is missing; without it only the sandbox may be called; {MAKE_A_HASH}")
        return password_hash
