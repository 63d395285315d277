"""OpenWeatherMap's current weather API 2.5: needs a key (openweathermap.org/current)."""

from datetime import UTC, datetime
from importlib.resources import files

import msgspec
from msgspec import Struct, field

from mare_services.contract.places import Place
from mare_services.upstream.budget import Budget
from mare_services.upstream.client import JsonClient
from mare_services.weather.adapters.validation import (
    Observed,
    UnixTime,
    checked_weather,
    from_metres,
)

URL = "https://api.openweathermap.org"
ATTRIBUTION = "Weather data provided by OpenWeather (openweathermap.org), CC BY-SA 4.0"


class Sky(Struct):
    """A condition, the main one first. The icon ends with ``d`` or ``n``."""

    id: int | None = None
    icon: str | None = None


class Main(Struct):
    """Measured values. They are metric: the request sets `units=metric`."""

    temp: float | None = None
    feels_like: float | None = None
    humidity: float | None = None


class Wind(Struct):
    """Metres per second."""

    speed: float | None = None


class Clouds(Struct):
    """Per cent."""

    all: float | None = None


class Fallen(Struct):
    """Millimetres of the last hour."""

    hour: float | None = field(name="1h", default=None)


class Answer(Struct):
    dt: UnixTime
    main: Main
    weather: list[Sky] | None = None
    wind: Wind | None = None
    clouds: Clouds | None = None
    rain: Fallen | None = None
    snow: Fallen | None = None


class OpenWeatherMap:
    name = "openweathermap"

    def __init__(self, client: JsonClient, key: str) -> None:
        self._client = client
        self._key = key

    def answer(self, place: Place, budget: Budget) -> Observed:
        params = {
            "lat": f"{place.latitude:.2f}",
            "lon": f"{place.longitude:.2f}",
            "units": "metric",
            "appid": self._key,
        }
        reply = self._client.get("/data/2.5/weather", Answer, params=params, budget=budget)
        answer = reply.value
        sky = answer.weather[0] if answer.weather else Sky()
        return checked_weather(
            self.name,
            ATTRIBUTION,
            place,
            datetime.fromtimestamp(answer.dt, UTC),
            celsius=answer.main.temp,
            feels=answer.main.feels_like,
            code=None if sky.id is None else wmo_code(sky.id),
            is_day={"d": True, "n": False}.get((sky.icon or "")[-1:]),
            kilometres_per_hour=from_metres(answer.wind.speed if answer.wind else None),
            millimetres=sum(part.hour or 0.0 for part in (answer.rain, answer.snow) if part),
            cloud_cover=answer.clouds.all if answer.clouds else None,
            humidity=answer.main.humidity,
        )


_CODES = msgspec.json.decode(
    files("mare_services.weather").joinpath("data/openweathermap_codes.json").read_bytes(),
    type=dict[int, int],
)
_GROUPS = {2: 95, 3: 53, 5: 63, 6: 73}
"""WMO codes by hundreds, for ids that the table lacks."""


def wmo_code(condition_id: int) -> int | None:
    """Return the WMO code of a condition id, ``None`` for smoke, dust and unknown ids."""
    return _CODES.get(condition_id, _GROUPS.get(condition_id // 100))
