"""Locationforecast of the Norwegian Meteorological Institute: no key, worldwide.

Its terms (api.met.no/doc/TermsOfService) require a User-Agent with a contact, at most four decimals
in coordinates, and no request before ``Expires``; later requests have ``If-Modified-Since``. Every
value of a period may be missing. Symbols: api.met.no/weatherapi/weathericon/2.0
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.resources import files
from typing import Annotated

import msgspec
from cachetools import LRUCache
from msgspec import Meta, Struct, field

from mare_services.contract.errors import SourceFailed
from mare_services.contract.places import Place
from mare_services.upstream.budget import Budget
from mare_services.upstream.client import JsonClient, NotModified
from mare_services.weather.adapters.validation import Observed, checked_weather, from_metres

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


class Details(Struct):
    """Of an instant or an hour."""

    air_temperature: float | None = None
    wind_speed: float | None = None
    cloud_area_fraction: float | None = None
    relative_humidity: float | None = None
    precipitation_amount: float | None = None


class Summary(Struct):
    symbol_code: str | None = None


class Period(Struct):
    """Values of an instant, or over one or six hours."""

    summary: Summary = field(default_factory=Summary)
    details: Details = field(default_factory=Details)


class Data(Struct):
    instant: Period = field(default_factory=Period)
    next_1_hours: Period | None = None
    next_6_hours: Period | None = None
    """Beyond two to three days, and at some places always, it is the only one."""


class Step(Struct):
    time: Annotated[datetime, Meta(tz=True)]
    data: Data


class Properties(Struct):
    timeseries: list[Step]


class Forecast(Struct):
    properties: Properties


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
        return _observed(_current(cached.steps, now), place)

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
            assert cached is not None
            return replace(cached, expires=_expiry(unchanged.headers, now))
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


def _observed(step: Step, place: Place) -> Observed:
    instant = step.data.instant.details
    hour, six = step.data.next_1_hours or Period(), step.data.next_6_hours or Period()
    millimetres = hour.details.precipitation_amount
    if millimetres is None and six.details.precipitation_amount is not None:
        millimetres = round(six.details.precipitation_amount / 6, 1)
    return checked_weather(
        MetNo.name,
        ATTRIBUTION,
        place,
        step.time,
        celsius=instant.air_temperature,
        code=wmo_code(hour.summary.symbol_code or six.summary.symbol_code),
        is_day=says_day(hour.summary.symbol_code),
        kilometres_per_hour=from_metres(instant.wind_speed),
        millimetres=millimetres,
        cloud_cover=instant.cloud_area_fraction,
        humidity=instant.relative_humidity,
    )


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
