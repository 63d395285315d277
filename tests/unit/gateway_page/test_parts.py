"""The sky, the mood, the links of the music, and the addresses of the page."""

from datetime import UTC, datetime

import pytest

from mare_gateway.page.mood_view import mood_view
from mare_gateway.page.music_view import PLAYER_ORIGINS, player_of, playlist_view, safe_url
from mare_gateway.page.question import Question
from mare_gateway.page.sky import scene_of, solar_hour
from mare_gateway.page.words import words_of
from mare_services.contract.conditions import Condition, in_words
from tests.fakes.suggestions import SKIES, playlist, reasons, suggestion

EN, PT = words_of("en"), words_of("pt")
NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def scene(sky="clear", hour=12.0, *, is_day=True, energy=None, **weather):
    shown = {**suggestion(sky, is_day=is_day)["weather"], **weather}
    return scene_of(shown, {"longitude": (hour - 12) * 15}, NOON, energy)


@pytest.mark.parametrize(("condition", "sky"), list(zip(Condition, SKIES, strict=True)))
@pytest.mark.parametrize("lang", ["en", "pt"])
def test_the_word_of_the_weather_service_chooses_the_sky(condition, sky, lang):
    assert scene(condition=in_words(condition, lang)).sky == sky


def test_an_unknown_weather_is_a_sky_with_clouds():
    assert scene(condition="raining frogs").sky == "cloudy"


@pytest.mark.parametrize(
    ("hour", "is_day", "time"),
    [
        (6, True, "dawn"), (7.5, True, "day"), (12, True, "day"), (16.5, True, "dusk"),
        (18, False, "dusk"), (19, False, "night"), (3, False, "night"), (22, True, "dusk"),
        (10, False, "night"),
    ],
)  # fmt: skip
def test_the_time_of_day_follows_sun_and_clock(hour, is_day, time):
    assert scene(hour=hour, is_day=is_day).time == time


@pytest.mark.parametrize(("longitude", "hour"), [(0, 12), (-180, 0), (165, 23), (180, 0)])
def test_the_solar_hour_follows_the_longitude(longitude, hour):
    assert solar_hour(NOON, longitude) == hour


@pytest.mark.parametrize(("energy", "tide"), [(0.1, "low"), (0.5, "mid"), (0.8, "high")])
def test_the_tide_rises_with_the_energy(energy, tide):
    assert scene(energy=energy).tide == tide


def mood(rows, **values):
    return {"name": "x", "reasons": rows, "energy": 0.5, **values}


def test_the_path_of_the_mood_adds_up_the_reasons():
    view = mood_view(mood(reasons(35.0, "rain", is_day=False)), "35 °C", EN)

    assert view.path == ((70.0, 75.0), (55.0, 60.0), (55.0, 40.0))


def test_the_path_stays_on_the_map():
    rows = [{"rule": "rain", "energy": 1.4, "valence": -0.3}]

    assert mood_view(mood(rows), "", EN).path == ((0.0, 100.0),)


def test_the_first_reason_is_compared_with_a_mild_day():
    warm, rain, _ = mood_view(mood(reasons(35.0, "rain", is_day=True)), "35 °C", EN).reasons

    assert (warm.rule, warm.effect) == (
        "Feels like 35 °C",
        "more energy, happier, less acoustic",
    )
    assert rain.effect == "more acoustic, less energy, more wistful"


def test_a_reason_without_effect_is_labelled():
    rows = [*reasons(15.0, "clear day", is_day=True), {"rule": "evening"}]

    assert mood_view(mood(rows), "15 °C", EN).reasons[-1].effect == "changes nothing"


def test_a_policy_without_values_shows_its_rule_alone():
    view = mood_view(mood([{"rule": "above 30 °C"}], energy=None), "31 °C", EN)

    assert view.path == ()
    assert [(each.rule, each.effect) for each in view.reasons] == [("above 30 °C", "")]


ID = "37i9dQZF1DX4WYpdgoIcn6"


