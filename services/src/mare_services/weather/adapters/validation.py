"""Validation of the responses of weather APIs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from msgspec import Meta

from mare_services.contract.conditions import condition
from mare_services.contract.errors import SourceFailed
from mare_services.contract.places import Place
from mare_services.contract.weather import Weather
from mare_services.upstream.budget import Budget
from mare_services.upstream.guarded import Source
from mare_services.weather.domain import sun

UnixTime = Annotated[int, Meta(ge=0, le=253_402_300_799)]
"""Seconds since the epoch, up to the last one of a ``datetime``."""

COLDEST, HOTTEST = -95.0, 65.0
"""Degrees Celsius. The records are -89.2 and 56.7; sentinels and kelvins are outside."""

MAX_FELT_DIFFERENCE = 40.0
"""Degrees Celsius. Wind and humidity change the apparent temperature by about 30 at most."""

FASTEST = 450.0
"""km/h; the record is a gust of 408."""

WETTEST = 500.0
"""Millimetres in an hour; the record is 305."""

LAST_CODE = 99
"""Of WMO 4677."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The weather according to a source, and the attribution that the source requires."""

    weather: Weather
    attribution: tuple[str, ...] = ()


def checked_weather(
    source: str,
    attribution: str,
    place: Place,
    at: datetime,
    *,
    celsius: float | None,
    feels: float | None = None,
    code: float | None = None,
    is_day: bool | None = None,
    kilometres_per_hour: float | None = None,
    millimetres: float | None = None,
    cloud_cover: float | None = None,
    humidity: float | None = None,
) -> Observed:
    """Return the weather without impossible values. The position of the sun decides what is day.

    Raises ``SourceFailed`` if the temperature is missing or impossible.
    """
    if celsius is None or not COLDEST <= celsius <= HOTTEST:
        raise SourceFailed(f"{source} returned no valid temperature.", {"source": source})
    possible = _up_to(LAST_CODE, code)
    wmo_code = None if possible is None else int(possible)
    clouds, precipitation = _up_to(100.0, cloud_cover), _up_to(WETTEST, millimetres)
    is_felt = feels is not None and abs(feels - celsius) <= MAX_FELT_DIFFERENCE
    weather = Weather(
        temperature=celsius,
        apparent_temperature=feels if is_felt else None,
        condition=condition(wmo_code, cloud_cover=clouds, precipitation=precipitation),
        code=wmo_code,
        is_day=sun.is_day(place.latitude, place.longitude, at) if is_day is None else is_day,
        observed_at=at,
        source=source,
        wind_speed=_up_to(FASTEST, kilometres_per_hour),
        precipitation=precipitation,
        cloud_cover=clouds,
        humidity=_up_to(100.0, humidity),
    )
    return Observed(weather=weather, attribution=(attribution,))


def from_metres(metres_per_second: float | None) -> float | None:
    """Return kilometres per hour."""
    return None if metres_per_second is None else metres_per_second * 3.6


def _up_to(most: float, value: float | None) -> float | None:
    """Return a value from 0 to ``most``, None for any other."""
    return value if value is not None and 0 <= value <= most else None


MAX_AGE = timedelta(hours=3)
"""Past or future. Beyond it the climatology predicts the weather better."""


class TimeChecked:
    """Rejects weather of another time: from a proxy's cache, or because a clock is wrong."""

    def __init__(
        self,
        source: Source[Place, Observed],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.name = source.name
        self._source = source
        self._now = now

    def answer(self, place: Place, budget: Budget) -> Observed:
        """Return the source's answer, or raise ``SourceFailed`` if it is too old."""
        observed = self._source.answer(place, budget)
        if abs(self._now() - observed.weather.observed_at) > MAX_AGE:
            raise SourceFailed(
                f"{self.name} returned the weather of another time.", {"source": self.name}
            )
        return observed
