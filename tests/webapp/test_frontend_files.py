"""What must be true of the files in frontend/, without a browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from callregistry.call_events import Kind

FRONTEND = Path(__file__).parents[2] / "frontend"
MODULES = sorted(FRONTEND.glob("*.js"))
PAGES = sorted(FRONTEND.glob("*.html"))


def test_every_kind_of_event_is_drawn_and_no_other() -> None:
    source = (FRONTEND / "render.js").read_text()
    table = source[source.index("const DRAWINGS = {") : source.index("\n};")]
    assert set(re.findall(r'^  "([a-z._]+)":', table, re.MULTILINE)) == {kind.value for kind in Kind}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_work_under_a_strict_content_security_policy(page: Path) -> None:
    source = page.read_text()
    assert not re.search(r"\sstyle\s*=|<style|\son[a-z]+\s*=|javascript:", source)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", source))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_modules_put_text_into_the_page_as_text_only(module: Path) -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setHTML"
    assert not re.search(forbidden, module.read_text())


@pytest.mark.parametrize("file", [*MODULES, *PAGES, FRONTEND / "kindline.css"], ids=lambda file: file.name)
def test_nothing_is_loaded_from_elsewhere(file: Path) -> None:
    assert not re.search(r"""(?:src|href|url|import|from)\W{1,3}(?:https?:)?//""", file.read_text())


@pytest.mark.parametrize("file", [*MODULES, *PAGES], ids=lambda file: file.name)
def test_files_stay_small(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= 300
