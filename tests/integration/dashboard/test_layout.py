"""The layout: above the fold, in one column, with large enough targets and enough contrast."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.integration.dashboard.conftest import DETAIL, Open

SIDEWAYS = "document.documentElement.scrollWidth > innerWidth"
CUT = """() => [...document.querySelectorAll("main *, header *")]
  .filter((node) => node.checkVisibility() && !node.closest("svg, .unseen, .sideways"))
  .filter((node) => node.getBoundingClientRect().right > innerWidth + 0.5)
  .map((node) => node.className || node.tagName)"""
SMALL = """() => [...document.querySelectorAll("a, button, select, summary, [tabindex='0']")]
  .filter((node) => node.checkVisibility() && !node.matches(".skip"))
  .map((node) => [node, node.getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24)
  .map(([node, box]) => `${node.outerHTML.slice(0, 80)} ${box.width} x ${box.height}`)"""


@pytest.mark.parametrize("lang", ["en-GB", "pt-BR"])
@pytest.mark.parametrize(
    ("situation", "query"),
    [("many", ""), ("empty", ""), ("at-max", DETAIL), ("unknown", DETAIL), ("error", DETAIL)],
)
def test_a_narrow_page_is_one_column(
    open_page: Open, situation: str, query: str, lang: str
) -> None:
    page = open_page(situation, query, width=320, height=640, lang=lang)
    assert not page.evaluate(SIDEWAYS)
    assert page.evaluate(CUT) == []
    assert page.evaluate(SMALL) == []
    if query:
        boxes = [page.locator(each).bounding_box() for each in (".charts", ".decisions-card")]
        assert boxes[0] is not None
        assert boxes[1] is not None
        assert boxes[0]["x"] == boxes[1]["x"]


@pytest.mark.parametrize("lang", ["en-GB", "pt-BR"])
@pytest.mark.parametrize("situation", ["busy", "zero", "unknown", "at-max", "shrinking"])
def test_the_decision_is_above_the_fold(open_page: Open, situation: str, lang: str) -> None:
    page = open_page(situation, DETAIL, width=1280, height=720, lang=lang)
    parts = (
        ".sentence",
        ".ruler",
        ".figures",
        "svg.chart",
        ".moment",
        ".decisions-card",
        ".footer",
    )
    for part in parts:
        expect(page.locator(f"#detail {part}").first).to_be_visible()
        # In one turn of the page, which replaces its elements with each snapshot.
        bottom = page.evaluate(
            "selector => document.querySelector(selector).getBoundingClientRect().bottom",
            f"#detail {part}",
        )
        assert bottom <= 720, part
    assert page.evaluate(SMALL) == []


PAINT = """([selector, property]) => {
  const node = document.querySelector(selector);
  const rgb = (text) => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d");
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  let below = node.closest(".card, body");
  return [rgb(getComputedStyle(node)[property]), rgb(getComputedStyle(below).backgroundColor)];
}"""
LINES = {
    "running": (".ruler .running", "fill"),
    "ends": (".ruler .max", "stroke"),
    "desired": (".ruler .mark.desired path", "fill"),
    "raw": (".ruler .mark.raw path", "stroke"),
    "dot": (".ruler .mark.dot path", "stroke"),
    "beyond": (".ruler .beyond", "stroke"),
    "wait": ("svg.chart path[stroke='var(--chart-2)']", "stroke"),
    "replicas": ("svg.chart path[stroke='var(--chart-3)']", "stroke"),
    "target": ("svg.chart line[stroke='var(--chart-level)']", "stroke"),
    "cursor": (".hair", "borderLeftColor"),
    "buttons": ("#freeze", "borderTopColor"),
    "choice": (".ranges [aria-pressed=true]", "borderTopColor"),
}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_lines_and_marks_have_enough_contrast(open_page: Open, theme: str) -> None:
    page = open_page("at-max", DETAIL, theme=theme)
    ratios = {name: contrast(page, *how) for name, how in LINES.items()}
    assert {name: ratio for name, ratio in ratios.items() if ratio < 3} == {}


def contrast(page: Page, selector: str, paint: str) -> float:
    """Return the contrast ratio of WCAG 2 between a mark and its card."""
    inks = page.evaluate(PAINT, [selector, paint])
    lighter, darker = sorted(map(luminance, inks), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(rgb: list[int]) -> float:
    parts = [each / 255 for each in rgb]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_forced_colours_keep_the_shapes(open_page: Open) -> None:
    page = open_page("busy", DETAIL, forced_colors="active")
    border = page.evaluate("getComputedStyle(document.querySelector('.chip')).borderTopColor")
    assert re.fullmatch(r"rgb\(0, 0, 0\)|rgb\(255, 255, 255\)", border)
    fill = page.evaluate("getComputedStyle(document.querySelector('.ruler .running')).fill")
    assert fill == border


def test_reduced_motion_disables_animations(open_page: Open) -> None:
    page = open_page("busy", DETAIL)
    slow = """() => [...document.querySelectorAll("*")].filter((node) =>
      parseFloat(getComputedStyle(node).transitionDuration) > 0
      || getComputedStyle(node).animationName !== "none").length"""
    assert page.evaluate(slow) == 0


@pytest.mark.parametrize("lang", ["en-GB", "pt-BR"])
def test_on_a_phone_the_buttons_are_one_row_without_keys(open_page: Open, lang: str) -> None:
    page = open_page("busy", DETAIL, width=320, height=640, lang=lang)

    expect(page.locator("kbd")).to_be_hidden()
    boxes = [each.bounding_box() for each in page.locator("header button:visible").all()]
    assert len({box["y"] for box in boxes if box is not None}) == 1


SHOWN = """async (text) => {
  const app = document.querySelector("script[type=module]").src;
  const { showClause } = await import(new URL("sentence.js", app));
  const node = document.createElement("p");
  showClause(node, { text, lang: null });
  return node.textContent;
}"""


def test_no_line_begins_with_a_unit(open_page: Open) -> None:
    page = open_page("busy", DETAIL)

    text = page.evaluate(SHOWN, "at most 80 % busy in 26 s, 3 workers")
    assert text == "at most 80\u00a0% busy in 26\u00a0s, 3 workers"


COVERED = """() => [...document.querySelectorAll(".figure .age")].filter((age) => {
  age.textContent = "25 s ago";
  const own = age.getBoundingClientRect(), range = document.createRange();
  return [".value", "dt"].some((part) => {
    range.selectNodeContents(age.closest(".figure").querySelector(part));
    const box = range.getBoundingClientRect();
    return box.left < own.right && own.left < box.right
      && box.top < own.bottom && own.top < box.bottom;
  });
}).map((age) => age.closest(".figure").textContent)"""


@pytest.mark.parametrize("width", [1280, 1024, 320])
def test_the_age_of_a_figure_covers_neither_its_name_nor_its_value(open_page: Open, width: int):
    page = open_page("busy", DETAIL, width=width, height=720)

    assert page.evaluate(COVERED) == []


@pytest.mark.parametrize("part", [".depth .more", ".rates .value"])
def test_a_figure_on_a_phone_is_one_line(open_page: Open, part: str) -> None:
    page = open_page("busy", DETAIL, width=320, height=640)

    box = page.locator(f".figure{part}").bounding_box()
    assert box is not None
    assert box["height"] < 40
