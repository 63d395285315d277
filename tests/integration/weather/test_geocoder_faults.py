"""Places of any size: the gazetteer and the geocoder together, whatever the geocoder does."""

import pytest

from mare_services.contract.errors import PlaceNotFound, SourceUnavailable
from mare_services.contract.places import PlaceQuery
from mare_services.weather.assembly import locator
from tests.fakes.upstreams import faults, open_meteo
from tests.integration.weather.assembling import BUSY_SECONDS, LIVE_SECONDS, assembled, timed


def test_the_gazetteer_answers_at_once_what_it_knows(environ, open_meteo_server):
    located = assembled(environ, locator).locate(PlaceQuery(city="Recife"))

    assert located.place.id == 3390760
    assert open_meteo_server.requests == []


def test_a_village_is_looked_up_once(environ, open_meteo_server):
    locating = assembled(environ, locator)

    located = locating.locate(PlaceQuery(city="trancoso", lang="pt"))
    again = locating.locate(PlaceQuery(city="trancoso", lang="pt"))

    assert located == again
    assert (located.place.name, located.place.admin1) == ("Trancoso", "Bahia")
    assert [other.country_code for other in located.alternatives] == ["PT"]
    assert "Open-Meteo.com" in located.attribution[0]
    assert len(open_meteo_server.requests) == 1


@pytest.mark.parametrize(
    "city",
    ["Trancoso, BA", "Trancoso, Brasil", "Trancoso, Bahia, BR", "trancoso bahia brasil"],
)
def test_a_village_is_looked_up_within_its_bounds(environ, city):
    located = assembled(environ, locator).locate(PlaceQuery(city=city))

    assert located.place.country_code == "BR"
    assert located.alternatives == ()


def test_a_village_elsewhere_is_not_found(environ):
    with pytest.raises(PlaceNotFound):
        assembled(environ, locator).locate(PlaceQuery(city="Trancoso", country="FR"))


def test_the_geocoder_does_not_turn_a_misspelling_into_a_village(environ, open_meteo_server):
    open_meteo_server.plays(open_meteo.places(open_meteo.place(9, "Campnasville")))

    assert assembled(environ, locator).locate(PlaceQuery(city="campnas")).place.name == "Campinas"


def test_that_a_name_is_unknown_is_remembered(environ, open_meteo_server):
    locating = assembled(environ, locator)

    for _ in range(3):
        with pytest.raises(PlaceNotFound):
            locating.locate(PlaceQuery(city="Xyzzyville"))

    assert len(open_meteo_server.requests) == 1


def test_a_geocoder_that_is_first_wins(environ, open_meteo_server):
    environ["WEATHER_GEOCODER"] = "open-meteo"
    open_meteo_server.plays(open_meteo.places(open_meteo.place(9, "Lissabon", country_code="PT")))

    assert assembled(environ, locator).locate(PlaceQuery(city="Lisboa")).place.id == 9


@pytest.mark.parametrize("fault", faults.ONE_OF_EACH_ERROR)
def test_the_gazetteer_stands_in_for_the_geocoder(environ, open_meteo_server, fault):
    environ |= {"WEATHER_GEOCODER": "open-meteo", "WEATHER_GEOCODER_SECONDS": str(LIVE_SECONDS)}
    open_meteo_server.plays(faults.EVERY_FAULT[fault](open_meteo_server))

    located, seconds = timed(assembled(environ, locator).locate, PlaceQuery(city="Recife"))

    assert located.place.id == 3390760
    assert seconds < LIVE_SECONDS + BUSY_SECONDS


@pytest.mark.parametrize("fault", faults.ONE_OF_EACH_ERROR)
def test_a_failed_geocoder_does_not_report_a_place_as_unknown(environ, open_meteo_server, fault):
    environ["WEATHER_GEOCODER_SECONDS"] = str(LIVE_SECONDS)
    open_meteo_server.plays(faults.EVERY_FAULT[fault](open_meteo_server))
    locating = assembled(environ, locator)

    for _ in range(2):
        with pytest.raises(SourceUnavailable):
            locating.locate(PlaceQuery(city="Trancoso"))
    assert locating.locate(PlaceQuery(city="campnas")).place.name == "Campinas"
