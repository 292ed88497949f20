"""A real Chromium against a real `app.py` on loopback, first run included.

Where no Chromium is installed the tests are skipped with that reason, unless RAG_REQUIRE_BROWSER=1 makes it a failure.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from visiting import CHROMIUM, FLAGS, Opener, Watched, running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser for one module: Playwright's event loop would stand in the way of other modules' asyncio."""
    missing = None
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing = "the package playwright is not installed"
    if not Path(CHROMIUM).exists():
        missing = f"no Chromium at {CHROMIUM}"
    if missing:
        if os.environ.get("RAG_REQUIRE_BROWSER") == "1":
            pytest.fail(f"RAG_REQUIRE_BROWSER=1, but {missing}")
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server for the tests that do not change what others see; each visitor has conversations of their own."""
    with running(tmp_path_factory.mktemp("app")) as where:
        yield where


@pytest.fixture
def visit(chromium: Any, address: str) -> Iterator[Opener]:
    """Opens the page as a new visitor; options are Playwright's. Afterwards no visitor may have gone off the origin."""
    contexts, pages = [], []

    def open_page(where: str | None = None, **options: Any) -> Watched:
        options = {"viewport": {"width": 1360, "height": 860}, "locale": "vi-VN", **options}
        context = chromium.new_context(**options)
        contexts.append(context)
        watched = Watched(context.new_page(), where or address)
        pages.append(watched)
        watched.page.on(
            "request",
            lambda r: None if r.url.startswith((watched.address, "data:", "blob:")) else watched.outside.append(r.url),
        )
        watched.page.on("pageerror", lambda e: watched.errors.append(str(e)))
        watched.page.on("dialog", lambda d: (watched.dialogs.append(d.message), d.accept()))
        watched.open()
        return watched

    yield open_page
    for context in contexts:
        context.close()
    assert [w.outside for w in pages if w.outside] == []
    assert [w.errors for w in pages if w.errors] == []
