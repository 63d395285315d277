"""What every weather API has to say, and may say wrongly."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from mare_services.contract.errors import SourceFailed
from mare_services.contract.places import Place
from mare_services.upstream.budget import Budget
from mare_services.upstream.guarded import Source
from mare_services.weather.ports import Observed

COLDEST, HOTTEST = -95.0, 65.0
"""Degrees Celsius; the records are -89.2 and 56.7. Sentinels and kelvins lie outside."""

FARTHEST_FELT = 40.0
"""Degrees Celsius; wind and humidity make it feel some 30 colder or warmer at most."""

FASTEST = 450.0
"""km/h; the record is a gust of 408."""


def temperature(source: str, celsius: float | None) -> float:
    """Return the temperature, or raise ``SourceFailed`` if it is missing or impossible."""
    if celsius is None or not COLDEST <= celsius <= HOTTEST:
        raise SourceFailed(f"{source} knows no temperature.", {"source": source})
    return celsius


def feels(celsius: float | None, air: float) -> float | None:
    """Return the apparent temperature, ``None`` if it is impossible at this air temperature."""
    return celsius if celsius is not None and abs(celsius - air) <= FARTHEST_FELT else None


def wind(kilometres_per_hour: float | None) -> float | None:
    """Return the speed, ``None`` if it is impossible."""
    is_possible = kilometres_per_hour is not None and 0 <= kilometres_per_hour <= FASTEST
    return kilometres_per_hour if is_possible else None


def wind_in_metres(metres_per_second: float | None) -> float | None:
    """Return the speed in the contract's unit, ``None`` if it is impossible."""
    return wind(None if metres_per_second is None else metres_per_second * 3.6)


FARTHEST = timedelta(hours=3)
"""From now, past or future; beyond it, the season says more about the weather."""


class Timely:
    """Refuses weather of another time: of 1970, from a proxy's memory, by a clock that is wrong."""

    def __init__(
        self,
        source: Source[Place, Observed],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.name = source.name
        self._source = source
        self._now = now

    def answer(self, place: Place, budget: Budget) -> Observed:
        """Return the source's answer, or raise ``SourceFailed`` if it is not about now."""
        observed = self._source.answer(place, budget)
        if abs(self._now() - observed.weather.observed_at) > FARTHEST:
            raise SourceFailed(f"{self.name} tells of another time.", {"source": self.name})
        return observed
