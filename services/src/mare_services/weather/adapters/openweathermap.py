"""OpenWeatherMap's current weather API 2.5: needs a key (openweathermap.org/current)."""

from datetime import UTC, datetime

from msgspec import Struct, field

from mare_services.contract.conditions import condition
from mare_services.contract.places import Place
from mare_services.contract.weather import Weather
from mare_services.upstream.budget import Budget
from mare_services.upstream.client import JsonClient
from mare_services.weather.adapters import validation
from mare_services.weather.domain.sun import is_day
from mare_services.weather.ports import Observed

URL = "https://api.openweathermap.org"
ATTRIBUTION = "Weather data provided by OpenWeather (openweathermap.org), CC BY-SA 4.0"


class Sky(Struct):
    """A condition, the main one first. The icon ends with ``d`` or ``n``."""

    id: int | None = None
    icon: str | None = None


class Main(Struct):
    """Measured values, metric because the request says so."""

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
    """The part of a response that is read."""

    dt: validation.UnixTime
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
        return Observed(weather=_weather(reply.value, place), attribution=(ATTRIBUTION,))


def _weather(answer: Answer, place: Place) -> Weather:
    at = datetime.fromtimestamp(answer.dt, UTC)
    sky = answer.weather[0] if answer.weather else Sky()
    code = None if sky.id is None else wmo_code(sky.id)
    cloud_cover = validation.per_cent(answer.clouds.all if answer.clouds else None)
    fallen = (part.hour or 0.0 for part in (answer.rain, answer.snow) if part)
    precipitation = validation.precipitation(sum(fallen))
    shown = {"d": True, "n": False}.get((sky.icon or "")[-1:])
    celsius = validation.temperature(OpenWeatherMap.name, answer.main.temp)
    return Weather(
        temperature=celsius,
        apparent_temperature=validation.feels(answer.main.feels_like, celsius),
        condition=condition(code, cloud_cover=cloud_cover, precipitation=precipitation),
        code=code,
        is_day=is_day(place.latitude, place.longitude, at) if shown is None else shown,
        observed_at=at,
        source=OpenWeatherMap.name,
        wind_speed=validation.wind_in_metres(answer.wind.speed if answer.wind else None),
        precipitation=precipitation,
        cloud_cover=cloud_cover,
        humidity=validation.per_cent(answer.main.humidity),
    )


_CODES = {
    300: 51, 310: 51, 302: 55, 312: 55, 314: 55,
    500: 61, 501: 63, 502: 65, 503: 65, 504: 65, 511: 66, 520: 80, 521: 81, 522: 82, 531: 81,
    600: 71, 601: 73, 602: 75, 611: 66, 612: 66, 613: 66, 615: 66, 616: 66,
    620: 85, 621: 85, 622: 86,
    701: 45, 721: 45, 741: 45,
    800: 0, 801: 1, 802: 2, 803: 2, 804: 3,
}  # fmt: skip
_GROUPS = {2: 95, 3: 53, 5: 63, 6: 73}
"""WMO codes by hundreds, for ids that the table lacks."""


def wmo_code(condition_id: int) -> int | None:
    """Return the WMO code of a condition id, ``None`` for smoke, dust and unknown ids."""
    return _CODES.get(condition_id, _GROUPS.get(condition_id // 100))
