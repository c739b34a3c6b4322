"""How one process proves to the other that an HTTP callback is its own.

The signature is HMAC-SHA256 under `LINK_SECRET` over method, path, timestamp, nonce and the body's SHA-256. The
receiver refuses a timestamp more than a minute off, and remembers nonces (`Registry.redeem_token`), so that a recorded
request cannot be sent again.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

TIMESTAMP_HEADER = "X-Kindline-Timestamp"
NONCE_HEADER = "X-Kindline-Nonce"
SIGNATURE_HEADER = "X-Kindline-Signature"
TOLERANCE_S = 60.0


class LinkSignatureError(Exception):
    """The request was not signed by the other process; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request whose signature is right."""

    nonce: str
    expires_at: float
    """From then on the timestamp alone refuses it: the nonce need not be remembered longer."""


def sign(secret: str, method: str, path: str, body: bytes, *, now: float) -> dict[str, str]:
    """The three headers that sign a request made at `now` (seconds since the epoch)."""
    timestamp, nonce = f"{now:.3f}", secrets.token_urlsafe(16)
    return {
        TIMESTAMP_HEADER: timestamp,
        NONCE_HEADER: nonce,
        SIGNATURE_HEADER: _signature(secret, method, path, body, timestamp, nonce),
    }


def verify(
    secret: str, method: str, path: str, body: bytes, headers: Mapping[str, str], *, now: float
) -> SignedRequest:
    """Checks the headers against the request. Raises `LinkSignatureError`."""
    timestamp, nonce = headers.get(TIMESTAMP_HEADER, ""), headers.get(NONCE_HEADER, "")
    signature = headers.get(SIGNATURE_HEADER, "")
    if not (timestamp and nonce and signature):
        raise LinkSignatureError("missing signature headers")
    expected = _signature(secret, method, path, body, timestamp, nonce)
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise LinkSignatureError("wrong signature")
    signed_at = float(timestamp)
    if abs(now - signed_at) > TOLERANCE_S:
        raise LinkSignatureError("timestamp is more than a minute off: check both clocks")
    return SignedRequest(nonce, signed_at + 2 * TOLERANCE_S)


def _signature(secret: str, method: str, path: str, body: bytes, timestamp: str, nonce: str) -> str:
    message = "\n".join([method, path, timestamp, nonce, hashlib.sha256(body).hexdigest()])
    return hmac.new(secret.encode(), b"kindline link\n" + message.encode(), hashlib.sha256).hexdigest()
