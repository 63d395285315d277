"""Open-Meteo's forecast API: no key, 10,000 calls a day (open-meteo.com/en/docs)."""

from datetime import UTC, datetime

from msgspec import Struct

from mare_services.contract.conditions import condition
from mare_services.contract.places import Place
from mare_services.contract.weather import Weather
from mare_services.upstream.budget import Budget
from mare_services.upstream.client import JsonClient
from mare_services.weather.adapters import validation
from mare_services.weather.domain.sun import is_day
from mare_services.weather.ports import Observed

URL = "https://api.open-meteo.com"
ATTRIBUTION = "Weather data by Open-Meteo.com, CC BY 4.0"


class Current(Struct):
    """The ``current`` block; any value may be null."""

    time: validation.UnixTime
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
        return Observed(weather=_weather(reply.value.current, place), attribution=(ATTRIBUTION,))


def _weather(current: Current, place: Place) -> Weather:
    at = datetime.fromtimestamp(current.time, UTC)
    code = validation.code(current.weather_code)
    cloud_cover = validation.per_cent(current.cloud_cover)
    precipitation = validation.precipitation(current.precipitation)
    sun_is_up = (
        is_day(place.latitude, place.longitude, at)
        if current.is_day is None
        else bool(current.is_day)
    )
    celsius = validation.temperature(OpenMeteo.name, current.temperature_2m)
    return Weather(
        temperature=celsius,
        apparent_temperature=validation.feels(current.apparent_temperature, celsius),
        condition=condition(code, cloud_cover=cloud_cover, precipitation=precipitation),
        code=code,
        is_day=sun_is_up,
        observed_at=at,
        source=OpenMeteo.name,
        wind_speed=validation.wind(current.wind_speed_10m),
        precipitation=precipitation,
        cloud_cover=cloud_cover,
        humidity=validation.per_cent(current.relative_humidity_2m),
    )
