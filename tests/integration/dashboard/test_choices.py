"""Language and theme: from the address, else the stored choice, else the browser."""

from playwright.sync_api import expect

from tests.integration.dashboard.conftest import DETAIL, Open


def test_the_browser_decides_without_a_choice(open_page: Open) -> None:
    page = open_page("busy", lang="pt-BR", theme="dark")
    expect(page.locator("html")).to_have_attribute("lang", "pt")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.inner_text("h1:visible") == "Autoscalers de filas"


def test_an_unsupported_language_becomes_english(open_page: Open) -> None:
    page = open_page("busy", lang="de-DE")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_address_decides_first(open_page: Open) -> None:
    page = open_page("busy", f"{DETAIL}&lang=pt")
    expect(page.locator("html")).to_have_attribute("lang", "pt")
    assert page.inner_text(".sentence").startswith("Mantido em 6: ")
    assert "41,2" in page.inner_text(".figure.rates")
    page.click("[data-part=all]")
    page.wait_for_url("**/?lang=pt")
    expect(page.locator("html")).to_have_attribute("lang", "pt")


def test_a_chosen_language_is_stored(open_page: Open) -> None:
    page = open_page("busy", DETAIL)
    page.click("#language")
    page.wait_for_url("**lang=pt")
    page.goto(page.url.split("?")[0])
    expect(page.locator("html")).to_have_attribute("lang", "pt")


def test_a_chosen_theme_is_stored(open_page: Open) -> None:
    page = open_page("busy")
    expect(page.locator("#theme")).to_have_text("Dark")
    page.click("#theme")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("#theme")).to_have_text("Light")


def test_everything_is_loaded_from_the_operator_without_policy_violations(open_page: Open) -> None:
    seen: list[str] = []
    page = open_page(
        "busy", DETAIL, before=lambda page: page.on("request", lambda r: seen.append(r.url))
    )
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.reload()
    page.wait_for_selector("svg.chart")
    page.hover(".cursor", position={"x": 300, "y": 50})
    assert seen
    assert all(url.startswith(page.url.split("?")[0]) for url in seen)
    assert messages == []


def test_the_load_can_be_downloaded(open_page: Open) -> None:
    page = open_page("busy", DETAIL)
    link = page.get_by_role("link", name="Download this load")
    expect(link).to_have_attribute("href", "api/objects/music/playlists/load")
    assert "mare advise" in (link.get_attribute("title") or "")
