"""The API does what its OpenAPI document says: no answer that is not described, and never a server error."""

from __future__ import annotations

import re
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS
from schemathesis.specs.openapi.checks import positive_data_acceptance

from callregistry.calls import CallStatus
from tests.webapp.conftest import PASSWORD_HASH, BuildHouse
from tests.webapp.web_house import API_TOKEN, WebHouse, settings_of
from webapp import create_app
from webapp.openapi import document

# A text that the schema allows as a number is most often none: 422 is the right answer to it.
NOT_EXPECTED = [positive_data_acceptance]


@pytest.fixture
def api_house(build_house: BuildHouse) -> WebHouse:
    """A house with calls in it, whose telephone network takes every call."""
    house = build_house(
        panel_password_hash=PASSWORD_HASH, max_calls=100_000, twilio_api_base_url="https://twilio.example"
    )
    over = house.dial("+12025550140")
    house.registry.advance_status(over.id, CallStatus.BUSY, now=house.clock())
    return house


class AppOfTheTest:
    """A WSGI app that is another one in each test: schemathesis wants it when this file is read."""

    def __init__(self) -> None:
        nobody: Any = object()
        self.app: Any = create_app(settings_of(), nobody, nobody)

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.app(environ, start_response)


app_of_the_test = AppOfTheTest()
schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app_of_the_test)


@schema.parametrize()
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_every_answer_of_the_api_is_described(api_house: WebHouse, case: Any) -> None:
    app_of_the_test.app = api_house.app
    case.call_and_validate(headers={"Authorization": f"Bearer {API_TOKEN}"}, excluded_checks=NOT_EXPECTED)


def test_the_checks_that_are_left_out_exist() -> None:
    assert {check.__name__ for check in NOT_EXPECTED} <= {check.__name__ for check in CHECKS.get_all()}


def test_the_document_is_public_and_complete(locked_house: WebHouse) -> None:
    answer = locked_house.client.get("/api/openapi.json")
    assert answer.status_code == 200
    assert answer.json == document()
    text = answer.text
    for name in re.findall(r'"#/components/schemas/(\w+)"', text):
        assert name in answer.json["components"]["schemas"]
    for path in answer.json["paths"].values():
        for method, operation in path.items():
            if method != "parameters":
                assert {"operationId", "summary", "responses"} <= operation.keys()
                assert {"401", "403", "500"} <= operation["responses"].keys()
