"""Health, readiness and metrics."""

from __future__ import annotations

from sqlalchemy.exc import OperationalError

from callregistry.registry import Registry
from tests.webapp.conftest import BuildHouse
from tests.webapp.web_house import BASE_URL, NotedTelephony, WebHouse, settings_of
from webapp import create_app

TOKEN = "a-metrics-token"


class BrokenRegistry(Registry):
    """A registry whose disk is gone."""

    def is_ready(self) -> bool:
        raise OperationalError("SELECT 1", {}, Exception("disk I/O error"))


def test_it_is_alive_and_ready(house: WebHouse) -> None:
    assert (house.client.get("/healthz").status_code, house.client.get("/healthz").text) == (200, "ok\n")
    assert (house.client.get("/readyz").status_code, house.client.get("/readyz").text) == (200, "ready\n")


def test_without_its_registry_it_is_alive_but_not_ready(house: WebHouse) -> None:
    client = create_app(settings_of(), BrokenRegistry(house.registry.engine), NotedTelephony()).test_client()
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "the call registry does not answer\n")


def test_metrics_are_for_whoever_has_the_token(build_house: BuildHouse, house: WebHouse) -> None:
    assert house.client.get("/metrics").status_code == 404
    counted = build_house(metrics_token=TOKEN)
    for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}, {"Authorization": "Bearer é"}):
        assert counted.client.get("/metrics", headers=header).status_code == 401
    call = counted.dial()
    counted.twilio(f"/twilio/voice/{call.id}", call.twilio_sid or "")
    counted.client.get("/no/such/page", base_url=BASE_URL)
    text = counted.client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    assert 'kindline_live_calls{status="in-progress"} 1.0' in text
    assert 'kindline_live_calls{status="ringing"} 0.0' in text
    assert 'kindline_web_requests_total{endpoint="webhooks.voice",status="2xx"} 1.0' in text
    assert 'kindline_web_requests_total{endpoint="none",status="4xx"} 1.0' in text
    assert "/no/such" not in text
    assert call.id not in text
