"""The format of Locationforecast, and the WMO codes of its symbols.

Every value of a period may be missing. Symbols: api.met.no/weatherapi/weathericon/2.0
"""

from datetime import datetime
from importlib.resources import files
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field


class Details(Struct):
    """Of an instant or an hour."""

    air_temperature: float | None = None
    wind_speed: float | None = None
    cloud_area_fraction: float | None = None
    relative_humidity: float | None = None
    precipitation_amount: float | None = None


class Summary(Struct):
    symbol_code: str | None = None


class Instant(Struct):
    details: Details = field(default_factory=Details)


class Hour(Struct):
    """Values over one or six hours."""

    summary: Summary = field(default_factory=Summary)
    details: Details = field(default_factory=Details)


class Data(Struct):
    """What a step of the series holds."""

    instant: Instant = field(default_factory=Instant)
    next_1_hours: Hour | None = None
    next_6_hours: Hour | None = None
    """Beyond two to three days, and at some places always, it is the only one."""


class Step(Struct):
    """One time of the series."""

    time: Annotated[datetime, Meta(tz=True)]
    data: Data


class Properties(Struct):
    timeseries: list[Step]


class Forecast(Struct):
    properties: Properties


_CODES: dict[str, int] = msgspec.json.decode(
    files("mare_services.weather").joinpath("data/met_no_symbols.json").read_bytes()
)
_THUNDERSTORM = 95


def wmo_code(symbol: str | None) -> int | None:
    """Return the WMO code of a symbol. All with thunder end alike; two are misspelt by met.no."""
    name = (symbol or "").partition("_")[0]
    return _THUNDERSTORM if name.endswith("andthunder") else _CODES.get(name)


def says_day(symbol: str | None) -> bool | None:
    """Return whether a symbol shows day or night, ``None`` if it shows neither."""
    return {"day": True, "night": False}.get((symbol or "").partition("_")[2])
