"""The weather in the words of the page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mare_gateway.page.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherView:
    temperature: str
    condition: str
    details: tuple[str, ...]
    notice: str
    """Why this is not the weather of now; empty if it is."""


def weather_view(weather: Mapping[str, Any], words: Words) -> WeatherView:
    return WeatherView(
        temperature=degrees(weather["temperature"], words),
        condition=weather["condition"],
        details=tuple(_details(weather, words)),
        notice=_notice(weather, words),
    )


def degrees(value: float, words: Words) -> str:
    return f"{words.number(value)}°"


def _details(weather: Mapping[str, Any], words: Words) -> Iterable[str]:
    if (felt := weather.get("apparent_temperature")) is not None:
        yield words("weather.feels", degrees=degrees(felt, words))
    if (wind := weather.get("wind_speed")) is not None:
        yield words("weather.wind", speed=words.number(wind), unit=weather["units"]["wind_speed"])
    if (humidity := weather.get("humidity")) is not None:
        yield words("weather.humidity", percent=words.number(humidity))


def _notice(weather: Mapping[str, Any], words: Words) -> str:
    if weather.get("estimated"):
        return words("weather.estimated")
    return words("weather.stale") if weather.get("stale") else ""
