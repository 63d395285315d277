"""Open-Meteo's two APIs: the forecast and the geocoder, on one server."""

import time
from typing import Any

from tests.fakes.upstreams.server import Answer, ReceivedRequest, as_json

OBSERVED_AT = 1_774_541_700
"""2026-03-26T16:15Z."""


def current(**changes: Any) -> dict[str, Any]:
    """Return a ``current`` block of a clear day."""
    return {
        "time": OBSERVED_AT,
        "interval": 900,
        "temperature_2m": 24.3,
        "apparent_temperature": 25.0,
        "relative_humidity_2m": 61,
        "is_day": 1,
        "precipitation": 0.0,
        "weather_code": 1,
        "cloud_cover": 20,
        "wind_speed_10m": 9.4,
        **changes,
    }


def forecast(**changes: Any) -> Answer:
    """Return a whole answer; the coordinates are the grid cell's, not the caller's."""
    return as_json(
        {
            "latitude": -23.5,
            "longitude": -46.5,
            "generationtime_ms": 0.06,
            "utc_offset_seconds": 0,
            "timezone": "GMT",
            "timezone_abbreviation": "GMT",
            "elevation": 769.0,
            "current_units": {"time": "unixtime", "temperature_2m": "°C", "is_day": ""},
            "current": current(**changes),
        }
    )


NOTHING_BUT_NULLS = forecast(**dict.fromkeys(set(current()) - {"time"}))
OUT_OF_RANGE = as_json(
    {"error": True, "reason": "Latitude must be in range of -90 to 90°. Given: 95.0."}, 400
)


def place(number: int, name: str, /, **changes: Any) -> dict[str, Any]:
    """Return a village of the geocoder, with all that may be absent."""
    return {
        "id": number,
        "name": name,
        "latitude": -16.59,
        "longitude": -39.09,
        "elevation": 40.0,
        "feature_code": "PPL",
        "country_code": "BR",
        "admin1_id": 3471168,
        "timezone": "America/Bahia",
        "population": 7001,
        "country_id": 3469034,
        "country": "Brasil",
        "admin1": "Bahia",
        **changes,
    }


def places(*found: dict[str, Any]) -> Answer:
    """Return an answer of the geocoder; without a match it has no ``results``."""
    return as_json({**({"results": list(found)} if found else {}), "generationtime_ms": 0.7})


VILLAGES = [
    place(3445839, "Trancoso"),
    place(2733129, "Trancoso", country_code="PT", admin1="Guarda", population=3539),
    place(1, "Trancoso Airport", feature_code="AIRP"),
    place(2, "Trancosinho", population=None),
]


def play(request: ReceivedRequest) -> Answer:
    """Give the weather of this minute, or the villages whose names begin with ``name``."""
    if request.path == "/v1/forecast":
        return forecast(time=int(time.time()))
    name = request.params["name"].casefold()
    return places(*(each for each in VILLAGES if each["name"].casefold().startswith(name)))
