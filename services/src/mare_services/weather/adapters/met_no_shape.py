"""What we read of a Locationforecast answer; every value of an hour may be missing."""

from datetime import datetime

from msgspec import Struct, field


class Details(Struct):
    """Of an instant or an hour."""

    air_temperature: float | None = None
    wind_speed: float | None = None
    cloud_area_fraction: float | None = None
    relative_humidity: float | None = None
    precipitation_amount: float | None = None


class Summary(Struct):
    """Of an hour."""

    symbol_code: str | None = None


class Instant(Struct):
    """Values at a time."""

    details: Details = field(default_factory=Details)


class Hour(Struct):
    """Values over an hour."""

    summary: Summary = field(default_factory=Summary)
    details: Details = field(default_factory=Details)


class Data(Struct):
    """What a step of the series holds."""

    instant: Instant = field(default_factory=Instant)
    next_1_hours: Hour | None = None


class Step(Struct):
    """One time of the series."""

    time: datetime
    data: Data


class Properties(Struct):
    """Of the GeoJSON feature."""

    timeseries: list[Step]


class Forecast(Struct):
    """The GeoJSON feature."""

    properties: Properties
