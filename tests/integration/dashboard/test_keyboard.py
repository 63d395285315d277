"""Everything works by keyboard, in reading order, and focus is never lost."""

from playwright.sync_api import Page, expect

from tests.integration.dashboard.conftest import DETAIL, Open
from tests.integration.dashboard.server import Stage
from tests.integration.dashboard.situations import SITUATIONS

FOCUS = """() => {
  const node = document.activeElement;
  return node.id || node.dataset.part || node.className || node.tagName.toLowerCase();
}"""


def stops(page: Page, most: int = 40) -> list[str]:
    found: list[str] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        name = page.evaluate(FOCUS)
        if name == "body":
            break
        found.append(name)
    return found


def test_tab_follows_the_reading_order_of_one_object(open_page: Open) -> None:
    page = open_page("busy", DETAIL)
    assert stops(page) == [
        *("skip", "home", "freeze", "theme", "language", "all"),
        *("load", "quiet", "quiet", "quiet", "cursor", "summary"),
        *("copy-explain", "copy", "copy", "copy", "decisions-more"),
    ]


def test_tab_follows_the_reading_order_of_the_list(open_page: Open) -> None:
    page = open_page("many")
    assert stops(page) == [
        *("skip", "home", "freeze", "theme", "language", "namespace"),
        *["link"] * 8,
    ]


def test_the_skip_link_leads_to_the_content(open_page: Open) -> None:
    page = open_page("busy", DETAIL)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS) == "all"


def test_focus_is_visible(open_page: Open) -> None:
    page = open_page("busy", DETAIL)
    for _ in range(12):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outline")
        assert "solid 3px" in outline, page.evaluate(FOCUS)


def test_arrows_move_one_cursor_over_both_charts(open_page: Open) -> None:
    page = open_page("busy", DETAIL)
    page.click("#freeze")
    cursor = page.locator(".cursor")
    cursor.focus()
    expect(page.locator(".hair")).to_be_hidden()
    page.keyboard.press("Home")
    expect(page.locator(".hair")).to_be_visible()
    first = cursor.get_attribute("aria-valuetext")
    page.keyboard.press("PageUp")
    page.keyboard.press("ArrowRight")
    later = cursor.get_attribute("aria-valuetext")
    assert first != later
    # Only what is shown has its units kept on the line of their numbers everywhere.
    assert page.inner_text(".moment").split() == (later or "").split()
    page.keyboard.press("End")
    page.keyboard.press("ArrowDown")
    assert "4 → 6 replicas:" in page.inner_text(".moment")
    page.keyboard.press("Escape")
    expect(page.locator(".hair")).to_be_hidden()


def test_the_pointer_moves_the_same_cursor(open_page: Open) -> None:
    page = open_page("busy", DETAIL)
    page.hover(".cursor", position={"x": 400, "y": 60})
    expect(page.locator(".moment")).to_contain_text("running")
    place, hair = (page.locator(each).bounding_box() for each in (".cursor", ".hair"))
    assert place is not None
    assert hair is not None
    assert abs(hair["x"] - place["x"] - 400) < 4
    assert hair["height"] == place["height"]


def test_a_focused_row_does_not_move(open_page: Open, stage: Stage) -> None:
    stage.situations["reordered"], stage.tick = SITUATIONS["many"], 0.2
    page = open_page("reordered")
    link = page.locator("tbody a", has_text="playlists")
    link.focus()
    before = link.bounding_box()

    def others_first(at: float) -> dict:
        state = SITUATIONS["many"](at)
        for each in state["objects"]:
            each["attention"] = "none" if each["name"] != "webhooks" else "behind"
        return state

    stage.situations["reordered"] = others_first
    expect(page.locator("[data-part=summary]")).to_have_text("1 of 8 needs attention")
    assert page.evaluate("document.activeElement.textContent") == "playlists"
    assert link.bounding_box() == before
    page.evaluate("document.activeElement.blur()")
    expect(page.locator("tbody a").first).to_have_text("webhooks")
