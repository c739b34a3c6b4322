"""Signed, short-lived, single-purpose tokens.

A token is `payload.signature`, both URL-safe base64. The payload names its purpose and subject, so that a
stream token can never open the browser feed; the signature (HMAC-SHA256 under `LINK_SECRET`) means that garbage
is refused without asking the database. That a token is used only once is the registry's part
(`Registry.redeem_token`), which remembers its nonce until it has expired.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass

STREAM = "stream"
"""Opens one Media Stream for one call (subject: the call's id)."""
FEED = "feed"
"""Opens one browser feed (subject: the operator's session)."""


class TokenError(Exception):
    """A token that opens nothing; the message says why, in words that may be logged."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid token says."""

    purpose: str
    subject: str
    expires_at: float
    nonce: str


def mint(secret: str, purpose: str, subject: str, *, ttl_s: float, now: float) -> str:
    """A token for `subject`, good for `purpose` until `now + ttl_s` (seconds since the epoch)."""
    payload = json.dumps([purpose, subject, now + ttl_s, secrets.token_urlsafe(16)]).encode()
    return f"{_encode(payload)}.{_encode(_sign(secret, payload))}"


def verify(secret: str, token: str, purpose: str, *, now: float) -> Claims:
    """The claims of `token`, if it is ours, for `purpose`, and not expired. Raises `TokenError`."""
    try:
        payload_text, _, signature_text = token.partition(".")
        payload, signature = _decode(payload_text), _decode(signature_text)
    except (ValueError, binascii.Error):
        raise TokenError("malformed token") from None
    if not hmac.compare_digest(_sign(secret, payload), signature):
        raise TokenError("token was not signed by us")
    claims = Claims(*json.loads(payload))
    if claims.purpose != purpose:
        raise TokenError(f"token is for {claims.purpose}, not for {purpose}")
    if now >= claims.expires_at:
        raise TokenError("token has expired")
    return claims


def _sign(secret: str, payload: bytes) -> bytes:
    return hmac.new(secret.encode(), b"kindline token\n" + payload, hashlib.sha256).digest()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
