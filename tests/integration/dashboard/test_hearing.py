"""How the page receives changes, and what it shows when it receives none."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.integration.dashboard.conftest import DETAIL, Open, by_hand
from tests.integration.dashboard.server import Stage
from tests.vhost import eventually


@pytest.fixture
def troubled(stage: Stage) -> Iterator[Stage]:
    yield stage
    stage.streams, stage.broken, stage.standby = True, False, False


@pytest.mark.parametrize("query", ["", DETAIL], ids=["list", "detail"])
def test_the_page_polls_where_no_stream_is_available(
    open_page: Open, troubled: Stage, query: str
) -> None:
    troubled.streams = False
    page = open_page("busy", query, before=by_hand)
    name = "object" if query else "state"
    for _ in range(2):
        before = troubled.requests[name]
        page.clock.fast_forward(2000)
        eventually(lambda: troubled.requests[name] > before)  # noqa: B023 - called within the loop
    expect(page.locator("html")).to_have_attribute("data-live", "true")
    expect(page.locator("#notice")).to_be_hidden()


def test_without_the_operator_values_are_grey_and_show_their_age(
    open_page: Open, troubled: Stage
) -> None:
    page = open_page("busy", DETAIL, before=by_hand)
    troubled.broken = True
    page.clock.fast_forward(6000)
    notice = page.locator("#notice")
    expect(notice).to_contain_text("These values were read")
    expect(page.locator("html")).to_have_attribute("data-live", "false")
    expect(page.locator(".figure.depth")).to_have_attribute("data-state", "stale")
    expect(page.locator(".figure.depth .age")).to_contain_text("ago")
    troubled.broken = False
    page.clock.fast_forward(2000)
    expect(notice).to_be_hidden()
    expect(page.locator("html")).to_have_attribute("data-live", "true")


def test_a_standby_replica_names_the_leader(open_page: Open, troubled: Stage) -> None:
    page = open_page("busy", DETAIL, before=by_hand)
    troubled.streams, troubled.standby = False, True
    page.clock.fast_forward(6000)
    expect(page.locator("#notice")).to_contain_text("the leader is mare-operator-other")


def test_a_missing_object_is_reported(open_page: Open) -> None:
    page = open_page("empty", "?namespace=music&name=none", shows=False)
    expect(page.locator("#notice")).to_contain_text("does not exist. It may have been deleted")


def test_a_page_opened_without_an_operator_reports_it(open_page: Open, troubled: Stage) -> None:
    troubled.broken = True
    page = open_page("busy", shows=False, before=by_hand)
    expect(page.locator("#notice")).to_contain_text("check that it runs. Trying again")
    troubled.broken = False
    page.clock.fast_forward(2000)
    page.wait_for_selector("#list:not([hidden])")
