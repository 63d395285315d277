"""The page together with the operator's own server."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from mare.dashboard import Leader, served
from tests.integration.browser import PATIENCE
from tests.unit.operator_loop.fakes import Clock
from tests.unit.operator_loop.worlds import World

PREFIX = "/mare"


class WallClock(Clock):
    def __call__(self) -> float:
        return time.time()


class Operator:
    """A loop that ticks over a small world, and the dashboard that shows it."""

    def __init__(self) -> None:
        self.world = World(WallClock())
        self.port = 0

    async def run(self, ready: threading.Event, over: asyncio.Event) -> None:
        async with served(
            "127.0.0.1",
            0,
            record=self.world.record,
            ticked_at=lambda: self.world.loop.ticked_at,
            leader=lambda: Leader(leads=True, name="mare-one"),
            prefix=PREFIX,
        ) as self.port:
            while not over.is_set():
                self.world.loop.tick()
                ready.set()
                await asyncio.sleep(0.2)


@contextmanager
def operating(operator: Operator) -> Iterator[Operator]:
    loop = asyncio.new_event_loop()
    ready, over = threading.Event(), asyncio.Event()
    run = operator.run(ready, over)
    thread = threading.Thread(target=lambda: loop.run_until_complete(run), daemon=True)
    thread.start()
    assert ready.wait(60)
    try:
        yield operator
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(60)
        loop.close()


@pytest.fixture
def operator() -> Iterator[Operator]:
    operator = Operator()
    operator.world.begin(10, 95, "playlists")
    operator.world.begin(0, 0, "jobs")
    operator.world.begin(2, 95, "reports", dryRun=True)
    with operating(operator):
        yield operator


@pytest.fixture
def visit(browser: Browser, operator: Operator) -> Iterator[Callable[[str], Page]]:
    context = browser.new_context(locale="en-GB", timezone_id="America/Recife")
    context.set_default_timeout(PATIENCE)
    messages: list[str] = []

    def open_page(query: str) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.on("console", lambda message: messages.append(message.text))
        page.goto(f"http://127.0.0.1:{operator.port}{PREFIX}/{query}")
        return page

    yield open_page
    context.close()
    assert messages == []


def test_the_list_follows_the_operator(visit: Callable[[str], Page], operator: Operator) -> None:
    page = visit("")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.filter(has_text="reports").locator(".chip")).to_have_text("dry run")
    expect(rows.filter(has_text="jobs").locator(".count")).to_have_text("0")
    operator.world.brokers.ready["playlists"] = 400
    expect(rows.filter(has_text="playlists").locator(".count")).to_contain_text("40")


def test_one_object_is_shown_with_all_parts(
    visit: Callable[[str], Page], operator: Operator
) -> None:
    page = visit("?namespace=shop&name=playlists")
    expect(page.locator(".sentence")).to_have_text(
        "Kept at 10: 95 messages at 10 per replica need 10 replicas."
    )
    expect(page.locator("svg.chart")).to_be_visible()
    page.locator(".cursor").focus()
    page.keyboard.press("End")
    expect(page.locator(".moment")).to_contain_text("depth 95")
    expect(page.locator(".trace [data-deciding]")).to_have_count(1)
    expect(page.locator(".queues")).to_contain_text("95 ready")
    operator.world.brokers.ready["playlists"] = 400
    expect(page.locator(".decisions")).to_contain_text("10 → 40 replicas")
    expect(page.locator(".figure.depth .value")).to_have_text("400")


def test_a_range_of_a_day_is_drawn(visit: Callable[[str], Page]) -> None:
    page = visit("?namespace=shop&name=playlists")
    with page.expect_response(lambda answer: "range=24h" in answer.url) as answer:
        page.get_by_role("button", name="24 h").click()
    assert answer.value.status == 200
