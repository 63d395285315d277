"""The weather at a place."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from mare_services.contract.places import Place, PlaceQuery

Units = Literal["metric", "imperial"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitNames:
    """The units of a :class:`Weather`, written out for people."""

    temperature: str = "°C"
    wind_speed: str = "km/h"
    precipitation: str = "mm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """Weather at one moment, metric unless ``units`` says otherwise.

    Attributes:
        condition: a word of :mod:`mare_services.contract.conditions`.
        code: WMO 4677 code as Open-Meteo uses it; ``None`` where the source has none.
        wind_speed: mean speed at 10 m.
        precipitation: of the last hour or less.
        cloud_cover: per cent.
        humidity: relative, per cent.
        source: ``open-meteo``, ``met.no``, ``openweathermap`` or ``climatology``.
        estimated: a climatological mean, not a measurement or a model's analysis.
        stale: older than the cache's life, served because no source answered.
    """

    temperature: float
    apparent_temperature: float | None
    condition: str
    code: int | None
    is_day: bool
    observed_at: datetime
    source: str
    wind_speed: float | None = None
    precipitation: float | None = None
    cloud_cover: float | None = None
    humidity: float | None = None
    estimated: bool = False
    stale: bool = False
    units: UnitNames = field(default_factory=UnitNames)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The weather now, and who is to be thanked for it."""

    weather: Weather
    attribution: tuple[str, ...] = ()

    @property
    def degraded(self) -> bool:
        """Whether this is less than a fresh answer of a live source."""
        return self.weather.stale or self.weather.estimated


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherQuery(PlaceQuery):
    """Ask for the weather at a place in units of the reader's choice."""

    units: Units = "metric"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherReport:
    """A place and its weather: the whole answer to a person."""

    place: Place
    weather: Weather
    alternatives: tuple[Place, ...] = ()
    degraded: tuple[str, ...] = ()
    attribution: tuple[str, ...] = ()
