"""Locationforecast of the Norwegian Meteorological Institute: no key, worldwide.

Its terms (api.met.no/doc/TermsOfService) require a User-Agent with a contact, at most four decimals
in coordinates, and no request before ``Expires``; later requests have ``If-Modified-Since``.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from cachetools import LRUCache

from mare_services.contract.conditions import condition
from mare_services.contract.errors import SourceFailed
from mare_services.contract.places import Place
from mare_services.contract.weather import Weather
from mare_services.upstream.budget import Budget
from mare_services.upstream.client import JsonClient, NotModified
from mare_services.weather.adapters import validation
from mare_services.weather.adapters.met_no_format import Forecast, Hour, Step, says_day, wmo_code
from mare_services.weather.domain.sun import is_day
from mare_services.weather.ports import Observed

URL = "https://api.met.no"
ATTRIBUTION = "Weather data from MET Norway, CC BY 4.0"

MAX_FORECASTS = 1_000
"""Forecasts in the cache, about 3 kB each."""

HOURS = 12
"""Hours of a forecast that are cached."""

STEP = timedelta(hours=1)
"""From one time of the series to the next."""

SHORTEST_LIFE = timedelta(minutes=5)
"""Life of a response whose ``Expires`` is missing or past."""

LONGEST_LIFE = timedelta(hours=2)
"""Upper bound of ``Expires``. met.no sends half an hour; more is a mistake of a proxy or clock."""


@dataclass(frozen=True, slots=True)
class _Forecast:
    steps: tuple[Step, ...]
    expires: datetime
    last_modified: str | None


class MetNo:
    name = "met.no"

    def __init__(
        self, client: JsonClient, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._client = client
        self._now = now
        self._lock = threading.Lock()
        self._cached: LRUCache[tuple[str, str], _Forecast] = LRUCache(MAX_FORECASTS)

    def answer(self, place: Place, budget: Budget) -> Observed:
        now = self._now()
        where = (f"{place.latitude:.2f}", f"{place.longitude:.2f}")
        with self._lock:
            cached = self._cached.get(where)
        if cached is not None and now - cached.steps[-1].time >= STEP:
            cached = None  # all hours are past: a 304 would not help
        if cached is None or now >= cached.expires:
            cached = self._fetch(where, cached, now, budget)
            with self._lock:
                self._cached[where] = cached
        return Observed(
            weather=_weather(_current(cached.steps, now), place), attribution=(ATTRIBUTION,)
        )

    def _fetch(
        self, where: tuple[str, str], cached: _Forecast | None, now: datetime, budget: Budget
    ) -> _Forecast:
        known = cached.last_modified if cached else None
        try:
            reply = self._client.get(
                "/weatherapi/locationforecast/2.0/compact",
                Forecast,
                params={"lat": where[0], "lon": where[1]},
                headers={"If-Modified-Since": known} if known else None,
                budget=budget,
            )
        except NotModified as unchanged:
            if cached is None:
                raise SourceFailed(
                    "met.no returned 304 to an unconditional request.", {"source": self.name}
                ) from None
            return _Forecast(cached.steps, _expiry(unchanged.headers, now), cached.last_modified)
        steps = tuple(reply.value.properties.timeseries[:HOURS])
        if not steps:
            raise SourceFailed("met.no returned no hours.", {"source": self.name})
        return _Forecast(steps, _expiry(reply.headers, now), reply.headers.get("Last-Modified"))


def _expiry(headers: Mapping[str, str], now: datetime) -> datetime:
    earliest, latest = now + SHORTEST_LIFE, now + LONGEST_LIFE
    try:
        moment = parsedate_to_datetime(headers.get("Expires", ""))
    except (ValueError, OverflowError):
        return earliest
    return min(max(earliest, moment if moment.tzinfo else moment.replace(tzinfo=UTC)), latest)


def _current(steps: tuple[Step, ...], now: datetime) -> Step:
    begun = [step for step in steps if step.time <= now]
    return begun[-1] if begun else steps[0]


def _weather(step: Step, place: Place) -> Weather:
    instant = step.data.instant.details
    hour, six = step.data.next_1_hours or Hour(), step.data.next_6_hours or Hour()
    symbol = hour.summary.symbol_code or six.summary.symbol_code
    code = wmo_code(symbol)
    shown = says_day(hour.summary.symbol_code)
    cloud_cover = validation.per_cent(instant.cloud_area_fraction)
    precipitation = validation.precipitation(hour.details.precipitation_amount)
    if precipitation is None and six.details.precipitation_amount is not None:
        precipitation = validation.precipitation(round(six.details.precipitation_amount / 6, 1))
    return Weather(
        temperature=validation.temperature(MetNo.name, instant.air_temperature),
        apparent_temperature=None,
        condition=condition(code, cloud_cover=cloud_cover, precipitation=precipitation),
        code=code,
        is_day=is_day(place.latitude, place.longitude, step.time) if shown is None else shown,
        observed_at=step.time,
        source=MetNo.name,
        wind_speed=validation.wind_in_metres(instant.wind_speed),
        precipitation=precipitation,
        cloud_cover=cloud_cover,
        humidity=validation.per_cent(instant.relative_humidity),
    )
