"""What the documents promise is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from callregistry.call_events import Kind
from voicebridge.settings import BridgeSettings
from webapp.settings import WebSettings

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = sorted({name.upper() for kind in (WebSettings, BridgeSettings) for name in kind.model_fields})
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_explained_in_env_example(name: str) -> None:
    assert re.search(rf"^#? ?{name}=", (ROOT / ".env.example").read_text(), re.MULTILINE)


def test_env_example_names_no_setting_that_does_not_exist() -> None:
    named = re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(set(named) - set(SETTINGS)) == []


@pytest.mark.parametrize("kind", list(Kind))
def test_every_event_kind_is_drawn_in_the_browser(kind: Kind) -> None:
    assert f'"{kind}"' in (ROOT / "frontend" / "render.js").read_text()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_dependency_is_explained() -> None:
    explained = (ROOT / "docs" / "dependencies.md").read_text().lower()
    named = [
        match.group().lower()
        for name in ("requirements.in", "requirements-sandbox.in", "requirements-dev.in")
        for line in (ROOT / name).read_text().splitlines()
        if (match := re.match(r"[A-Za-z0-9][A-Za-z0-9_.-]*", line))
    ]
    assert [name for name in named if f"`{name}`" not in explained] == []


def test_no_file_names_a_package_registry() -> None:
    for requirements in ROOT.glob("requirements*"):
        assert "://" not in requirements.read_text()
