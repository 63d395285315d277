"""Open-Meteo's forecast API: no key, 10,000 calls a day (open-meteo.com/en/docs)."""

from datetime import UTC, datetime

from msgspec import Struct

from mare_services.contract.places import Place
from mare_services.upstream.budget import Budget
from mare_services.upstream.client import JsonClient
from mare_services.weather.adapters.validation import Observed, UnixTime, checked_weather

URL = "https://api.open-meteo.com"
ATTRIBUTION = "Weather data by Open-Meteo.com, CC BY 4.0"


class Current(Struct):
    """The ``current`` block; any value may be null."""

    time: UnixTime
    temperature_2m: float | None = None
    apparent_temperature: float | None = None
    relative_humidity_2m: float | None = None
    is_day: float | None = None
    precipitation: float | None = None
    weather_code: float | None = None
    cloud_cover: float | None = None
    wind_speed_10m: float | None = None


class Forecast(Struct):
    current: Current


_VARIABLES = ",".join(name for name in Current.__struct_fields__ if name != "time")


class OpenMeteo:
    name = "open-meteo"

    def __init__(self, client: JsonClient) -> None:
        self._client = client

    def answer(self, place: Place, budget: Budget) -> Observed:
        """Return the weather in the current quarter of an hour."""
        params = {
            "latitude": f"{place.latitude:.2f}",
            "longitude": f"{place.longitude:.2f}",
            "current": _VARIABLES,
            "timeformat": "unixtime",
            "forecast_days": "1",
        }
        reply = self._client.get("/v1/forecast", Forecast, params=params, budget=budget)
        current = reply.value.current
        return checked_weather(
            self.name,
            ATTRIBUTION,
            place,
            datetime.fromtimestamp(current.time, UTC),
            celsius=current.temperature_2m,
            feels=current.apparent_temperature,
            code=current.weather_code,
            is_day=None if current.is_day is None else bool(current.is_day),
            kilometres_per_hour=current.wind_speed_10m,
            millimetres=current.precipitation,
            cloud_cover=current.cloud_cover,
            humidity=current.relative_humidity_2m,
        )
