"""A person asks: with the script the answer builds up, without it the server answers whole."""

import json

import pytest
from playwright.sync_api import Page, Route, expect

from tests.fakes.suggestions import HOSTILE
from tests.integration.page.conftest import Open, submit
from tests.integration.page.stage import Stage

PARTS = "[...document.querySelectorAll('#answer > *')].map((part) => part.dataset.part)"
WATCH = """() => {
  window.seen = [];
  new MutationObserver(() => {
    const answer = document.querySelector("#answer");
    const parts = [...answer.children].map((part) => part.dataset.part).join("+");
    if (parts && window.seen.at(-1) !== parts) window.seen.push(parts);
  }).observe(document.body, { childList: true, subtree: true });
}"""

LATE = """() => {
  const start = document.startViewTransition.bind(document);
  document.startViewTransition = (change) =>
    start(async () => { await new Promise((go) => setTimeout(go, 1500)); change(); });
}"""


@pytest.mark.parametrize("by", ["polling", "stream"])
def test_the_answer_builds_up_while_it_arrives(open_page: Open, stage: Stage, by: str) -> None:
    stage.script.streams = by == "stream"
    page = open_page("/")
    page.evaluate(WATCH)
    submit(page, "snow Bergen")
    expect(page.locator(".tracks li")).to_have_count(20)
    assert page.evaluate("window.seen") == [
        "progress",
        "now+progress",
        "now+music+attribution",
    ]
    assert page.url == f"{stage.url}/?city=snow+Bergen"
    assert page.title() == "Bergen: \N{MINUS SIGN}5°, instrumental & ambient · Maré"
    expect(page.locator("body")).to_have_attribute("data-sky", "snow")
    expect(page.locator(".country")).to_have_text("Norway")
    expect(page.locator("#live")).to_have_text("The playlist for Bergen is ready: Quiet as snow.")
    assert "playlists.suggest" not in stage.script.calls


def test_a_browser_too_busy_to_show_the_question_shows_the_answer(open_page: Open) -> None:
    page = open_page("/", reduced_motion="no-preference")
    page.evaluate(LATE)
    submit(page, "snow Bergen")
    expect(page.locator(".tracks li")).to_have_count(20)
    expect(page.locator(".progress")).to_have_count(0)


def test_without_scripts_the_page_contains_the_whole_answer(open_page: Open, stage: Stage) -> None:
    page = open_page("/", java_script_enabled=False, lang="pt-BR")
    submit(page, "rain Lisboa")
    expect(page.locator("h1")).to_have_text("Lisboa")
    expect(page.locator(".tracks li")).to_have_count(20)
    expect(page.locator(".tracks a").first).to_be_visible()
    expect(page.locator("#here, [data-player], [data-share], #motion")).to_have_count(3)
    for button in page.locator("#here, [data-player], [data-share], #motion").all():
        expect(button).to_be_hidden()
    page.click("text=English")
    expect(page.locator(".condition")).to_have_text("rain")
    assert stage.script.calls == ["playlists.suggest"] * 2


def test_a_shared_link_is_answered_and_the_next_question_too(open_page: Open) -> None:
    page = open_page("/?city=clear+night&lang=pt")
    expect(page.locator("body")).to_have_attribute("data-time", "night")
    page.click("text=Outras músicas")
    expect(page.locator("#answer[data-state=complete] .tracks li")).to_have_count(20)
    expect(page.locator("[data-lang=en]")).to_have_attribute(
        "href", "/?lang=en&city=clear+night&seed=2"
    )
    assert page.url.endswith("/?lang=pt&city=clear+night&seed=2")
    expect(page.locator("#mood-title")).to_contain_text("pop alto-astral")


def test_a_service_that_accepts_no_jobs_does_not_stop_the_answer(
    open_page: Open, stage: Stage
) -> None:
    stage.script.accepts = False
    page = open_page("/")
    submit(page, "fog")
    expect(page.locator(".tracks li")).to_have_count(20)
    assert stage.script.calls == ["jobs.accept", "playlists.suggest"]


def test_an_unknown_city_offers_cities_of_similar_names(open_page: Open) -> None:
    page = open_page("/")
    submit(page, "Springfeld")
    expect(page.locator(".problem h1")).to_have_text("“Springfeld” is not on our map")
    expect(page.locator("h1:visible")).to_have_count(1)
    page.click(".problem a:has-text('Springfield')")
    expect(page.locator("#answer h1")).to_have_text("Springfield")
    expect(page.locator(".where")).to_contain_text("United States")


@pytest.mark.parametrize("path", ["**/v1/playlists", "**/answers/*"])
def test_an_interruption_is_told_and_survived(open_page: Open, stage: Stage, path: str) -> None:
    page = open_page("/")
    failures = iter([True, True])

    def interrupt(route: Route) -> None:
        if next(failures, False):
            route.abort()
        else:
            route.continue_()

    page.route(path, interrupt)
    submit(page, "clear")
    expect(page.locator(".progress")).to_contain_text("Trying again")
    expect(page.locator(".tracks li")).to_have_count(20)


