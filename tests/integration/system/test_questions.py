"""What people ask, through every part: HTTP, broker, services, embedded data."""

import pytest

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


def test_a_city_gets_a_playlist_for_its_weather(system):
    response = system.get("/v1/playlists", city="東京", limit=4)

    answer = response.json()
    assert response.status_code == 200
    assert answer["place"]["name"] == "Tokyo"
    assert answer["place"]["country_code"] == "JP"
    assert -60 < answer["weather"]["temperature"] < 60
    assert answer["mood"]["reasons"]
    assert len(answer["playlist"]["tracks"]) == 4
    assert all(
        track["url"].startswith("https://open.spotify.com/")
        for track in answer["playlist"]["tracks"]
    )
    assert answer["degraded"] == ["weather", "music"]
    assert answer["weather"]["estimated"] is True


def test_an_unknown_city_is_not_found_but_near_ones_are_suggested(system):
    response = system.get("/v1/playlists", city="Recyfeh do Norte")

    problem = response.json()
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert problem["code"] == "place_not_found"
    assert problem["suggestions"]


def test_springfield_is_one_of_many(system):
    lenient = system.get("/v1/playlists", city="Springfield", limit=1)
    strict = system.get("/v1/playlists", city="Springfield", strict="true")

    assert lenient.status_code == 200
    assert 1 <= len(lenient.json()["alternatives"]) <= 5
    assert strict.status_code == 409
    assert len(strict.json()["candidates"]) > 1


def test_units_and_language_change_the_words_but_not_the_mood(system):
    metric = system.get("/v1/playlists", city="Recife").json()
    imperial = system.get("/v1/playlists", city="Recife", units="imperial", lang="pt").json()

    celsius = metric["weather"]["temperature"]
    assert imperial["weather"]["temperature"] == pytest.approx(celsius * 1.8 + 32, abs=0.2)
    assert imperial["weather"]["units"]["temperature"] == "°F"
    assert imperial["mood"]["mood"] == metric["mood"]["mood"]
    assert imperial["mood"]["name"] != metric["mood"]["name"]
