"""Every state is visible: zero is a number, unknown is a word, old values show their age."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.integration.dashboard.conftest import DETAIL, Open


def text(page: Page, selector: str) -> str:
    return page.locator(selector).first.inner_text().replace("\xa0", " ")


def value(page: Page, figure: str) -> str:
    return text(page, f".figure.{figure} .value")


def chip(page: Page) -> str:
    return text(page, "#detail .chip")


def test_a_working_object_shows_its_decision(open_page: Open) -> None:
    page = open_page("busy", DETAIL)
    sentence = text(page, ".sentence")
    assert re.fullmatch(
        r"Kept at 6: 2\d\d ready messages and an arrival rate of 41.2 messages/s at 8.5"
        r" messages/s per replica need 6 replicas to empty the queues in 24 s\.",
        sentence,
    )
    assert page.locator(".legend li").all_inner_texts() == [
        "4 running",
        "2 starting",
        "6 desired",
        "0 to 20 allowed",
    ]
    assert (value(page, "wait"), value(page, "rates"), chip(page)) == (
        "1.9 s",
        "41.2 / 39.8",
        "nothing",
    )
    assert page.title() == "6 replicas · playlists · Maré"


def test_zero_is_drawn_as_zero(open_page: Open) -> None:
    page = open_page("zero", DETAIL)
    assert value(page, "depth") == "0"
    assert value(page, "wait") == "0 s"
    assert page.inner_text(".sentence").startswith("Kept at 0: 0 messages at 20 per replica")
    assert chip(page) == "idle"
    label = page.get_attribute("svg.ruler", "aria-label")
    assert label == "0 running, 0 desired and 0 to 20 allowed"
    assert page.locator(".ruler .mark.dot").is_visible()


def test_unknown_is_never_zero(open_page: Open) -> None:
    page = open_page("unknown", DETAIL)
    for figure in ("depth", "wait", "rates", "drain"):
        assert value(page, figure) == "unknown"
        assert page.inner_text(f".figure.{figure} .more") == "queue orders does not exist"
    assert "0" not in page.inner_text(".figure.depth")
    assert page.inner_text(".sentence") == (
        "Kept at 3: queue orders does not exist. "
        "Until that changes, the count stays within its bounds."
    )
    assert re.fullmatch(r"missing data, \d\d s", chip(page))


def test_unknown_is_translated(open_page: Open) -> None:
    page = open_page("unknown", DETAIL, lang="pt-BR")
    assert page.inner_text(".sentence") == (
        "Mantido em 3: a fila orders não existe. "
        "Até que isso mude, a contagem fica dentro dos seus limites."
    )
    assert value(page, "depth") == "desconhecido"


def test_problems_are_translated_except_for_texts_of_other_programs(open_page: Open) -> None:
    page = open_page("missing", DETAIL, lang="pt-BR")
    texts = page.locator(".problems .text span")
    assert texts.all_inner_texts() == [
        "A fila orders não existe.",
        "No queue in vhost '/'.",
        "Declare a fila ou corrija o nome dela em spec.queues.",
    ]
    assert page.locator(".problems [lang=en]").all_inner_texts() == ["No queue in vhost '/'."]


def test_a_gap_in_the_history_is_a_gap(open_page: Open) -> None:
    page = open_page("busy", DETAIL)
    line = page.locator("svg.chart path[stroke='var(--chart-2)']").first.get_attribute("d") or ""
    assert line.count("M") == 2
    page.click("summary")
    waits = page.locator("[data-part=samples] tbody td:nth-of-type(2)")
    expect(waits.filter(has_text="unknown").first).to_be_visible()


def test_a_load_above_the_maximum_is_shown(open_page: Open) -> None:
    page = open_page("at-max", DETAIL)
    assert "the load needs 14 now" in page.locator(".legend li").all_inner_texts()
    raw, most = (page.locator(f".ruler {part}").bounding_box() for part in (".mark.raw", ".max"))
    assert raw is not None
    assert most is not None
    assert raw["x"] > most["x"]
    assert (chip(page), value(page, "drain")) == ("maximum", "growing")
    more = page.locator(".figure.drain .more").inner_text().replace("\u00a0", " ")
    assert more == "estimate: 98 in, up to 85 out"


@pytest.mark.parametrize(
    ("situation", "label"),
    [
        ("paused", "paused"),
        ("dry-run", "dry run"),
        ("shrinking", "window, 41 s"),
        ("error", "unable to scale"),
    ],
)
def test_one_chip_shows_the_constraint(open_page: Open, situation: str, label: str) -> None:
    page = open_page(situation, DETAIL)
    expect(page.locator("#detail .chip").first).to_have_text(label)  # each message updates it


def test_an_error_is_shown_with_its_advice(open_page: Open) -> None:
    page = open_page("error", DETAIL)
    assert page.inner_text(".sentence") == "No decision yet."
    text = "Deployment playlists does not exist. Create the workload."
    assert page.inner_text(".problems .text") == text
    assert "running: unknown" in page.locator(".legend li").all_inner_texts()


def test_old_values_are_grey_and_show_their_age(open_page: Open) -> None:
    page = open_page("stale", DETAIL)
    expect(page.locator(".figure.depth .age").first).to_have_text("12 s ago")
    expect(page.locator(".figure.depth")).to_have_attribute("data-state", "stale")
    assert "its workloads are not scaled down" in page.inner_text("#urgent")


def test_the_list_begins_with_objects_that_need_attention(open_page: Open) -> None:
    page = open_page("many")
    names = page.locator("tbody th a").all_inner_texts()
    assert names[:3] == ["invoices", "orders", "payments"]
    assert names[3:] == sorted(names[3:])
    assert page.inner_text("[data-part=summary]") == "3 of 8 need attention"
    row = page.locator("tbody tr").nth(1)
    assert row.locator("[data-part=depth] > span").inner_text() == "unknown"
    assert row.locator("[data-part=wait] > span").first.inner_text() == "unknown"


def test_the_list_shows_one_namespace(open_page: Open) -> None:
    page = open_page("many")
    page.select_option("select", "shop")
    expect(page.locator("tbody tr")).to_have_count(3)
    assert page.url.endswith("?namespace=shop")
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(3)
    page.click("text=orders")
    page.wait_for_url("**name=orders")
    page.wait_for_selector("#detail:not([hidden])")


def test_an_empty_list_shows_what_to_do(open_page: Open) -> None:
    page = open_page("empty")
    assert "kubectl apply" in page.inner_text(".empty")
    assert page.locator("table.objects").is_hidden()


def test_the_explain_command_is_copied(open_page: Open) -> None:
    page = open_page("busy", DETAIL, permissions=["clipboard-read", "clipboard-write"])
    page.locator(".decisions .copy").first.click()
    expect(page.locator(".decisions .copy").first).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("mare explain playlists -n music")


def test_decisions_that_kept_the_count_are_one_line(open_page: Open) -> None:
    page = open_page("busy", DETAIL)
    hold = text(page, ".decisions [data-kind=hold]")
    assert "Kept at 4" in hold
    assert "57 readings in 56 s" in hold
    assert page.locator(".decisions li").count() == 3
    page.click("[data-part=decisions-more]")
    assert page.locator(".decisions li").count() == 11


def test_the_list_draws_recent_depths_and_names_the_state(open_page: Open) -> None:
    page = open_page("many")
    row = page.locator("tr", has_text="playlists")
    expect(row.locator(".sparkline")).to_have_attribute("aria-label", "last 10 min: at most 240")
    expect(row.locator(".sparkline path")).to_have_attribute("d", re.compile(r"^M.*L.*M"))
    expect(row.locator(".chip")).to_have_text("on target")
    expect(row.locator(".chip")).to_have_attribute("title", "Limited by: nothing")
    unread = page.locator("tr", has_text="orders").locator(".sparkline")
    expect(unread).to_have_attribute("aria-label", "last 10 min: unknown")


def test_a_workload_at_its_maximum_with_a_long_wait_is_behind(open_page: Open) -> None:
    chip = open_page("behind").locator(".objects .chip")
    expect(chip).to_have_text("behind")
    expect(chip).to_have_attribute("data-mood", "warn")
