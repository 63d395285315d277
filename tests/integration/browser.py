"""The browser of the tests of pages, for their conftest files."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from local.cache import cache_folder
from tests.integration.dashboard.chromium import NoChromium, chromium, chromium_to_test

PATIENCE = 60_000
"""Milliseconds; the 5 s of `expect` are not always enough for a busy machine."""


def pytest_collection_finish(session: pytest.Session) -> None:
    """Get Chromium before the first test: a test's time limit counts what its fixtures do."""
    if session.config.option.collectonly:
        return
    if any("browser" in getattr(item, "fixturenames", ()) for item in session.items):
        try:
            chromium_to_test(
                cache_folder(), lambda line: print(line, file=sys.__stderr__, flush=True)
            )
        except NoChromium as error:
            raise pytest.UsageError(str(error)) from error


@pytest.fixture(scope="module", name="browser")  # while it is open, no other test runs a loop
def shared_browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with chromium(cache_folder()) as browser:
        yield browser


def new_page(
    browser: Browser,
    errors: list[str],
    *,
    theme: str,
    lang: str,
    width: int,
    height: int,
    **more: Any,
) -> Page:
    """Return a page for someone with this screen, theme and language; its context is its own."""
    screen = {"viewport": {"width": width, "height": height}, "color_scheme": theme}
    person = {"locale": lang, "timezone_id": "America/Recife", "reduced_motion": "reduce"}
    context = browser.new_context(**{**screen, **person, **more})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.on("pageerror", lambda error: _note(errors, str(error)))
    return page


def _note(errors: list[str], error: str) -> None:
    """Leave out that a busy browser showed a change without its animation."""
    if not error.startswith("Transition was aborted because of timeout"):
        errors.append(error)
