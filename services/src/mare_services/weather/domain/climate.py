"""The climatology: an estimate of the weather from monthly means.

The asset has 12 months, 181 rows from the north pole and 360 columns from 180° W, twice: signed
bytes of half degrees Celsius, then unsigned bytes of four times the square root of a month's
millimetres. ``services/data/climatology.py`` builds it.
"""

import math
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mare_services.contract.conditions import condition
from mare_services.contract.weather import Weather
from mare_services.weather.domain.sun import is_day

SOURCE = "climatology"

MONTHS, ROWS, COLUMNS = 12, 181, 360

WIDEST_SWING, NARROWEST_SWING = 6.0, 3.0
"""Half the difference in degrees Celsius of the warmest and the coldest hour, at the equator, in a
month without rain and in a wet one. An assumption: the data has no hours. It decreases with
the cosine of the latitude."""

WET_MONTH = 100.0
"""Millimetres from which the difference is smallest."""

WARMEST_HOUR = 15.0
"""Hour of local solar time."""

_SNOW_BELOW = 0.5
_CLEAR, _PARTLY_CLOUDY, _OVERCAST, _RAIN, _SNOW = 0, 2, 3, 61, 71
_SKIES = ((20.0, _CLEAR), (80.0, _PARTLY_CLOUDY), (140.0, _OVERCAST), (math.inf, _RAIN))
"""The condition of a month by its millimetres: an assumption."""


@dataclass(frozen=True, slots=True)
class Normals:
    """Means of a day in degrees Celsius, and millimetres of a month."""

    temperature: float
    precipitation: float


class Climatology:
    """Monthly means of the whole Earth, interpolated between months and degrees."""

    def __init__(self, packed: bytes) -> None:
        cells = MONTHS * ROWS * COLUMNS
        self._half_degrees = memoryview(packed)[:cells].cast("b")
        self._rain = memoryview(packed)[cells:].cast("B")

    def normals(self, latitude: float, longitude: float, at: datetime) -> Normals:
        """Return the means at a point on a day of the year."""
        days = monthrange(at.year, at.month)[1]
        middle_of_month = at.month - 1.5 + (at.day - 0.5) / days
        month, later = math.floor(middle_of_month), middle_of_month % 1
        before = self._monthly(month % MONTHS, latitude, longitude)
        after = self._monthly((month + 1) % MONTHS, latitude, longitude)
        return Normals(
            _between(before.temperature, after.temperature, later),
            _between(before.precipitation, after.precipitation, later),
        )

    def estimate(self, latitude: float, longitude: float, at: datetime) -> Weather:
        """Return an estimate of the weather in the hour of ``at``, which is aware.

        It is the same for the whole hour, except for sunrise and sunset: caches can keep it.
        """
        utc = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        solar = utc + timedelta(hours=longitude / 15)
        usual = self.normals(latitude, longitude, solar)
        temperature = usual.temperature + _swing(usual.precipitation, latitude) * math.cos(
            math.tau * (solar.hour + solar.minute / 60 - WARMEST_HOUR) / 24
        )
        code = _sky(usual)
        return Weather(
            temperature=round(temperature, 1),
            apparent_temperature=None,
            condition=condition(code),
            code=code,
            is_day=is_day(latitude, longitude, at),
            observed_at=utc,
            source=SOURCE,
            estimated=True,
        )

    def _monthly(self, month: int, latitude: float, longitude: float) -> Normals:
        row, southward = divmod(90 - latitude, 1)
        column, eastward = divmod(longitude + 180, 1)
        corners = [
            (
                (southward if south else 1 - southward) * (eastward if east else 1 - eastward),
                self._cell(month, int(row) + south, int(column) + east),
            )
            for south in (0, 1)
            for east in (0, 1)
        ]
        return Normals(
            sum(weight * self._half_degrees[cell] / 2 for weight, cell in corners),
            sum(weight * (self._rain[cell] / 4) ** 2 for weight, cell in corners),
        )

    def _cell(self, month: int, row: int, column: int) -> int:
        return (month * ROWS + min(row, ROWS - 1)) * COLUMNS + column % COLUMNS


def _between(before: float, after: float, later: float) -> float:
    return before + (after - before) * later


def _swing(millimetres: float, latitude: float) -> float:
    wetness = min(millimetres / WET_MONTH, 1.0)
    return _between(WIDEST_SWING, NARROWEST_SWING, wetness) * math.cos(math.radians(latitude))


def _sky(usual: Normals) -> int:
    code = next(code for limit, code in _SKIES if usual.precipitation < limit)
    falls = code in {_OVERCAST, _RAIN}
    return _SNOW if falls and usual.temperature < _SNOW_BELOW else code
