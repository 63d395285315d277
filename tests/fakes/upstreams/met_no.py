"""met.no's Locationforecast, with the rules of its terms: it refuses anonymous callers."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.upstreams.server import Answer, ReceivedRequest, as_json

LAST_MODIFIED = "Thu, 26 Mar 2026 16:02:10 GMT"
EXPIRES = "Thu, 26 Mar 2026 16:33:40 GMT"


def step(time: str, celsius: float | None, symbol: str | None, **changes: Any) -> dict[str, Any]:
    """Return one hour of the series."""
    hour = {
        "summary": {"symbol_code": symbol},
        "details": {"precipitation_amount": 0.4},
    }
    details = {
        "air_pressure_at_sea_level": 1012.9,
        "air_temperature": celsius,
        "cloud_area_fraction": 90.6,
        "relative_humidity": 81.3,
        "wind_from_direction": 120.0,
        "wind_speed": 5.0,
    }
    data = {"instant": {"details": details}, "next_1_hours": hour if symbol else None, **changes}
    return {"time": time, "data": data}


def forecast(*steps: dict[str, Any], **headers: str) -> Answer:
    """Return a whole answer with the headers that belong to it."""
    return as_json(
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [10.75, 59.91, 3]},
            "properties": {
                "meta": {"updated_at": "2026-03-26T15:58:02Z", "units": {}},
                "timeseries": list(steps),
            },
        },
        **{"Expires": EXPIRES, "Last_Modified": LAST_MODIFIED, **headers},
    )


SERIES = (
    step("2026-03-26T15:00:00Z", 4.1, "lightrainshowers_day"),
    step("2026-03-26T16:00:00Z", 5.2, "rain"),
    step("2026-03-26T17:00:00Z", 6.3, "partlycloudy_night"),
)
NOTHING_BUT_NULLS = forecast(step("2026-03-26T16:00:00Z", None, None))


def hours_from_now() -> list[dict[str, Any]]:
    """Return two hours of rain by the machine's own clock."""
    begun = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return [step((begun + timedelta(hours=n)).isoformat(), 5.2, "rain") for n in (0, 1)]


def play(request: ReceivedRequest) -> Answer:
    """Give the forecast for the tests' day and for this hour, or say that it is still the same."""
    decimals = max(len(request.params[name].partition(".")[2]) for name in ("lat", "lon"))
    if decimals > 4 or "python-requests" in request.headers["User-Agent"]:
        return Answer(403, b"403 Forbidden")
    if request.headers.get("If-Modified-Since") == LAST_MODIFIED:
        return Answer(304, b"", {"Expires": "Thu, 26 Mar 2026 17:05:00 GMT"})
    return forecast(*SERIES, *hours_from_now())
