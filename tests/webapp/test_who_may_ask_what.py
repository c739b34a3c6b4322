"""Every route carries one label, and every route refuses whoever is not meant: driven by the URL map."""

from __future__ import annotations

from typing import Any

import pytest
from twilio.request_validator import RequestValidator
from werkzeug.routing import Rule

from tests.webapp.conftest import PASSWORD, BuildHouse
from tests.webapp.web_house import ACCOUNT_SID, API_TOKEN, AUTH_TOKEN, BASE_URL, WebHouse, settings_of, sid
from webapp import create_app
from webapp.openapi import document

PUBLIC = {"static", "auth.sign_in", "auth.sign_out", "health.healthz", "health.readyz", "openapi.show_document"}
GUARDED_BY_A_TOKEN = {"health.metrics"}
CALL_ID = "call_" + "a" * 32


def routes() -> list[Rule]:
    """The URL map, read from an app that is never asked anything."""
    nobody: Any = object()
    return list(create_app(settings_of(), nobody, nobody).url_map.iter_rules())


def routes_of(*blueprints: str) -> list[Any]:
    return [pytest.param(rule, id=rule.rule) for rule in routes() if rule.endpoint.split(".")[0] in blueprints]


def path_of(rule: Rule) -> str:
    return rule.rule.replace("<call_id:call_id>", CALL_ID).replace("<call_id>", CALL_ID)


def test_every_route_is_public_or_the_operators_or_twilios_or_the_bridges() -> None:
    for rule in routes():
        guarded = rule.endpoint.split(".")[0] in {"panel", "calls_api", "webhooks", "callbacks"}
        assert guarded or rule.endpoint in PUBLIC | GUARDED_BY_A_TOKEN, rule