@pytest.mark.parametrize(
    ("url", "player"),
    [
        (f"https://open.spotify.com/playlist/{ID}", f"embed/playlist/{ID}"),
        (f"https://open.spotify.com/intl-pt/track/{ID}?si=1", f"embed/track/{ID}"),
        ("https://www.deezer.com/track/3135556", "widget/auto/track/3135556"),
        ("https://www.deezer.com/en/playlist/13", "widget/auto/playlist/13"),
    ],
)
def test_links_to_music_have_a_player(url, player):
    address = player_of(url)

    assert address.endswith(f"/{player}")
    assert address.startswith(PLAYER_ORIGINS)


@pytest.mark.parametrize(
    "url",
    [
        "https://open.spotify.com/search/rain/tracks",
        f"https://open.spotify.com.evil.example/playlist/{ID}",
        f"http://open.spotify.com/playlist/{ID}",
        f"https://open.spotify.com/playlist/{ID}/../../x",
        "https://www.deezer.com/track/../1",
        "",
        None,
    ],
)
def test_other_links_have_none(url):
    assert player_of(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "data:text/html,x", "http://example.com/", "//example.com",
        "https:///x", "https://[", " https://example.com", "java\nscript:x", "", None,
    ],
)  # fmt: skip
def test_an_address_that_is_not_https_is_no_link(url):
    assert safe_url(url) is None


@pytest.mark.parametrize(
    ("source", "service"), [("spotify", "Spotify"), ("deezer", "Deezer"), ("catalogue", "Spotify")]
)
def test_a_playlist_names_the_service_it_leads_to(source, service):
    view = playlist_view(playlist("x", source), EN)

    assert view.service == service
    assert bool(view.player) is (source != "catalogue")
    assert view.tracks[0].duration == ("" if source == "catalogue" else "2:50")


def test_a_search_link_of_a_live_source_still_has_the_player_of_a_track():
    document = {**playlist("x", "deezer"), "url": "https://www.deezer.com/search/rain"}

    view = playlist_view(document, EN)

    assert view.player.endswith("/track/3135565")
    assert view.player_service == "Deezer"


def test_a_question_keeps_language_and_units_but_no_foreign_parameters():
    given = {"city": " Recife ", "lang": "pt", "units": "imperial", "utm_source": "x", "lat": "1"}

    question = Question.of(given)

    assert question == Question(city="Recife", lang="pt", units="imperial")
    assert question.of_place("Oslo, NO") == "/?city=Oslo%2C+NO&units=imperial&lang=pt"
    assert Question(city="Oslo", seed="3").of_place("Recife") == "/?city=Recife"
    assert question.link(lang="en") == "/?city=Recife&units=imperial&lang=en"


def test_a_question_without_a_place_is_the_start_page():
    assert not Question.of({"lang": "xx"}).names_a_place
    assert Question.of({"lang": "xx"}).link() == "/"


def test_the_question_of_a_job_has_the_language_of_the_page():
    request = {"city": None, "latitude": -8.05, "longitude": -34.9, "lang": "en", "seed": "3"}

    question = Question.of_job(request, Question(lang="pt"))

    assert question == Question(lat="-8.05", lon="-34.9", seed="3", lang="pt")


def test_the_equator_is_a_place():
    request = {"latitude": 0.0, "longitude": 0.0}

    assert Question.of_job(request, Question()).link() == "/?lat=0.0&lon=0.0"


@pytest.mark.parametrize(("seed", "following"), [("", "2"), ("2", "3"), ("x", "2"), ("9" * 9, "2")])
def test_other_songs_have_the_following_seed(seed, following):
    assert Question(seed=seed).next_seed() == following


@pytest.mark.parametrize(("value", "text"), [(-0.3, "0"), (-4.6, "\N{MINUS SIGN}5"), (28.4, "28")])
def test_numbers_are_written_for_people(value, text):
    assert PT.number(value) == text
