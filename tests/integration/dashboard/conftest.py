"""A browser and a dashboard for each module; every test opens what it wants to see."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.integration.browser import new_page, pytest_collection_finish, shared_browser  # noqa: F401
from tests.integration.dashboard.server import Stage, staged

DETAIL = "?namespace=music&name=playlists"
Open = Callable[..., Page]


def by_hand(page: Page) -> None:
    """Let a test turn the clock of a page forward (as `before` of `open_page`)."""
    page.clock.install()


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


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
        page = new_page(browser, errors, theme=theme, lang=lang, width=width, height=height, **more)
        contexts.append(page.context)
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
