"""A browser and a gateway for each module; every test opens what it wants to see."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from local.settings import cache_folder
from tests.integration.dashboard.chromium import NoChromium, chromium, chromium_to_test
from tests.integration.page.stage import Script, Stage, staged

PATIENCE = 60_000
"""Milliseconds; the 5 s of `expect` are not always enough for a busy machine."""
Open = Callable[..., Page]


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
def shared_stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


@pytest.fixture
def stage(shared_stage: Stage) -> Stage:
    shared_stage.script.__dict__.update(Script().__dict__)
    return shared_stage


@pytest.fixture(scope="module")  # no longer: while it is open, no other test can run a loop
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with chromium(cache_folder()) as browser:
        yield browser


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
        screen = {"viewport": {"width": width, "height": height}, "color_scheme": theme}
        person = {"locale": lang, "timezone_id": "America/Recife", "reduced_motion": "reduce"}
        context = browser.new_context(**{**screen, **person, **more})
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        pages.append(page)
        page.on("pageerror", lambda error: errors.append(str(error)))
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


def ask(page: Page, city: str) -> None:
    """Type a city and press Enter."""
    page.fill("#city", city)
    page.keyboard.press("Enter")
