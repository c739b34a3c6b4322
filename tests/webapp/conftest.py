"""Fixtures of the web app's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from tests.webapp.web_house import WebHouse

PASSWORD = "a long password for tests"
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)

BuildHouse = Callable[..., WebHouse]


@pytest.fixture
def build_house(tmp_path: Path) -> Iterator[BuildHouse]:
    """Builds web apps with settings of the test's choice; their registries are closed at the end."""
    built: list[WebHouse] = []

    def build(**changes: Any) -> WebHouse:
        folder = tmp_path / str(len(built))
        folder.mkdir()
        built.append(WebHouse.built(folder, **changes))
        return built[-1]

    yield build
    for house in built:
        house.registry.close()


@pytest.fixture
def house(build_house: BuildHouse) -> WebHouse:
    """The web app of the sandbox: no password."""
    return build_house()


@pytest.fixture
def locked_house(build_house: BuildHouse) -> WebHouse:
    """The web app with an operator's password."""
    return build_house(panel_password_hash=PASSWORD_HASH)
