"""Between plain JSON and the types of the contract."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mare_services.contract import wire
from mare_services.contract.errors import InvalidRequest, PlaceNotFound
from mare_services.contract.music import Mood, MusicRequest
from mare_services.contract.places import Place, PlaceQuery, PlaceSearch
from mare_services.contract.suggestion import SuggestionRequest
from mare_services.contract.weather import Weather, WeatherReport, for_reader

PLACE = Place(
    id=None, name="x", admin1=None, country_code=None, latitude=1.5, longitude=-2.0,
    timezone="Etc/GMT",
)  # fmt: skip
WEATHER = Weather(
    temperature=20.0, apparent_temperature=None, condition="rain", code=61, is_day=True,
    wind_speed=1.609344, precipitation=25.4, observed_at=datetime(2026, 6, 1, 12, tzinfo=UTC),
    source="open-meteo",
)  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        PlaceQuery(city="São Paulo", lang="pt"),
        MusicRequest(mood=Mood.LO_FI, market="BR"),
        SuggestionRequest(latitude=1.5, longitude=-2.0, limit=3),
        WeatherReport(place=PLACE, weather=WEATHER, attribution=("a", "b")),
    ],
)
def test_a_value_survives_the_wire(value):
    assert wire.read(json.loads(json.dumps(wire.write(value))), type(value)) == value


def test_unknown_fields_of_a_newer_sender_are_ignored():
    assert wire.read({"city": "Recife", "altitude": 4}, PlaceQuery) == PlaceQuery(city="Recife")


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({"city": 7}, "city"),
        ({"lang": "de"}, "lang"),
        ({"latitude": "north"}, "latitude"),
        (["Recife"], "PlaceQuery"),
        (None, "PlaceQuery"),
    ],
)
def test_a_wrong_field_is_named(data, named):
    with pytest.raises(InvalidRequest, match=named):
        wire.read(data, PlaceQuery)


@pytest.mark.parametrize("limit", [0, -1, 51])
@pytest.mark.parametrize("kind", [MusicRequest, SuggestionRequest, PlaceSearch])
def test_a_limit_is_from_1_to_50(kind, limit):
    data = {"mood": "lo-fi", "market": "BR", "q": "a", "limit": limit}
    assert wire.read({**data, "limit": 50}, kind).limit == 50
    with pytest.raises(InvalidRequest, match="limit"):
        wire.read(data, kind)


@pytest.mark.parametrize("market", ["", "B", "BRA", "B1", "BR\n", "çé", "../"])
@pytest.mark.parametrize("kind", [MusicRequest, SuggestionRequest])
def test_a_market_has_two_letters(kind, market):
    with pytest.raises(InvalidRequest, match="market"):
        wire.read({"mood": "lo-fi", "market": market}, kind)


def test_an_error_carries_a_sentence_and_data():
    error = PlaceNotFound("No place is called 'x'.", {"suggestions": ["y"]})

    rebuilt = PlaceNotFound(*error.args)

    assert str(rebuilt) == "No place is called 'x'."
    assert rebuilt.extra == {"suggestions": ["y"]}


def test_weather_for_a_reader_is_rounded_and_translated():
    shown = for_reader(WEATHER, "imperial", "pt")

    assert (shown.temperature, shown.apparent_temperature) == (68.0, None)
    assert (shown.wind_speed, shown.precipitation) == (1.0, 1.0)
    assert shown.condition == "chuva"
    assert (shown.units.temperature, shown.units.wind_speed) == ("°F", "mph")


def test_metric_weather_for_a_reader_is_rounded_to_tenths():
    read = replace(WEATHER, temperature=24.37, apparent_temperature=-0.04, precipitation=0.1 + 0.2)
    shown = for_reader(read, "metric", "en")

    assert shown == replace(
        WEATHER, temperature=24.4, apparent_temperature=0.0, wind_speed=1.6, precipitation=0.3
    )
    assert str(shown.apparent_temperature) == "0.0"


def test_a_temperature_for_a_reader_is_never_minus_zero():
    assert (
        str(for_reader(replace(WEATHER, temperature=-17.79), "imperial", "en").temperature) == "0.0"
    )
