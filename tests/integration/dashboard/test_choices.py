"""Language and theme: what is asked for, else what was chosen, else what the browser has."""

from playwright.sync_api import expect

from tests.integration.dashboard.conftest import DETAIL, Open


def test_the_browser_decides_at_first(open_page: Open) -> None:
    page = open_page("busy", lang="pt-BR", theme="dark")
    expect(page.locator("html")).to_have_attribute("lang", "pt")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.inner_text("h1:visible") == "Autoscalers de filas"


def test_a_language_without_words_is_english(open_page: Open) -> None:
    page = open_page("busy", lang="de-DE")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_address_decides_before_all_else(open_page: Open) -> None:
    page = open_page("busy", f"{DETAIL}&lang=pt")
    expect(page.locator("html")).to_have_attribute("lang", "pt")
    assert page.inner_text(".sentence").startswith("6 réplicas: ")
    assert "41,2" in page.inner_text(".figure.rates")
    page.click("[data-part=all]")
    page.wait_for_url("**/?lang=pt")
    expect(page.locator("html")).to_have_attribute("lang", "pt")


def test_a_chosen_language_stays(open_page: Open) -> None:
    page = open_page("busy", DETAIL)
    page.click("#language")
    page.wait_for_url("**lang=pt")
    page.goto(page.url.split("?")[0])
    expect(page.locator("html")).to_have_attribute("lang", "pt")


def test_a_chosen_theme_stays(open_page: Open) -> None:
    page = open_page("busy")
    expect(page.locator("#theme")).to_have_text("Dark")
    page.click("#theme")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("#theme")).to_have_text("Light")


def test_everything_comes_from_the_operator_and_nothing_is_forbidden(open_page: Open) -> None:
    seen: list[str] = []
    page = open_page(
        "busy", DETAIL, before=lambda page: page.on("request", lambda r: seen.append(r.url))
    )
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.reload()
    page.wait_for_selector("svg.chart")
    page.hover(".cursor", position={"x": 300, "y": 50})
    assert seen
    assert all(url.startswith(page.url.split("?")[0]) for url in seen)
    assert said == []
