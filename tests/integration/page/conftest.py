"""A browser and a gateway for each module; every test opens what it wants to see."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.integration.browser import new_page, pytest_collection_finish, shared_browser  # noqa: F401
from tests.integration.page.stage import Script, Stage, staged

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def shared_stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


@pytest.fixture
def stage(shared_stage: Stage) -> Stage:
    shared_stage.script.__dict__.update(Script().__dict__)
    return shared_stage


@pytest.fixture
def open_page(browser: Browser, stage: Stage, tmp_path: Path) -> Iterator[Open]:
    """Open an address as someone with this screen, theme and language; errors fail the test.

    Every page is photographed at the end, into the folder of the test.
    """
    errors: list[str] = []
    pages: list[Page] = []

    def open_it(
        path: str = "/",
        *,
        theme: str = "light",
        lang: str = "en-GB",
        width: int = 1280,
        height: int = 800,
        before: Callable[[Page], object] = bool,
        **more: object,
    ) -> Page:
        page = new_page(browser, errors, theme=theme, lang=lang, width=width, height=height, **more)
        pages.append(page)
        page.on("console", lambda line: errors.append(line.text) if _refused(line.text) else None)
        before(page)
        page.goto(stage.url + path)
        return page

    yield open_it
    for number, page in enumerate(pages):
        page.screenshot(path=tmp_path / f"page-{number}.png")
        page.context.close()
    assert not errors


def _refused(text: str) -> bool:
    return "Content Security Policy" in text or "Refused to" in text


def submit(page: Page, city: str) -> None:
    """Type a city and press Enter."""
    page.fill("#city", city)
    page.keyboard.press("Enter")
