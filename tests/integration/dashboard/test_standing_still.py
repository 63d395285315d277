"""A frozen page does not move (WCAG 2.2.2), and only changes are announced (4.1.3)."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.integration.dashboard.conftest import DETAIL, Open
from tests.integration.dashboard.server import Stage
from tests.integration.dashboard.situations import SITUATIONS
from tests.vhost import eventually

WATCH = """() => {
  window.announced = [];
  for (const id of ["polite", "urgent"]) {
    const node = document.getElementById(id);
    new MutationObserver(() => window.announced.push(node.textContent))
      .observe(node, {childList: true});
  }
}"""
CONTENT = "document.querySelector('main').innerHTML"


@pytest.fixture(autouse=True)
def _hurry(stage: Stage) -> None:
    stage.tick = 0.2


def ticks(stage: Stage, count: int) -> None:
    """Wait for `count` more messages to the page."""
    goal = stage.ticks + count
    eventually(lambda: stage.ticks >= goal)


@pytest.mark.parametrize("query", ["", DETAIL], ids=["list", "detail"])
@pytest.mark.parametrize("how", ["button", "key"])
def test_a_frozen_page_does_not_change(open_page: Open, stage: Stage, how: str, query: str) -> None:
    page = open_page("busy", query)
    moves(page)
    press(page, how)
    expect(page.locator("#freeze")).to_have_text("UnfreezeAlt Z")
    expect(page.locator("#notice")).to_contain_text("Frozen at")
    before, charts = page.evaluate(CONTENT), stage.requests.get("chart", 0)
    ticks(stage, 4)
    assert page.evaluate(CONTENT) == before
    assert stage.requests.get("chart", 0) <= charts + 1  # one can be under way
    press(page, how)
    expect(page.locator("#freeze")).to_have_text("FreezeAlt Z")
    expect(page.locator("#notice")).to_be_hidden()
    moves(page)


def test_choosing_a_namespace_while_frozen_shows_nothing_newer(
    open_page: Open, stage: Stage
) -> None:
    stage.situations["changing"] = SITUATIONS["busy"]
    page = open_page("changing")
    page.click("#freeze")
    before = page.inner_text("tbody")
    stage.situations["changing"] = SITUATIONS["at-max"]
    ticks(stage, 3)
    page.select_option("select", "music")
    assert page.inner_text("tbody") == before
    page.click("#freeze")
    expect(page.locator("tbody .chip")).to_have_text("maximum")


def press(page: Page, how: str) -> None:
    if how == "button":
        page.click("#freeze")
    else:
        page.keyboard.press("Alt+z")


def moves(page: Page) -> None:
    before = page.evaluate(CONTENT)
    eventually(lambda: page.evaluate(CONTENT) != before)


@pytest.fixture
def switch_to(stage: Stage) -> Callable[[str], None]:
    """Let a test replace the situation `changing`."""

    def change(name: str) -> None:
        stage.situations["changing"] = SITUATIONS[name]

    change("busy")
    return change


def stop_the_clock(page: Page) -> None:
    """Let no announcement be due before the test says so."""
    now = time.time()
    page.clock.install(time=now)
    page.clock.pause_at(now + 3600)


@pytest.fixture
def page(open_page: Open, switch_to: Callable[[str], None]) -> Page:
    page = open_page("changing", DETAIL, before=stop_the_clock)
    page.evaluate(WATCH)
    return page


def announced(page: Page, stage: Stage) -> list[str]:
    """Return what was announced after the delay."""
    ticks(stage, 2)
    page.clock.fast_forward(4000)
    ticks(stage, 2)
    return page.evaluate("window.announced")


def test_ticks_are_not_announced(page: Page, stage: Stage) -> None:
    moves(page)
    assert announced(page, stage) == []
    assert announced(page, stage) == []


def test_a_change_is_announced_once(
    page: Page, stage: Stage, switch_to: Callable[[str], None]
) -> None:
    switch_to("at-max")
    expect(page.locator("#detail .chip")).to_have_text("maximum")
    assert announced(page, stage) == ["Kept at 10. Limited by: maximum."]
    assert announced(page, stage) == ["Kept at 10. Limited by: maximum."]


def test_a_short_change_is_announced_as_one_sentence(
    page: Page, stage: Stage, switch_to: Callable[[str], None]
) -> None:
    switch_to("at-max")
    expect(page.locator("#detail .chip")).to_have_text("maximum")
    switch_to("busy")
    expect(page.locator("#detail .chip")).to_have_text("nothing")
    assert announced(page, stage) == ["Kept at 6. Limited by: nothing."]


def test_a_broker_that_cannot_be_read_interrupts_once(
    page: Page, stage: Stage, switch_to: Callable[[str], None]
) -> None:
    switch_to("stale")
    alarm = page.locator("#urgent")
    expect(alarm).to_have_text(
        "The broker refuses the user or the password (Secret shop/broker): its workloads are not"
        " scaled down. Correct user and password in the Secret."
    )
    assert announced(page, stage).count(alarm.inner_text()) == 1
    switch_to("busy")
    expect(alarm).to_be_empty()


@pytest.mark.parametrize(
    ("situation", "text"),
    [
        ("stale", "O broker recusa o usuário ou a senha (Secret shop/broker)"),
        ("alarm", "Um alarme de memória do RabbitMQ bloqueia quem publica (Secret shop/broker)"),
    ],
)
def test_the_cause_of_a_broker_is_in_the_language_of_the_page(
    open_page: Open, situation: str, text: str
) -> None:
    page = open_page(situation, lang="pt-BR")
    expect(page.locator("#notice")).to_contain_text(text)
    expect(page.locator("body")).not_to_contain_text("inacessível")


def test_a_change_while_frozen_is_not_announced(
    page: Page, stage: Stage, switch_to: Callable[[str], None]
) -> None:
    page.click("#freeze")
    switch_to("zero")
    assert announced(page, stage) == []
