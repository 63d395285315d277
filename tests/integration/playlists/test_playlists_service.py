"""The service in its own process, between a caller and stand-ins for its two peers."""

import pytest

from mare_services.contract import wire
from mare_services.contract.suggestion import Suggestion
from tests.serving import call, serving
from tests.vhost import Vhost, eventually

pytestmark = pytest.mark.broker


@pytest.fixture
def playlists(vhost: Vhost):
    with (
        serving(vhost, "tests.fakes.peers:Weather", SERVES="weather"),
        serving(vhost, "tests.fakes.peers:Music", SERVES="music"),
        serving(vhost, "playlists"),
    ):
        yield vhost


def test_an_equal_request_is_cached_and_errors_of_other_services_are_passed_on(playlists):
    first = call(playlists, "playlists.suggest", {"city": "Recife", "lang": "pt"})
    again = call(playlists, "playlists.suggest", {"lang": "pt", "city": "Recife"})
    other = call(playlists, "playlists.suggest", {"city": "Recife", "lang": "pt", "seed": "2"})

    suggestion = wire.read(first["result"], Suggestion)
    assert suggestion.place.name == "Recife"
    assert suggestion.weather.condition == "céu limpo"
    assert suggestion.attribution == ("places", "weather", "music")
    assert again["result"] == first["result"]
    assert other["result"]["playlist"] != first["result"]["playlist"]

    nowhere = call(playlists, "playlists.suggest", {"city": "Nowhere"})["error"]
    assert nowhere["exc_type"] == "PlaceNotFound"
    detail, extra = nowhere["exc_args"]
    assert detail == "No place has this name."
    assert extra["suggestions"][0]["id"] == 3390760

    wrong = call(playlists, "playlists.suggest", {"city": "Recife", "policy": "dance"})["error"]
    assert wrong["exc_type"] == "InvalidRequest"
    assert "policy" in wrong["exc_args"][0]

    odd_peer = call(playlists, "playlists.suggest", {"city": "Recife", "market": "ZZ"})["error"]
    assert odd_peer["exc_type"] == "SourceFailed"


def test_a_degraded_answer_is_not_kept_for_as_long_as_a_good_one(playlists):
    def answer():
        return call(playlists, "playlists.suggest", {"city": "Recife", "market": "CC"})["result"]

    first = answer()

    assert first["degraded"] == ["music"]
    eventually(lambda: answer()["playlist"] != first["playlist"])