def test_the_dots_beside_a_long_line_are_whole(open_page: Open) -> None:
    page = open_page("/", width=320)
    page.route("**/v1/playlists", lambda route: route.abort())
    submit(page, "clear")
    expect(page.locator(".progress")).to_contain_text("Trying again")
    assert page.evaluate("document.querySelector('.dots').offsetWidth") == 38


def test_an_empty_question_is_answered_in_the_language_of_the_page(open_page: Open) -> None:
    page = open_page("/", lang="pt-BR")
    expect(page.locator(".examples a").nth(2)).to_have_text("Tóquio")
    submit(page, " ")
    expect(page.locator("#hint")).to_have_text("Digite o nome de uma cidade.")
    expect(page.locator("#city")).to_be_focused()
    assert page.locator("#answer > *").count() == 0


def test_other_places_of_the_name_are_offered_before_the_songs(open_page: Open) -> None:
    page = open_page("/?city=Springfield")
    parts = page.evaluate(PARTS)
    assert parts.index("alternatives") < parts.index("music")


def test_names_of_upstreams_are_texts_and_no_markup(open_page: Open) -> None:
    page = open_page("/?city=hostile")
    expect(page.locator("#playlist-title")).to_contain_text(HOSTILE)
    assert page.title().startswith("<script>")
    submit(page, "hostile rain")
    expect(page.locator(".tracks .title").last).to_have_text(HOSTILE)
    assert page.locator("main script, main img").count() == 0
    assert page.locator(".tracks a").count() == 0


def test_back_and_forward_show_the_answers_again(open_page: Open, stage: Stage) -> None:
    page = open_page("/?city=Recife")
    submit(page, "snow Bergen")
    expect(page.locator(".tracks li")).to_have_count(20)
    calls = len(stage.script.calls)
    page.go_back()
    expect(page.locator("h1")).to_have_text("Recife")
    expect(page.locator("body")).to_have_attribute("data-sky", "clear")
    page.go_forward()
    expect(page.locator("h1")).to_have_text("Bergen")
    assert len(stage.script.calls) == calls


def test_this_browser_remembers_its_places_until_it_forgets(open_page: Open) -> None:
    page = open_page("/?city=Recife")
    submit(page, "Bergen")
    expect(page.locator("#visited a")).to_have_text(["Recife"])
    page.evaluate("localStorage.setItem('mare.visited', '[{\"name\": 7}, null]')")
    page.reload()
    expect(page.locator("#visited")).to_be_hidden()
    submit(page, "Darwin")
    expect(page.locator("#visited a")).to_have_text(["Bergen"])
    # An answer is remembered when it is complete, also after a click on "Forget these".
    expect(page.locator("[data-state='complete']").first).to_contain_text("Darwin")
    page.click("text=Forget these")
    expect(page.locator("#visited")).to_be_hidden()
    assert json.loads(page.evaluate("localStorage['mare.visited']")) == []


def test_the_location_is_sent_to_a_kilometre(open_page: Open, stage: Stage) -> None:
    position = {"latitude": -8.053891, "longitude": -34.881234}
    page = open_page("/", geolocation=position, permissions=["geolocation"])
    page.click("#here")
    expect(page.locator(".tracks li")).to_have_count(20)
    assert page.url == f"{stage.url}/?lat=-8.05&lon=-34.88"


def test_without_a_location_the_page_suggests_typing_a_city(open_page: Open) -> None:
    page = open_page("/")
    page.click("#here")
    expect(page.locator("#hint")).to_contain_text("Type a city instead")


EMBEDS = ("https://open.spotify.com/**", "https://widget.deezer.com/**")


@pytest.mark.parametrize("source", ["spotify", "deezer"])
def test_a_player_is_loaded_by_a_click_and_never_before(open_page: Open, source: str) -> None:
    requested: list[str] = []

    def intercept(page: Page) -> None:
        for pattern in EMBEDS:
            page.route(
                pattern,
                lambda route: (requested.append(route.request.url), route.fulfill(body="played")),
            )

    page = open_page(f"/?city=clear+{source}", before=intercept)
    expect(page.locator("button.play")).to_have_count(20)
    expect(page.locator("#consent")).to_be_visible()
    assert requested == []
    page.click("text=Play here >> nth=0")
    expect(page.frame_locator("iframe").locator("body")).to_have_text("played")
    assert "/playlist/" in requested[0]
    page.click("button.play >> nth=2")
    expect(page.locator("button.play[aria-pressed=true]")).to_have_count(1)
    expect(page.locator("iframe")).to_have_count(1)
    assert "/track/" in (page.get_attribute("iframe", "src") or "")


def test_sharing_copies_the_address_without_the_language(open_page: Open, stage: Stage) -> None:
    page = open_page("/?city=Recife&lang=pt", permissions=["clipboard-read", "clipboard-write"])
    page.click("[data-share]")
    expect(page.locator("[data-share]")).to_have_text("Link copiado")
    assert page.evaluate("navigator.clipboard.readText()") == f"{stage.url}/?city=Recife"
