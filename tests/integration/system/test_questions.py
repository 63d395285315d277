"""What people ask, through every part: HTTP, broker, services, embedded data."""

import pytest
import requests

from tests.system import PATIENT, running_system
from tests.vhost import Vhost

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def system(rabbitmq, tmp_path_factory):
    vhost = Vhost(rabbitmq, "system-questions")
    folder = tmp_path_factory.mktemp("system")
    with running_system(vhost.amqp_uri, folder, **PATIENT) as running:
        yield running
    vhost.delete()


@pytest.mark.parametrize(
    ("city", "name", "country"),
    [
        ("Recife", "Recife", "BR"),
        ("sao paulo", "São Paulo", "BR"),
        ("Florianopolis", "Florianópolis", "BR"),
        ("Rio", "Rio de Janeiro", "BR"),
        ("Buenos Aires", "Buenos Aires", "AR"),
        ("Bogotá", "Bogotá", "CO"),
        ("New York", "New York City", "US"),
        ("Toronto, CA", "Toronto", "CA"),
        ("Springfield, IL", "Springfield", "US"),
        ("Lisboa", "Lisbon", "PT"),
        ("München", "Munich", "DE"),
        ("Москва", "Moscow", "RU"),
        ("Αθήνα", "Athens", "GR"),
        ("Lagos", "Lagos", "NG"),
        ("Cape Town", "Cape Town", "ZA"),
        ("القاهرة", "Cairo", "EG"),
        ("東京", "Tokyo", "JP"),
        ("Mumbai", "Mumbai", "IN"),
        ("서울", "Seoul", "KR"),
        ("Sydney", "Sydney", "AU"),
        ("Auckland", "Auckland", "NZ"),
    ],
)
def test_a_city_of_any_continent_gets_a_playlist_for_its_weather(system, city, name, country):
    response = system.get("/v1/playlists", city=city, limit=4)

    answer = response.json()
    assert response.status_code == 200
    assert answer["place"]["name"] == name
    assert answer["place"]["country_code"] == country
    assert -60 < answer["weather"]["temperature"] < 60
    assert answer["mood"]["reasons"]
    assert len(answer["playlist"]["tracks"]) == 4
    assert all(
        track["url"].startswith("https://open.spotify.com/")
        for track in answer["playlist"]["tracks"]
    )
    assert answer["degraded"] == ["weather", "music"]
    assert answer["weather"]["estimated"] is True


@pytest.mark.parametrize(
    ("lat", "lon"),
    [(-12.5, -30), (90, 0), (-90, 45), (0, 180), (0, -180), (-17.8, 179.99), (71.2, -179.9)],
)
def test_a_point_of_the_sea_the_poles_or_the_date_line_is_a_place_too(system, lat, lon):
    response = system.get("/v1/playlists", lat=lat, lon=lon, limit=1)

    place = response.json()["place"]
    assert response.status_code == 200
    assert (place["latitude"], abs(place["longitude"])) == (lat, abs(lon))
    assert place["name"]
    assert place["timezone"]


def test_both_names_of_the_date_line_are_one_meridian(system):
    east = system.get("/v1/playlists", lat=10, lon=180, limit=5).json()
    west = system.get("/v1/playlists", lat=10, lon=-180, limit=5).json()

    for answer in (east, west):
        del answer["weather"]["observed_at"]
    assert east == west


def test_an_unknown_city_is_not_found_but_near_ones_are_suggested(system):
    response = system.get("/v1/playlists", city="Recyfeh do Norte")

    problem = response.json()
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert problem["code"] == "place_not_found"
    assert problem["suggestions"]


@pytest.mark.parametrize(
    ("typed", "meant"), [("campnas", "Campinas"), ("new yrok", "New York City")]
)
def test_a_small_slip_is_forgiven_and_offered_while_typing(system, typed, meant):
    assert system.get("/v1/weather", city=typed).json()["place"]["name"] == meant
    assert meant in [place["name"] for place in system.get("/v1/places", q=typed).json()["places"]]


def test_springfield_is_one_of_many(system):
    lenient = system.get("/v1/playlists", city="Springfield", limit=1)
    strict = system.get("/v1/playlists", city="Springfield", strict="true")

    assert lenient.status_code == 200
    assert 1 <= len(lenient.json()["alternatives"]) <= 5
    assert strict.status_code == 409
    assert len(strict.json()["candidates"]) > 1


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"lat": 1}, "lon"),
        ({"lon": 1}, "lat"),
        ({"lat": "NaN", "lon": 0}, "lat"),
        ({"lat": "inf", "lon": 0}, "lat"),
        ({"lat": 91, "lon": 0}, "lat"),
        ({"lat": 0, "lon": 180.5}, "lon"),
        ({"city": "x" * 3_000}, "city"),
        ({"city": ""}, "city"),
        ({"city": "Recife", "lat": 1, "lon": 2}, "city"),
        ({"city": "Recife", "limit": 51}, "limit"),
        ({"city": "Recife", "policy": "dance"}, "policy"),
        ({"city": "Recife", "citty": "x"}, "citty"),
        ({}, "city"),
    ],
)
def test_a_bad_parameter_is_named(system, params, named):
    response = system.get("/v1/playlists", **params)

    assert response.status_code == 400
    assert named in [error["parameter"] for error in response.json()["errors"]]
    assert response.json()["code"] == "invalid_parameter"


def test_a_name_of_ten_kilobytes_is_refused_without_repeating_it(system):
    response = system.get("/v1/playlists", city="x" * 10_000)

    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    assert len(response.content) < 1000


@pytest.mark.parametrize(
    "city",
    [
        "'; DROP TABLE places; --",
        "<script>alert(1)</script>",
        "%_%",
        "../../etc/passwd",
        "{{7*7}}",
        "\u202erevo",
        "🌊" * 40,
    ],
)
def test_a_hostile_name_is_an_unknown_name(system, city):
    response = system.get("/v1/playlists", city=city)

    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert "<script>" not in response.text


def test_the_same_question_has_the_same_answer_and_another_seed_another_one(system):
    def titles(seed: str) -> list[str]:
        answer = system.get("/v1/playlists", city="Recife", seed=seed, limit=10).json()
        return [track["title"] for track in answer["playlist"]["tracks"]]

    assert titles("a") == titles("a")
    assert titles("a") != titles("b")


def test_units_and_language_change_the_words_but_not_the_mood(system):
    metric = system.get("/v1/playlists", city="Recife").json()
    imperial = system.get("/v1/playlists", city="Recife", units="imperial", lang="pt").json()

    celsius = metric["weather"]["temperature"]
    assert imperial["weather"]["temperature"] == pytest.approx(celsius * 1.8 + 32, abs=0.2)
    assert imperial["weather"]["units"]["temperature"] == "°F"
    assert imperial["mood"]["mood"] == metric["mood"]["mood"]
    assert imperial["mood"]["name"] != metric["mood"]["name"]


@pytest.mark.parametrize("policy", ["mood", "ifood", "ingaia"])
def test_every_policy_returns_its_reasons(system, policy):
    mood = system.get("/v1/playlists", city="Reykjavik", policy=policy).json()["mood"]

    assert mood["policy"] == policy
    assert mood["reasons"]


def test_an_answer_that_a_client_has_is_not_sent_again(system):
    first = system.get("/v1/playlists", city="Olinda")
    again = requests.get(first.url, headers={"If-None-Match": first.headers["ETag"]}, timeout=90)

    assert "max-age" in first.headers["Cache-Control"]
    assert again.status_code == 304
    assert again.content == b""
