"""Open-Meteo's geocoder against a real server that plays its API."""

import pytest

from mare_services.upstream.budget import Budget
from mare_services.upstream.client import JsonClient
from mare_services.weather.adapters.open_meteo_geocoder import NameQuery, OpenMeteoGeocoder
from tests.fakes.upstreams import open_meteo


def places_of(server, name, country=None, lang="pt"):
    question = NameQuery(name, country, lang)
    return OpenMeteoGeocoder(JsonClient("source", server.url)).answer(question, Budget.of(60))


def test_the_geocoder_finds_villages_and_leaves_out_airports(open_meteo_server):
    found = places_of(open_meteo_server, "Tranc")

    assert [(city.name, city.country, city.population) for city in found] == [
        ("Trancoso", "BR", 7001),
        ("Trancoso", "PT", 3539),
        ("Trancosinho", "BR", 0),
    ]
    assert open_meteo_server.requests[0].params["language"] == "pt"
    assert open_meteo_server.requests[0].params["count"] == "100"


def test_the_country_is_sent_to_the_geocoder_and_checked_in_its_results(open_meteo_server):
    found = places_of(open_meteo_server, "Trancoso", "PT")

    assert [city.country for city in found] == ["PT"]
    assert open_meteo_server.requests[0].params["countryCode"] == "PT"


def test_the_geocoder_returns_nothing_for_unknown_names(open_meteo_server):
    assert places_of(open_meteo_server, "Xyzzy") == ()


def test_odd_places_of_the_geocoder_are_dropped_and_the_others_kept(open_meteo_server):
    open_meteo_server.plays(
        open_meteo.places(
            open_meteo.place(1, "Beyond", latitude=999),
            open_meteo.place(2, None),
            open_meteo.place(4, "x" * 100_000),
            open_meteo.place(5, "Crowded", population=1e308),
            open_meteo.place(6, "Empty", population=-1),
            open_meteo.place(7, "Stateless", country_code="BRA"),
            open_meteo.place(8, "Ruled", admin1="x" * 100_000),
            open_meteo.place(10**30, "Numbered"),
            open_meteo.place(3, "Fine", population=12.0),
        )
    )

    assert [(city.id, city.population) for city in places_of(open_meteo_server, "x")] == [(3, 12)]


@pytest.mark.parametrize("zone", ["Foo/Bar", "../etc/passwd", "America", "", "x\0y"])
def test_a_time_zone_that_this_machine_lacks_is_made_up_from_the_position(open_meteo_server, zone):
    open_meteo_server.plays(open_meteo.places(open_meteo.place(1, "Lonely", timezone=zone)))

    assert places_of(open_meteo_server, "Lonely")[0].timezone == "Etc/GMT+3"


def test_what_the_geocoder_does_not_know_is_made_up_from_the_position(open_meteo_server):
    village = open_meteo.place(7, "Lonely", country_code="BR")
    for optional in ("admin1", "timezone", "population", "elevation", "country"):
        del village[optional]
    open_meteo_server.plays(open_meteo.places(village))

    [city] = places_of(open_meteo_server, "Lonely")

    assert (city.timezone, city.population, city.division_name) == ("Etc/GMT+3", 0, None)