def test_the_openapi_document_describes_every_route_of_the_api() -> None:
    described = {
        (path.replace("{call_id}", "<call_id:call_id>"), method.upper())
        for path, methods in document()["paths"].items()
        for method in methods
        if method != "parameters"
    }
    served = {
        (rule.rule, method)
        for rule in routes()
        if rule.endpoint.startswith("calls_api.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == served


# --- Twilio's routes


@pytest.mark.parametrize("rule", routes_of("webhooks"))
def test_a_twilio_route_refuses_everything_that_twilio_did_not_sign_for_it(house: WebHouse, rule: Rule) -> None:
    path = path_of(rule)
    form = {"AccountSid": ACCOUNT_SID, "CallSid": sid(1), "CallStatus": "completed", "ToCity": ""}

    def signed(url: str = BASE_URL + path, token: str = AUTH_TOKEN, fields: dict[str, str] = form) -> str:
        return str(RequestValidator(token).compute_signature(url, fields))

    def post(signature: str | None, data: Any = form, query: str = "") -> int:
        headers = {} if signature is None else {"X-Twilio-Signature": signature}
        answer = house.client.post(path + query, data=data, headers=headers)
        assert answer.status_code != 403 or "<" not in answer.text
        return int(answer.status_code)

    assert post(signed()) in {200, 204}
    refused = {
        "no header": post(None),
        "empty": post(""),
        "nonsense": post("nonsense"),
        "not ascii": post("é"),
        "token of another account": post(signed(token="another token")),
        "https": post(signed(BASE_URL.replace("http", "https") + path)),
        "another host": post(signed("https://evil.example" + path)),
        "another path": post(signed(BASE_URL + path + "/")),
        "query added": post(signed(), query="?a=1"),
        "field added": post(signed(), form | {"Extra": "1"}),
        "field missing": post(signed(), {name: value for name, value in form.items() if name != "ToCity"}),
        "field changed": post(signed(), form | {"CallStatus": "busy"}),
        "field doubled": post(signed(), form | {"CallSid": [sid(1), sid(2)]}),
        "json": house.client.post(path, json=form, headers={"X-Twilio-Signature": signed()}).status_code,
        "another AccountSid": house.twilio(path, AccountSid="AC" + "f" * 32).status_code,
        "no AccountSid": house.twilio(path, AccountSid="").status_code,
        "no CallSid": house.twilio(path, "").status_code,
        "strange CallSid": house.twilio(path, "CA1' OR 1=1").status_code,
    }
    assert set(refused.values()) == {403}, refused
    assert house.registry.recent_calls() == [] or rule.endpoint == "webhooks.adopted_voice"


@pytest.mark.parametrize("rule", routes_of("webhooks", "callbacks"))
def test_machines_routes_answer_to_post_only(house: WebHouse, rule: Rule) -> None:
    answer = house.client.get(path_of(rule))
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_the_signature_is_made_over_the_public_address_whatever_the_proxy_made_of_it(build_house: BuildHouse) -> None:
    public = build_house(**REAL)
    assert public.twilio("/twilio/status", CallStatus="busy").status_code == 204  # came as http://proxy.internal:81
    assert public.twilio("/twilio/status", CallStatus="busy", base="http://proxy.internal:81").status_code == 403


# --- the operator's routes


@pytest.mark.parametrize("rule", routes_of("panel", "calls_api"))
def test_a_stranger_gets_nothing(locked_house: WebHouse, rule: Rule) -> None:
    path = path_of(rule)
    for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
        for headers in (
            {},
            {"Cookie": "kindline=forged.cookie.value"},
            {"Authorization": "Bearer wrong"},
            {"Authorization": "Bearer "},
            {"Authorization": API_TOKEN},
            {"Authorization": f"Basic {API_TOKEN}"},
            {"Authorization": "Bearer ü"},
        ):
            answer = locked_house.client.open(path, method=method, headers=headers, base_url=BASE_URL)
            if rule.endpoint.startswith("panel."):
                assert (answer.status_code, answer.location.split("?")[0]) == (302, "/sign-in")
            else:
                assert answer.status_code == 401
                assert answer.json["error"]["code"] == "unauthorized"
                assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_without_an_api_token_scripts_are_refused(build_house: BuildHouse) -> None:
    house = build_house(panel_api_token=None)
    for token in ("", "None", API_TOKEN):
        assert house.api("GET", "/api/calls", Authorization=f"Bearer {token}").status_code == 401


@pytest.mark.parametrize("rule", routes_of("panel", "calls_api", "auth"))
def test_whatever_changes_something_needs_the_sessions_own_csrf_token(
    locked_house: WebHouse, build_house: BuildHouse, rule: Rule
) -> None:
    if "POST" not in (rule.methods or set()):
        assert (rule.methods or set()) <= {"GET", "HEAD", "OPTIONS"}
        return
    house, path = locked_house, path_of(rule)
    foreign = build_house().csrf_token()
    if rule.endpoint != "auth.sign_in":
        assert house.sign_in(PASSWORD).status_code == 303
        own = house.csrf_token()
    else:
        own = house.csrf_token("/sign-in")
    for headers in (
        {},
        {"X-CSRFToken": ""},
        {"X-CSRFToken": "nonsense"},
        {"X-CSRFToken": foreign},
        {"X-CSRFToken": own, "Origin": "https://evil.example"},
        {"X-CSRFToken": own, "Origin": "null"},
        {"X-CSRFToken": own, "Sec-Fetch-Site": "cross-site"},
    ):
        answer = house.client.post(path, headers=headers, base_url=BASE_URL)
        assert answer.status_code == 403, headers
        if path.startswith("/api/"):
            assert answer.json["error"]["code"] == "csrf"
        else:
            assert "<h1" in answer.text
    accepted = house.client.post(
        path, headers={"X-CSRFToken": own, "Origin": BASE_URL, "Sec-Fetch-Site": "same-origin"}, base_url=BASE_URL
    )
    assert accepted.status_code != 403


def test_the_open_panel_of_the_sandbox_needs_csrf_tokens_too(house: WebHouse) -> None:
    assert house.client.post("/api/feed-tickets", base_url=BASE_URL).status_code == 403
    token = house.csrf_token()
    answer = house.client.post("/api/feed-tickets", headers={"X-CSRFToken": token}, base_url=BASE_URL)
    assert answer.status_code == 201


def test_the_open_panel_does_not_answer_to_foreign_names_that_point_at_this_machine(house: WebHouse) -> None:
    for host in ("http://rebound.example:5000", "http://127.0.0.1.example", "http://[::2]"):
        assert house.client.get("/", base_url=host).status_code == 403
        assert house.client.get("/api/calls", base_url=host).status_code == 403
    assert house.client.get("/", base_url="http://localhost:5000").status_code == 200


def test_no_get_changes_anything(house: WebHouse) -> None:
    call = house.dial()
    before = house.row(call.id)
    for rule in routes():
        if "GET" in (rule.methods or set()):
            path = path_of(rule).replace(CALL_ID, call.id).replace("<path:filename>", "favicon.svg")
            assert house.api("GET", path).status_code < 500 or "sandbox" in path
    assert house.row(call.id) == before
    assert house.registry.recent_calls() == [before]


REAL: dict[str, Any] = {
    "public_base_url": "https://calls.example.org",
    "public_stream_url": "wss://calls.example.org/media",
    "feed_url": None,
    "twilio_api_base_url": None,
    "panel_password_hash": "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@pytest.mark.parametrize("over_https", [False, True])
def test_every_answer_carries_the_security_headers_errors_too(build_house: BuildHouse, over_https: bool) -> None:
    house = build_house(**REAL) if over_https else build_house()
    asked = [path_of(rule).replace("<path:filename>", "favicon.svg") for rule in routes()]
    for path in [*asked, "/nowhere", "/static/nowhere.css", "/static/base.html", "/static/../webapp/auth.py"]:
        for method in ("GET", "POST", "BREW"):
            answer = house.client.open(path, method=method, base_url=house.settings.public_base_url, buffered=True)
            for name, value in HEADERS.items():
                assert answer.headers[name] == value, (path, method)
            policy = answer.headers["Content-Security-Policy"]
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert ("Strict-Transport-Security" in answer.headers) is over_https
            fresh = "no-cache" if path == "/static/favicon.svg" and method == "GET" else "no-store"
            assert answer.headers["Cache-Control"] == fresh
            assert answer.status_code < 500 or "sandbox" in path


@pytest.mark.parametrize(
    ("feed_url", "origin"),
    [("ws://127.0.0.1:8765/feed", "ws://127.0.0.1:8765"), ("wss://feed.example.org/feed", "wss://feed.example.org")],
)
def test_pages_may_connect_to_the_feed_and_to_nothing_else(build_house: BuildHouse, feed_url: str, origin: str) -> None:
    house = build_house(feed_url=feed_url)
    policy = house.client.get("/", base_url=BASE_URL).headers["Content-Security-Policy"]
    assert f"connect-src 'self' {origin};" in policy


def test_templates_are_not_served_as_files(house: WebHouse) -> None:
    for name in ("panel.html", "base.html", "nothing.css", "../webapp/settings.py", ".env"):
        answer = house.client.get(f"/static/{name}")
        assert answer.status_code == 404


def test_errors_are_pages_for_people_and_json_for_programs(house: WebHouse) -> None:
    page, program = house.client.get("/nowhere"), house.client.get("/api/nowhere")
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert (program.status_code, program.json) == (
        404,
        {"error": {"code": "not_found", "message": "There is no such page."}},
    )
    assert house.api("PUT", "/api/calls").json["error"]["code"] == "method_not_allowed"
    assert house.api("PUT", "/api/calls").headers["Allow"]
    missing = house.client.get(f"/calls/{CALL_ID}", base_url=BASE_URL)
    assert (missing.status_code, "no such call" in missing.text) == (404, True)


def test_a_bug_of_ours_shows_a_stranger_no_stack_trace(house: WebHouse) -> None:
    house.registry.engine.dispose()
    with house.registry.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE calls RENAME TO lost")
    answer = house.api("GET", "/api/calls")
    assert answer.status_code == 500
    assert answer.json == {
        "error": {"code": "server_error", "message": "Something went wrong here. The log says what."}
    }
    page = house.client.get(f"/calls/{CALL_ID}", base_url=BASE_URL)
    assert page.status_code == 500
    assert "Traceback" not in page.text
    assert "sqlite" not in page.text.lower()
