"""The weather at a place. Between services it is metric, with English words."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from mare_services.contract.conditions import in_words
from mare_services.contract.places import Language, Place, PlaceQuery

Units = Literal["metric", "imperial"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitNames:
    """The units of the numbers of a Weather."""

    temperature: str = "°C"
    wind_speed: str = "km/h"
    precipitation: str = "mm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """The weather at one moment."""

    temperature: float
    apparent_temperature: float | None
    condition: str
    """One word, in the language of the answer; between services a ``Condition``."""
    code: int | None
    """WMO 4677 code; null where the source has none."""
    is_day: bool
    observed_at: datetime
    source: str
    """open-meteo, met.no, openweathermap or climatology."""
    wind_speed: float | None = None
    """Mean speed at 10 m."""
    precipitation: float | None = None
    """Of the last hour or less."""
    cloud_cover: float | None = None
    """Per cent."""
    humidity: float | None = None
    """Relative, per cent."""
    estimated: bool = False
    """A climatological mean, not a measurement or a forecast."""
    stale: bool = False
    """Older than the life of a cache entry, because no source answered."""
    units: UnitNames = field(default_factory=UnitNames)

    @property
    def degraded(self) -> bool:
        """Whether this is less than a fresh answer of a live source."""
        return self.stale or self.estimated


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherQuery(PlaceQuery):
    """A place, and the units of the answer."""

    units: Units = "metric"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherReport:
    """A place and its weather."""

    place: Place
    weather: Weather
    alternatives: tuple[Place, ...] = ()
    """Other places with this name, at most five."""
    degraded: tuple[Literal["weather"], ...] = ()
    """Contains "weather" if it is less than a fresh answer of a live source."""
    attribution: tuple[str, ...] = ()


_IMPERIAL = UnitNames(temperature="°F", wind_speed="mph", precipitation="in")
_KILOMETRES_IN_A_MILE = 1.609344
_MILLIMETRES_IN_AN_INCH = 25.4


def for_reader(weather: Weather, units: Units, lang: Language) -> Weather:
    """Return metric ``weather`` in ``units``, rounded, with its condition in the language."""
    return replace(_in_units(weather, units), condition=in_words(weather.condition, lang))


def _in_units(weather: Weather, units: Units) -> Weather:
    if units == "metric":
        return replace(
            weather,
            temperature=_tenths(weather.temperature),
            apparent_temperature=_each(weather.apparent_temperature, _tenths),
            wind_speed=_each(weather.wind_speed, _tenths),
            precipitation=_each(weather.precipitation, _tenths),
        )
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
    return round(value, 1) + 0.0  # -0.0 + 0.0 is 0.0


def _each(value: float | None, convert: Callable[[float], float]) -> float | None:
    return None if value is None else convert(value)
