"""The page that describes the API, with the files of Swagger UI that granian serves."""

import pytest
from playwright.sync_api import Page, Route, expect

from mare_gateway.server import swagger_files
from tests.integration.page.conftest import Open


def serve_assets(page: Page) -> None:
    def fulfill(route: Route) -> None:
        route.fulfill(path=swagger_files() / route.request.url.partition("/docs/assets/")[2])

    page.route("**/docs/assets/**", fulfill)


COVERING = """() => [...document.querySelectorAll(".info p:has(code)")].filter((paragraph) => {
  const lines = new Set(), range = document.createRange();
  for (const text of paragraph.childNodes) {
    range.selectNodeContents(text);
    if (text.nodeType !== Node.TEXT_NODE) continue;
    for (const box of range.getClientRects()) lines.add(Math.round(box.top));
  }
  const code = paragraph.querySelector("code").getClientRects()[0];
  return code.height > 1.05 * paragraph.offsetHeight / lines.size;
}).length"""


@pytest.mark.parametrize(
    ("theme", "background"), [("light", "rgba(0, 0, 0, 0)"), ("dark", "rgb(28, 32, 34)")]
)
def test_the_page_has_the_theme_of_the_system_and_no_padlock(
    open_page: Open, theme: str, background: str
) -> None:
    page = open_page("/docs", theme=theme, before=serve_assets)

    expect(page.locator(".opblock").first).to_be_visible()
    expect(page.locator("html")).to_have_css("background-color", background)
    expect(page.locator(".authorization__btn")).to_have_count(0)


def test_code_covers_no_line_above_it(open_page: Open) -> None:
    page = open_page("/docs", width=390, theme="dark", before=serve_assets)

    expect(page.locator(".info .renderedMarkdown code").first).to_be_visible()
    assert page.evaluate(COVERING) == 0
