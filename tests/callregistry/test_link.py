"""Signed requests between the two processes."""

from __future__ import annotations

import pytest

from callregistry.link import (
    NONCE_HEADER,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    LinkSignatureError,
    sign,
    verify,
)

SECRET = "s" * 32
NOW = 1_000_000.0
BODY = b'{"call_id": "call_1"}'


def headers(**changes: str) -> dict[str, str]:
    return sign(SECRET, "POST", "/callbacks/hangup", BODY, now=NOW) | changes


def test_what_one_process_signs_the_other_accepts() -> None:
    signed = headers()
    accepted = verify(SECRET, "POST", "/callbacks/hangup", BODY, signed, now=NOW + 1)
    assert accepted.nonce == signed[NONCE_HEADER]
    assert accepted.expires_at == NOW + 120


@pytest.mark.parametrize("missing", [TIMESTAMP_HEADER, NONCE_HEADER, SIGNATURE_HEADER])
def test_a_missing_header_is_named(missing: str) -> None:
    with pytest.raises(LinkSignatureError, match="missing"):
        verify(SECRET, "POST", "/callbacks/hangup", BODY, headers(**{missing: ""}), now=NOW)


@pytest.mark.parametrize(
    ("method", "path", "body", "changes"),
    [
        ("GET", "/callbacks/hangup", BODY, {}),
        ("POST", "/callbacks/call-over", BODY, {}),
        ("POST", "/callbacks/hangup", BODY + b" ", {}),
        ("POST", "/callbacks/hangup", BODY, {NONCE_HEADER: "another"}),
        ("POST", "/callbacks/hangup", BODY, {TIMESTAMP_HEADER: f"{NOW + 1:.3f}"}),
        ("POST", "/callbacks/hangup", BODY, {TIMESTAMP_HEADER: "not a number"}),
        ("POST", "/callbacks/hangup", BODY, {SIGNATURE_HEADER: "ünïcode"}),
    ],
)
def test_any_change_breaks_the_signature(method: str, path: str, body: bytes, changes: dict[str, str]) -> None:
    with pytest.raises(LinkSignatureError, match="wrong signature"):
        verify(SECRET, method, path, body, headers(**changes), now=NOW)


@pytest.mark.parametrize("later", [-61.0, 61.0])
def test_an_old_or_future_request_is_refused(later: float) -> None:
    with pytest.raises(LinkSignatureError, match="clocks"):
        verify(SECRET, "POST", "/callbacks/hangup", BODY, headers(), now=NOW + later)
