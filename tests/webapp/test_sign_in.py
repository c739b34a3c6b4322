"""Signing in, staying signed in, and being kept out."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError

import pytest
from argon2 import PasswordHasher

from callregistry import tokens
from tests.webapp.conftest import PASSWORD, PASSWORD_HASH, BuildHouse
from tests.webapp.web_house import BASE_URL, LINK_SECRET, NOW, WebHouse, settings_of
from webapp.auth import ABSOLUTE_S, FAILURES_ALLOWED, FAILURES_WITHIN_S, IDLE_S
from webapp.passwords import AT_ONCE, password_matches
from webapp.security_headers import content_security_policy


def is_signed_in(house: WebHouse) -> bool:
    return bool(house.client.get("/api/calls", base_url=BASE_URL).status_code == 200)


def session_cookie(house: WebHouse) -> str:
    cookie = house.client.get_cookie("kindline", domain="127.0.0.1")
    assert cookie is not None
    return str(cookie.value)


def test_the_right_password_opens_the_panel(locked_house: WebHouse) -> None:
    assert not is_signed_in(locked_house)
    answer = locked_house.sign_in(PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/")
    assert is_signed_in(locked_house)
    assert 'id="sign-out"' in locked_house.client.get("/", base_url=BASE_URL).text


@pytest.mark.parametrize("password", ["", " ", "wrong", PASSWORD + " ", PASSWORD.upper(), "x" * 5000, "\x00", "ü"])
def test_a_wrong_password_is_told_so_and_nothing_more(locked_house: WebHouse, password: str) -> None:
    answer = locked_house.sign_in(password)
    assert answer.status_code == 401
    assert "That did not work" in answer.text
    assert not is_signed_in(locked_house)


def test_too_many_tries_are_answered_like_a_wrong_password_even_with_the_right_one(locked_house: WebHouse) -> None:
    wrong = [locked_house.sign_in("wrong") for _ in range(FAILURES_ALLOWED)]
    right = locked_house.sign_in(PASSWORD)
    strip = len(locked_house.csrf_token("/sign-in"))
    assert {answer.status_code for answer in wrong} == {right.status_code} == {401}
    assert abs(len(wrong[0].text) - len(right.text)) <= strip
    assert "That did not work" in right.text
    locked_house.clock.now += FAILURES_WITHIN_S + 1
    assert locked_house.sign_in(PASSWORD).status_code == 303


def test_once_the_tries_are_used_up_nothing_is_hashed(build_house: BuildHouse) -> None:
    takes_days = PASSWORD_HASH.replace("t=1,", "t=4294967295,")
    assert takes_days != PASSWORD_HASH
    house = build_house(panel_password_hash=takes_days)
    for _ in range(FAILURES_ALLOWED):
        house.registry.note_sign_in_failure("127.0.0.1", now=NOW)
    assert house.sign_in(PASSWORD).status_code == 401


def test_two_passwords_at_once_are_hashed_and_no_third() -> None:
    third = Barrier(AT_ONCE + 1)

    def verify(password_hash: str, password: str) -> bool:
        with contextlib.suppress(BrokenBarrierError):
            third.wait(timeout=0.2)
            met.append(password)
        return password == password_hash

    met: list[str] = []
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda given: password_matches("right", given, verify=verify), ["right", "wrong"] * 3))
    assert answers == [True, False] * 3
    assert met == []


def test_tries_are_counted_for_the_address_that_the_proxy_tells_only_behind_a_proxy(build_house: BuildHouse) -> None:
    one_use = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    for hops, kept_out in ((0, True), (1, False)):
        house = build_house(panel_password_hash=one_use, proxy_hops=hops)
        token = house.csrf_token("/sign-in")
        for number in range(FAILURES_ALLOWED):
            data = {"password": "wrong", "csrf_token": token}
            headers = {"X-Forwarded-For": f"198.51.100.{number}"}
            house.client.post("/sign-in", data=data, headers=headers, base_url=BASE_URL)
        assert (house.sign_in(PASSWORD).status_code == 401) is kept_out


def test_a_session_gets_a_new_id_and_csrf_token_at_sign_in(locked_house: WebHouse) -> None:
    before = locked_house.csrf_token("/sign-in")
    planted = session_cookie(locked_house)
    locked_house.sign_in(PASSWORD)
    assert session_cookie(locked_house) != planted
    answer = locked_house.client.post("/api/feed-tickets", headers={"X-CSRFToken": before}, base_url=BASE_URL)
    assert answer.status_code == 403


def test_a_session_ends_after_half_an_hour_without_use(locked_house: WebHouse) -> None:
    locked_house.sign_in(PASSWORD)
    locked_house.clock.now += IDLE_S - 1
    assert is_signed_in(locked_house)
    locked_house.clock.now += IDLE_S - 1
    assert is_signed_in(locked_house)
    locked_house.clock.now += IDLE_S
    assert not is_signed_in(locked_house)


def test_a_session_ends_after_twelve_hours_however_busy(locked_house: WebHouse) -> None:
    locked_house.sign_in(PASSWORD)
    while locked_house.clock.now < NOW + ABSOLUTE_S - 60:
        assert is_signed_in(locked_house)
        locked_house.clock.now += 600
    locked_house.clock.now = NOW + ABSOLUTE_S
    assert not is_signed_in(locked_house)


def test_signing_out_closes_the_panel(locked_house: WebHouse) -> None:
    locked_house.sign_in(PASSWORD)
    token = locked_house.csrf_token()
    answer = locked_house.client.post("/sign-out", data={"csrf_token": token}, base_url=BASE_URL)
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert not is_signed_in(locked_house)


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/calls/call_" + "a" * 32, "/calls/call_" + "a" * 32),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\r\nSet-Cookie: a=b", "/"),
        ("", "/"),
    ],
)
def test_after_sign_in_one_is_where_one_wanted_to_be_but_never_elsewhere(
    locked_house: WebHouse, wanted: str, reached: str
) -> None:
    assert locked_house.sign_in(PASSWORD, next=wanted).location == reached


def test_a_page_asked_for_without_a_session_is_shown_after_sign_in(locked_house: WebHouse) -> None:
    path = "/calls/call_" + "a" * 32
    redirected = locked_house.client.get(path, base_url=BASE_URL)
    assert redirected.location == f"/sign-in?next={path}"
    assert f'value="{path}"' in locked_house.client.get(redirected.location, base_url=BASE_URL).text


def test_who_is_signed_in_or_needs_no_password_is_not_asked_for_one(house: WebHouse, locked_house: WebHouse) -> None:
    assert house.client.get("/sign-in", base_url=BASE_URL).status_code == 302
    locked_house.sign_in(PASSWORD)
    assert locked_house.client.get("/sign-in", base_url=BASE_URL).location == "/"


def test_the_cookie_is_out_of_reach_of_scripts_foreign_sites_and_plain_http(build_house: BuildHouse) -> None:
    house = build_house()
    plain = house.client.get("/", base_url=BASE_URL).headers["Set-Cookie"]
    assert plain.startswith("kindline=")
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    assert "Secure" not in plain
    hashed = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    for origins, name in (([], "__Host-kindline="), (["http://localhost:5000"], "kindline=")):
        public = build_house(
            public_base_url="https://calls.example.org", panel_password_hash=hashed, panel_origins=origins
        )
        secure = public.client.get("/sign-in", base_url="https://calls.example.org").headers["Set-Cookie"]
        assert secure.startswith(name)
        assert "; Secure" in secure


def test_a_cookie_signed_with_another_key_is_no_session(locked_house: WebHouse, build_house: BuildHouse) -> None:
    other = build_house(secret_key="another--key" * 4)
    other.client.get("/", base_url=BASE_URL)
    locked_house.client.set_cookie("kindline", session_cookie(other), domain="127.0.0.1")
    assert not is_signed_in(locked_house)


def test_a_feed_ticket_is_short_lived_and_names_its_session(locked_house: WebHouse) -> None:
    locked_house.sign_in(PASSWORD)
    headers = {"X-CSRFToken": locked_house.csrf_token()}
    body = [locked_house.client.post("/api/feed-tickets", headers=headers, base_url=BASE_URL).json for _ in range(2)]
    claims = [tokens.verify(LINK_SECRET, ticket["ticket"], tokens.FEED, now=NOW + 29) for ticket in body]
    assert claims[0].subject == claims[1].subject != "api"
    assert claims[0].nonce != claims[1].nonce
    assert (body[0]["url"], body[0]["expires_in_s"]) == ("ws://127.0.0.1:8765/feed", 30)
    by_script = locked_house.api("POST", "/api/feed-tickets").json
    assert tokens.verify(LINK_SECRET, by_script["ticket"], tokens.FEED, now=NOW).subject == "api"
    with pytest.raises(tokens.TokenError):
        tokens.verify(LINK_SECRET, by_script["ticket"], tokens.FEED, now=NOW + 30)


def test_the_policy_is_built_from_the_feeds_origin_alone() -> None:
    assert "connect-src 'self' wss://h:1;" in content_security_policy("wss://h:1/a/b")
    assert settings_of(feed_url=None).feed_url == "wss://127.0.0.1:8765/feed"


def test_a_copy_of_the_cookie_opens_nothing_after_signing_out(locked_house: WebHouse) -> None:
    locked_house.sign_in(PASSWORD)
    copy = session_cookie(locked_house)
    data = {"csrf_token": locked_house.csrf_token("/")}
    assert locked_house.client.post("/sign-out", data=data, base_url=BASE_URL).status_code == 303
    locked_house.client.set_cookie("kindline", copy, domain="127.0.0.1")
    assert not is_signed_in(locked_house)
