"""OpenWeatherMap's current weather API: needs a key, and answers in kelvins unless told."""

import json
import time
from typing import Any

from tests.fakes.upstreams.server import Answer, ReceivedRequest, as_json

KEY = "0123456789abcdef"


def weather(**changes: Any) -> Answer:
    """Return rain at night, as a land station reports it."""
    return as_json(
        {
            "coord": {"lon": 10.99, "lat": 44.34},
            "weather": [
                {"id": 501, "main": "Rain", "description": "moderate rain", "icon": "10n"},
            ],
            "base": "stations",
            "main": {"temp": 13.5, "feels_like": 13.1, "pressure": 1015, "humidity": 64},
            "visibility": 10000,
            "wind": {"speed": 10.0, "deg": 349, "gust": 14.2},
            "rain": {"1h": 3.16},
            "clouds": {"all": 100},
            "dt": 1_774_541_700,
            "sys": {"country": "IT", "sunrise": 1_774_500_000, "sunset": 1_774_544_000},
            "timezone": 7200,
            "id": 3163858,
            "name": "Zocca",
            "cod": 200,
            **changes,
        }
    )


INVALID_KEY = as_json({"cod": 401, "message": "Invalid API key."}, 401)
NOT_FOUND = as_json({"cod": "404", "message": "city not found"}, 404)
AT_SEA = weather(sys={"sunrise": 0, "sunset": 0}, name="", rain=None, weather=[])
NOTHING_BUT_NULLS = weather(
    weather=None, main={"temp": None}, wind=None, rain=None, clouds=None, sys=None, name=None
)


def play(request: ReceivedRequest) -> Answer:
    """Return the weather of this minute for a valid key."""
    if request.params.get("appid") != KEY:
        return INVALID_KEY
    now = int(time.time())
    if request.params.get("units") == "metric":
        return weather(dt=now)
    metric = json.loads(weather().body)["main"]
    return weather(dt=now, main={**metric, "temp": metric["temp"] + 273.15})
