"""What met.no and OpenWeatherMap call the sky, in WMO's codes."""

import pytest

from mare_services.contract.conditions import condition
from mare_services.weather.adapters.met_no import says_day
from mare_services.weather.adapters.met_no import wmo_code as of_symbol
from mare_services.weather.adapters.openweathermap import wmo_code as of_id


@pytest.mark.parametrize(
    ("symbol", "words"),
    [
        ("clearsky_day", "clear"),
        ("fair_polartwilight", "clear"),
        ("partlycloudy_night", "partly cloudy"),
        ("cloudy", "overcast"),
        ("fog", "fog"),
        ("lightrain", "rain"),
        ("heavyrainshowers_day", "rain"),
        ("sleet", "rain"),
        ("snow", "snow"),
        ("lightsnowshowers_night", "snow"),
        ("rainandthunder", "thunderstorm"),
        ("lightssleetshowersandthunder_day", "thunderstorm"),
        ("heavysnowshowersandthunder_night", "thunderstorm"),
    ],
)
def test_symbols_of_met_no_are_understood(symbol, words):
    assert condition(of_symbol(symbol)) == words


def test_an_unknown_symbol_has_no_code():
    assert of_symbol("frogs_day") is None
    assert of_symbol(None) is None
    assert of_symbol("") is None


def test_a_symbol_may_contain_day_or_night():
    symbols = ["fair_day", "fair_night", "fair_polartwilight", "rain", None]

    assert [says_day(symbol) for symbol in symbols] == [True, False, None, None, None]


@pytest.mark.parametrize(
    ("condition_id", "words"),
    [
        (200, "thunderstorm"),
        (232, "thunderstorm"),
        (300, "drizzle"),
        (321, "drizzle"),
        (500, "rain"),
        (511, "rain"),
        (599, "rain"),
        (601, "snow"),
        (622, "snow"),
        (701, "fog"),
        (741, "fog"),
        (800, "clear"),
        (801, "clear"),
        (802, "partly cloudy"),
        (804, "overcast"),
    ],
)
def test_condition_ids_of_openweathermap_are_understood(condition_id, words):
    assert condition(of_id(condition_id)) == words


@pytest.mark.parametrize("condition_id", [711, 781, 900, 0, -1])
def test_smoke_tornadoes_and_unknown_ids_have_no_code(condition_id):
    assert of_id(condition_id) is None
