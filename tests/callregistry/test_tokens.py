"""Signed, short-lived, single-purpose tokens."""

from __future__ import annotations

import pytest

from callregistry.tokens import FEED, STREAM, TokenError, mint, verify

SECRET = "s" * 32
NOW = 1_000_000.0


def test_a_token_says_what_it_was_minted_for() -> None:
    claims = verify(SECRET, mint(SECRET, STREAM, "call_1:1:CA1", ttl_s=60, now=NOW), STREAM, now=NOW + 59)
    assert (claims.purpose, claims.subject, claims.expires_at) == (STREAM, "call_1:1:CA1", NOW + 60)


def test_two_tokens_for_the_same_thing_differ() -> None:
    first, second = (verify(SECRET, mint(SECRET, FEED, "a", ttl_s=9, now=NOW), FEED, now=NOW) for _ in range(2))
    assert first.nonce != second.nonce


def test_a_token_expires() -> None:
    with pytest.raises(TokenError, match="expired"):
        verify(SECRET, mint(SECRET, STREAM, "a", ttl_s=60, now=NOW), STREAM, now=NOW + 60)


def test_a_token_for_one_purpose_opens_no_other_door() -> None:
    with pytest.raises(TokenError, match="for stream, not for feed"):
        verify(SECRET, mint(SECRET, STREAM, "a", ttl_s=60, now=NOW), FEED, now=NOW)


def test_a_token_under_another_secret_is_refused() -> None:
    with pytest.raises(TokenError, match="not signed by us"):
        verify(SECRET, mint("t" * 32, STREAM, "a", ttl_s=60, now=NOW), STREAM, now=NOW)


@pytest.mark.parametrize("garbage", ["", ".", "a.b", "….…", "no dot", "YQ.YQ", "%%%.%%%", "é.é", "\0", "a" * 10_000])
def test_garbage_is_refused(garbage: str) -> None:
    with pytest.raises(TokenError):
        verify(SECRET, garbage, STREAM, now=NOW)


def test_no_single_changed_character_passes() -> None:
    token = mint(SECRET, STREAM, "call_1", ttl_s=60, now=NOW)
    last_payload_and_signature_characters = {token.index(".") - 1, len(token) - 1}
    for i in set(range(len(token))) - last_payload_and_signature_characters:  # those hold unused base64 bits
        changed = token[:i] + ("A" if token[i] != "A" else "B") + token[i + 1 :]
        with pytest.raises(TokenError):
            verify(SECRET, changed, STREAM, now=NOW)
