"""Weather for a reader: units and words. Between services it is metric, with English words."""

from collections.abc import Callable
from dataclasses import replace

from mare_services.contract.conditions import in_words
from mare_services.contract.places import Language
from mare_services.contract.weather import UnitNames, Units, Weather

_IMPERIAL = UnitNames(temperature="°F", wind_speed="mph", precipitation="in")
_KILOMETRES_IN_A_MILE = 1.609344
_MILLIMETRES_IN_AN_INCH = 25.4


def for_reader(weather: Weather, units: Units, lang: Language) -> Weather:
    """Return metric ``weather`` in ``units``, rounded, with its condition in the language."""
    return replace(_in_units(weather, units), condition=in_words(weather.condition, lang))


def _in_units(weather: Weather, units: Units) -> Weather:
    if units == "metric":
        return replace(weather, wind_speed=_each(weather.wind_speed, _tenths))
    return replace(
        weather,
        temperature=_fahrenheit(weather.temperature),
        apparent_temperature=_each(weather.apparent_temperature, _fahrenheit),
        wind_speed=_each(weather.wind_speed, lambda speed: _tenths(speed / _KILOMETRES_IN_A_MILE)),
        precipitation=_each(
            weather.precipitation, lambda depth: round(depth / _MILLIMETRES_IN_AN_INCH, 2)
        ),
        units=_IMPERIAL,
    )


def _fahrenheit(celsius: float) -> float:
    return _tenths(celsius * 9 / 5 + 32)


def _tenths(value: float) -> float:
    return round(value, 1)


def _each(value: float | None, convert: Callable[[float], float]) -> float | None:
    return None if value is None else convert(value)
