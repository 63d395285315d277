"""The page for everyone: axe, keyboard, narrow screens, contrast, motion, weight."""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.integration.page.conftest import Open, submit
from tests.integration.page.stage import Stage

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """(tags) => axe.run(document, {runOnly: tags, resultTypes: ["violations"]})
  .then((found) => found.violations.map((each) =>
    `${each.id}: ${each.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`))"""
VIEWS = (
    "/",
    "/?city=Springfield+deezer",
    "/?city=estimated+night",
    "/?city=Springfeld",
    "/?city=away",
)


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_no_violation(open_page: Open, view: str) -> None:
    page = open_page(view, lang="pt-BR")
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 720})
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            assert _violations(page) == [], (width, theme)


def test_axe_finds_no_violation_while_places_are_offered(open_page: Open) -> None:
    page = open_page("/")
    page.locator("#city").press_sequentially("Rec")
    expect(page.locator("#places li")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    assert _violations(page) == []


def _violations(page: Page) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return page.evaluate(RUN, TAGS)


CONTRASTS = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const probe = document.body.appendChild(document.createElement("i"));
  const rgb = (name) => {
    probe.style.color = `var(${name})`;
    canvas.fillStyle = getComputedStyle(probe).color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (parts) => {
    const [r, g, b] = parts.map((p) => p / 255).map((p) =>
      p <= 0.04045 ? p / 12.92 : ((p + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [dark, light] = [luminance(rgb(one)), luminance(rgb(other))].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const weak = [];
  const pairs = [["--ink", "--s1"], ["--ink", "--s2"], ["--ink", "--s3"], ["--text", "--card"],
    ["--soft", "--card"], ["--accent", "--card"], ["--button-text", "--accent"]];
  for (const sky of ["clear", "cloudy", "overcast", "fog", "drizzle", "rain", "snow", "storm"])
    for (const time of ["dawn", "day", "dusk", "night"]) {
      Object.assign(document.body.dataset, { sky, time });
      for (const pair of pairs) {
        const found = ratio(...pair);
        if (found < 4.5) weak.push(`${sky} ${time} ${pair.join(" on ")}: ${found.toFixed(2)}`);
      }
    }
  return weak;
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_have_contrast_in_every_weather_and_at_every_time(
    open_page: Open, theme: str
) -> None:
    page = open_page("/?city=Recife", theme=theme)
    assert page.evaluate(CONTRASTS) == []


FOCUS = """() => {
  const node = document.activeElement;
  return node === document.body ? "" : node.id || node.dataset.player && "player"
    || node.className || node.textContent.trim();
}"""


def stops(page: Page) -> list[str]:
    found: list[str] = []
    for _ in range(80):
        page.keyboard.press("Tab")
        name = page.evaluate(FOCUS)
        if not name:
            break
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid" or name == "city", name
        found.append(name)
    return found


def test_tab_walks_the_start_page_in_reading_order(open_page: Open) -> None:
    page = open_page("/", reduced_motion="no-preference")
    assert stops(page) == [
        *("skip", "logo", "English", "Português", "city", "here", "go"),
        *("Recife", "Lisbon", "Tokyo", "Reykjavík", "Nairobi", "New York"),
        *("API", "motion"),
    ]


def test_tab_walks_the_answer_in_reading_order(open_page: Open) -> None:
    page = open_page("/?city=deezer")
    assert stops(page) == [
        *("skip", "logo", "English", "Português", "city", "here", "go", "Show °F"),
        *("player", "button second", "button second", "button second"),
        *[name for title in _titles(page) for name in ("player", title)],
        "API",
    ]


def _titles(page: Page) -> list[str]:
    return [each.strip() for each in page.locator(".tracks a").all_text_contents()]


def test_a_place_is_chosen_by_keyboard_alone(open_page: Open, stage: Stage) -> None:
    page = open_page("/")
    page.locator("#city").press_sequentially("Sp")
    expect(page.locator("#city")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#city")).to_have_attribute("aria-expanded", "false")
    page.keyboard.type("r")
    expect(page.locator("#places li")).to_have_text(["SpringfieldMissouri, United States"])
    page.keyboard.press("ArrowDown")
    expect(page.locator("#city")).to_have_attribute("aria-activedescendant", "place-0")
    page.keyboard.press("Enter")
    expect(page.locator(".tracks li")).to_have_count(20)
    assert page.url == f"{stage.url}/?city=Springfield%2C+Missouri%2C+US"


def test_the_focus_goes_to_the_answer_when_its_link_disappears(open_page: Open) -> None:
    page = open_page("/")
    page.focus("text=Lisbon")
    page.keyboard.press("Enter")
    expect(page.locator(".tracks li")).to_have_count(20)
    assert page.evaluate("document.activeElement.id") == "answer"


CUT = """() => [...document.querySelectorAll("main *, header *, footer *")]
  .filter((node) => node.checkVisibility() && !node.closest("svg, .unseen"))
  .filter((node) => node.getBoundingClientRect().right > innerWidth + 0.5)
  .map((node) => node.className || node.tagName)"""
SMALL = """() => [...document.querySelectorAll("a, button, input")]
  .filter((node) => node.checkVisibility() && !node.matches(".skip, [type=hidden]"))
  .map((node) => [node, node.getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24)
  .map(([node, box]) => `${node.outerHTML.slice(0, 80)} ${box.width} x ${box.height}`)"""


@pytest.mark.parametrize("lang", ["en-GB", "pt-BR"])
@pytest.mark.parametrize("view", VIEWS)
def test_a_narrow_screen_shows_everything(open_page: Open, view: str, lang: str) -> None:
    page = open_page(view, width=320, height=568, lang=lang)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert page.evaluate(CUT) == []
    assert page.evaluate(SMALL) == []


LONG = """() => {
  const span = document.querySelector(".where span"), range = document.createRange();
  span.textContent = "Provincia de Buenos Aires y Alrededores";
  range.selectNodeContents(span);
  const edge = document.querySelector("h1").getBoundingClientRect().left;
  return [...range.getClientRects()].map((line) => line.left - edge);
}"""
TRAILING = """() => [...document.querySelectorAll(".where span")].filter((span, index, all) => {
  const range = document.createRange();
  range.selectNodeContents(span);
  const last = all[index + 1]?.offsetTop !== span.offsetTop;
  return last && span.getBoundingClientRect().right - range.getBoundingClientRect().right > 1;
}).length"""


def test_no_line_about_the_place_ends_with_a_dot(open_page: Open) -> None:
    page = open_page("/?city=Springfield", width=320, height=568)
    assert page.evaluate("document.querySelector('.where').offsetHeight") > 40
    assert page.evaluate(TRAILING) == 0
    lines = page.evaluate(LONG)
    assert len(lines) > 1
    assert min(lines) > -1, "cut at the left"


def test_no_button_of_a_playlist_is_alone_in_half_a_row(open_page: Open) -> None:
    page = open_page("/?city=deezer", width=390)
    boxes = [each.bounding_box() for each in page.locator(".actions > .button").all()]
    rows = [(box["y"], box["width"]) for box in boxes if box is not None]
    assert len(rows) == 4
    assert rows[0][1] == rows[-1][1]
    assert rows[1][0] == rows[2][0] < rows[3][0]


def test_an_example_that_is_too_long_for_a_phone_ends_with_dots(open_page: Open) -> None:
    page = open_page("/", width=320, height=640, lang="pt-BR")

    field = page.locator("#city")
    expect(field).to_have_css("text-overflow", "ellipsis")


def test_text_of_twice_the_size_still_fits(open_page: Open) -> None:
    page = open_page("/?city=estimated+deezer", width=640, height=720)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


MOVING = "document.getAnimations().filter((each) => each.playState === 'running').length"


def test_motion_stops_by_a_button_and_stays_stopped(open_page: Open) -> None:
    page = open_page("/?city=storm", reduced_motion="no-preference")
    assert page.evaluate(MOVING) > 3
    page.click("#motion")
    expect(page.locator("#motion")).to_have_text("Resume the motion")
    expect(page.locator("html")).to_have_attribute("data-motion", "off")
    assert page.evaluate(MOVING) == 0
    page.reload()
    assert page.evaluate(MOVING) == 0


def test_reduced_motion_disables_animations(open_page: Open) -> None:
    page = open_page("/?city=storm")
    assert page.evaluate(MOVING) == 0
    expect(page.locator("#motion")).to_be_hidden()


def test_the_page_weighs_less_than_60_kilobytes_and_loads_nothing_foreign(
    open_page: Open, stage: Stage
) -> None:
    page = open_page("/")
    submit(page, "Recife deezer")
    expect(page.locator(".tracks li")).to_have_count(20)
    page.wait_for_load_state("networkidle")
    loaded = page.evaluate(LOADED)
    print(sum(each["size"] for each in loaded), "bytes")  # noqa: T201
    assert sum(each["size"] for each in loaded) < 60_000
    assert all(each["name"].startswith(stage.url) for each in loaded)


LOADED = """() => performance.getEntries()
  .filter((each) => ["navigation", "resource"].includes(each.entryType))
  .map((each) => ({ name: each.name, size: each.transferSize }))"""
