"""The panel's list of people who can be called in the sandbox."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.webapp.conftest import PASSWORD_HASH, BuildHouse
from tests.webapp.web_house import PERSON_NUMBER


class _People(BaseHTTPRequestHandler):
    body: Any = {"people": [{"name": "Margaret", "number": PERSON_NUMBER, "description": "slow", "voice": "pico"}]}

    def do_GET(self) -> None:
        raw = json.dumps(self.body).encode()
        self.send_response(200 if self.path == "/sandbox/people" else 404)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.mark.parametrize("body", [_People.body, {}, [], {"people": 3}, {"people": ["x"]}, "x"])
def test_the_sandboxs_people_are_shown_or_the_sandbox_is_said_not_to_answer(
    build_house: BuildHouse, monkeypatch: pytest.MonkeyPatch, body: Any
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setattr(_People, "body", body)
    with HTTPServer(("127.0.0.1", 0), _People) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        house = build_house(twilio_api_base_url=f"http://127.0.0.1:{server.server_port}")
        answer = house.api("GET", "/api/sandbox/people")
        server.shutdown()
    if isinstance(body, dict) and isinstance(body.get("people"), list) and body["people"][0] != "x":
        assert answer.json == {"people": [{"name": "Margaret", "number": PERSON_NUMBER, "description": "slow"}]}
    else:
        assert (answer.status_code, answer.json["error"]["help"]) == (502, "Start it.")


def test_where_twilio_is_real_there_are_no_sandbox_people(build_house: BuildHouse) -> None:
    house = build_house(twilio_api_base_url=None, panel_password_hash=PASSWORD_HASH)
    assert house.api("GET", "/api/sandbox/people").status_code == 404
