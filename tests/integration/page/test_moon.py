"""The scene: nothing lies over moon and sun, the glow has no edge, and clouds are whole."""

import io

import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.integration.page.conftest import Open

OVER_THE_ORB = """() => {
  const orb = document.querySelector(".orb").getBoundingClientRect();
  const [x, y, radius] = [orb.x + orb.width / 2, orb.y + orb.height / 2, orb.width / 2];
  const found = [];
  const note = (name, box) => {
    const [dx, dy] = [
      Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom),
    ];
    if (box.width && Math.hypot(dx, dy) < radius) found.push(name);
  };
  for (const block of document.querySelectorAll(".bar, main, footer")) {
    const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const range = document.createRange();
      range.selectNodeContents(walker.currentNode);
      const text = walker.currentNode.data.trim();
      for (const line of text ? range.getClientRects() : []) note(text, line);
    }
  }
  for (const card of document.querySelectorAll(".card, .field")) {
    note(card.className, card.getBoundingClientRect());
  }
  const lines = document.querySelectorAll("main h1").length;
  const drawn = [...document.querySelectorAll(".boat, .glitter")]
    .filter((each) => each.getClientRects().length);
  return { found, radius, lines, drawn: drawn.length };
}"""
NOTICE = """() => {
  const style = getComputedStyle(document.querySelector(".notice"));
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  canvas.fillStyle = style.backgroundColor;
  canvas.fillRect(0, 0, 1, 1);
  return [canvas.getImageData(0, 0, 1, 1).data[3], style.opacity];
}"""
FAINT = 6
"""Of 255: what the sky itself changes within 6 pixels, at most."""
WIDTHS = (320, 360, 390, 414)
PROBLEMS = ("/?city=Nowhere", "/?city=Springfeld", "/?city=away")
VIEWS = (
    *("/", "/?city=clear+night", "/?city=clear+dusk", "/?city=Springfield+estimated+night"),
    *PROBLEMS,
)
GLOW = """() => {
  for (const each of document.querySelectorAll("body > *, .scene > *")) {
    if (!each.matches(".scene, .sky, .orb")) each.style.visibility = "hidden";
  }
  const reach = parseFloat(getComputedStyle(document.querySelector(".orb"), "::before").top);
  const orb = document.querySelector(".orb").getBoundingClientRect();
  return [orb.left + reach, orb.top + reach, orb.right - reach, orb.bottom - reach];
}"""
CLIPPED = """() => [...document.querySelectorAll(".clouds use")].filter((use) => {
  const symbol = document.querySelector(use.getAttribute("href"));
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.append(symbol.querySelector("path").cloneNode());
  document.body.append(svg);
  const [path, view] = [svg.firstChild.getBBox(), symbol.viewBox.baseVal];
  svg.remove();
  const inside = path.x >= view.x && path.y >= view.y
    && path.x + path.width <= view.x + view.width && path.y + path.height <= view.y + view.height;
  const shown = (each) => getComputedStyle(each).overflow === "visible";
  return !(shown(use.closest("svg")) && (inside || shown(symbol)));
}).length"""


def _still(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")


@pytest.mark.parametrize("lang", ["en-GB", "pt-BR"])
@pytest.mark.parametrize("view", VIEWS)
def test_no_words_and_no_card_lie_over_the_moon(open_page: Open, view: str, lang: str) -> None:
    page = open_page(view, lang=lang, width=WIDTHS[0], before=_still)
    for width in WIDTHS:
        for height in (640, 800):
            page.set_viewport_size({"width": width, "height": height})
            seen = page.evaluate(OVER_THE_ORB)
            assert seen["radius"] > 0
            assert seen["lines"] > 0
            assert seen["found"] == [], (width, height)
            assert not seen["drawn"], "a card or words would lie over boat and glitter"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_notice_is_opaque(open_page: Open, theme: str) -> None:
    page = open_page("/?city=estimated+night", theme=theme, width=390)
    assert page.evaluate(NOTICE) == [255, "1"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("time", ["day", "dusk", "night"])
def test_the_glow_has_no_edge(open_page: Open, time: str, theme: str) -> None:
    page = open_page(f"/?city=clear+{time}", theme=theme, width=WIDTHS[0], before=_still)
    for width in (WIDTHS[0], 1280):
        page.set_viewport_size({"width": width, "height": 800})
        left, top, right, bottom = (round(each) for each in page.evaluate(GLOW))
        image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        columns = range(max(left, 0), min(right, image.width))
        rows = range(max(top, 0), min(bottom, image.height))
        across = [(x, y, 0, 3) for y in (top, bottom) for x in columns]
        along = [(x, y, 3, 0) for x in (left, right) for y in rows]
        inside = [
            (x, y, dx, dy)
            for x, y, dx, dy in across + along
            if dx <= x < image.width - dx and dy <= y < image.height - dy
        ]
        assert inside
        steps = [
            abs(one - other)
            for x, y, dx, dy in inside
            for one, other in zip(
                image.getpixel((x - dx, y - dy)), image.getpixel((x + dx, y + dy)), strict=True
            )
        ]
        assert max(steps) <= FAINT, width


@pytest.mark.parametrize("view", ["/", "/?city=cloudy+day"])
def test_clouds_are_whole(open_page: Open, view: str) -> None:
    assert open_page(view).evaluate(CLIPPED) == 0
