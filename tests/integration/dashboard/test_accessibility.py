"""axe finds no violation in any view, state, theme, width and language."""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.integration.dashboard.conftest import DETAIL, Open

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
VIEWS = {
    "list": ("many", ""),
    "detail": ("busy", DETAIL),
    "empty": ("empty", ""),
    "zero": ("zero", DETAIL),
    "unknown": ("unknown", DETAIL),
    "paused": ("paused", DETAIL),
    "error": ("error", DETAIL),
}


# Each two of language, width and theme meet once.
SCREENS = {"en-GB": [(1280, "light"), (320, "dark")], "pt-BR": [(320, "light"), (1280, "dark")]}


@pytest.mark.parametrize("lang", SCREENS)
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_no_violation(open_page: Open, view: str, lang: str) -> None:
    page = open_page(*VIEWS[view], lang=lang)
    for width, theme in SCREENS[lang]:
        page.set_viewport_size({"width": width, "height": 720})
        page.emulate_media(color_scheme=theme)
        assert _violations(page) == [], (width, theme)


def test_axe_finds_no_violation_with_everything_open(open_page: Open) -> None:
    page = open_page("busy", DETAIL)
    page.click("summary")
    page.click("[data-part=decisions-more]")
    page.click("#freeze")
    assert _violations(page) == []


def test_axe_finds_no_violation_on_an_empty_page(open_page: Open) -> None:
    page = open_page("empty", DETAIL, shows=False)
    page.wait_for_selector("#notice[data-kind=gone]")
    assert _violations(page) == []


RUN = """(tags) => axe.run(document, {runOnly: tags, resultTypes: ["violations", "incomplete"]})
  .then((found) => ["violations", "incomplete"].map((kind) => found[kind].map((each) =>
    `${each.id}: ${each.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`)))"""


def _violations(page: Page) -> list[str]:
    """Return the violations; print what axe cannot decide (text over graphics)."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    violations, incomplete = page.evaluate(RUN, TAGS)
    print(*incomplete, sep="\n")  # noqa: T201
    return violations
