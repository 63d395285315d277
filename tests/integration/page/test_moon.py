"""Words and the moon or sun on narrow screens: no text lies over it, and the notice is opaque."""

import pytest
from playwright.sync_api import Page

from tests.integration.page.conftest import Open

OVER_THE_ORB = """() => {
  const orb = document.querySelector(".orb").getBoundingClientRect();
  const [x, y, radius] = [orb.x + orb.width / 2, orb.y + orb.height / 2, orb.width / 2];
  const found = [];
  for (const block of document.querySelectorAll(".now, .intro")) {
    const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const range = document.createRange();
      range.selectNodeContents(walker.currentNode);
      for (const line of walker.currentNode.data.trim() ? range.getClientRects() : []) {
        const [dx, dy] = [
          Math.max(line.left - x, 0, x - line.right), Math.max(line.top - y, 0, y - line.bottom),
        ];
        if (line.width && Math.hypot(dx, dy) < radius) found.push(walker.currentNode.data.trim());
      }
    }
  }
  return { found, radius, lines: document.querySelectorAll(":is(.now, .intro) h1").length };
}"""
NOTICE = """() => {
  const style = getComputedStyle(document.querySelector(".notice"));
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  canvas.fillStyle = style.backgroundColor;
  canvas.fillRect(0, 0, 1, 1);
  return [canvas.getImageData(0, 0, 1, 1).data[3], style.opacity];
}"""
WIDTHS = (320, 360, 390, 414)
VIEWS = ("/", "/?city=clear+night", "/?city=clear+dusk", "/?city=Springfield+estimated+night")


def _still(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")


@pytest.mark.parametrize("lang", ["en-GB", "pt-BR"])
@pytest.mark.parametrize("view", VIEWS)
def test_no_words_lie_over_the_moon(open_page: Open, view: str, lang: str) -> None:
    page = open_page(view, lang=lang, width=WIDTHS[0], before=_still)
    for width in WIDTHS:
        for height in (640, 800):
            page.set_viewport_size({"width": width, "height": height})
            seen = page.evaluate(OVER_THE_ORB)
            assert seen["radius"] > 0
            assert seen["lines"] > 0
            assert seen["found"] == [], (width, height)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_notice_is_opaque(open_page: Open, theme: str) -> None:
    page = open_page("/?city=estimated+night", theme=theme, width=390)
    assert page.evaluate(NOTICE) == [255, "1"]
