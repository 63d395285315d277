"""A browser and a dashboard for each module; every test opens what it wants to see."""

import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from local.settings import cache_folder
from tests.integration.dashboard.chromium import NoChromium, chromium, chromium_to_test
from tests.integration.dashboard.server import Stage, staged

PATIENCE = 60_000
"""Milliseconds; the 5 s of `expect` are not always enough for a busy machine."""
DETAIL = "?namespace=music&name=playlists"
Open = Callable[..., Page]


def by_hand(page: Page) -> None:
    """Let a test turn the clock of a page forward (as `before` of `open_page`)."""
    page.clock.install()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Get Chromium before the first test: a test's time limit counts what its fixtures do."""
    if any("browser" in getattr(item, "fixturenames", ()) for item in session.items):
        try:
            chromium_to_test(
                cache_folder(), lambda line: print(line, file=sys.__stderr__, flush=True)
            )
        except NoChromium as error:
            raise pytest.UsageError(str(error)) from error


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


@pytest.fixture(scope="module")  # no longer: while it is open, no other test can run a loop
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with chromium(cache_folder()) as browser:
        yield browser


@pytest.fixture
def open_page(browser: Browser, stage: Stage) -> Iterator[Open]:
    """Open a situation as someone with this screen, theme and language; errors fail the test.

    `shows=False` does not wait for figures, `before` is called with the page before it loads.
    """
    errors: list[str] = []
    contexts = []

    def open_it(
        situation: str,
        query: str = "",
        *,
        theme: str = "light",
        lang: str = "en-GB",
        width: int = 1280,
        height: int = 720,
        shows: bool = True,
        before: Callable[[Page], object] = bool,
        **more: object,
    ) -> Page:
        screen = {"viewport": {"width": width, "height": height}, "color_scheme": theme}
        person = {"locale": lang, "timezone_id": "America/Recife", "reduced_motion": "reduce"}
        context = browser.new_context(**{**screen, **person, **more})
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        before(page)
        page.goto(f"{stage.url}/{situation}/{query}")
        if shows:
            page.wait_for_selector(":is(#list, #detail):not([hidden])")
        if shows and "name=" in query:
            page.wait_for_selector("svg.chart")
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert not errors
