"""What the sky of the page shows: the weather, the time of day and the tide."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from mare_gateway.page.words import words_of

Sky = Literal["clear", "cloudy", "overcast", "fog", "drizzle", "rain", "snow", "storm"]
TimeOfDay = Literal["dawn", "day", "dusk", "night"]
Tide = Literal["low", "mid", "high"]

_MORNING, _AFTERNOON, _AFTERGLOW = 7.5, 16.5, 18.75
"""Solar hours: the dawn ends, the dusk begins, and the last light is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The sky of the page. The style sheets have rules for each value."""

    sky: Sky = "clear"
    time: TimeOfDay = "dusk"
    hour: int = 17
    """Solar hour, which places sun and moon."""
    tide: Tide = "mid"
    """Rises with the energy of the music."""


def scene_of(
    weather: Mapping[str, Any], place: Mapping[str, Any], now: datetime, energy: float | None = None
) -> Scene:
    hour = solar_hour(now, place["longitude"])
    return Scene(
        sky=_sky(weather),
        time=_time_of_day(hour, is_day=weather["is_day"]),
        hour=int(hour),
        tide=_tide(energy),
    )


def solar_hour(now: datetime, longitude: float) -> float:
    """Return the mean solar time, 0 to below 24, at degrees east."""
    utc = now.astimezone(UTC)
    return (utc.hour + utc.minute / 60 + longitude / 15) % 24


def _sky(weather: Mapping[str, Any]) -> Sky:
    """Return the sky of the condition, which is one word in the language of the answer."""
    skies: tuple[Sky, ...] = get_args(Sky)
    return next((sky for sky in skies if weather["condition"] in _words_of(sky)), "cloudy")


def _words_of(sky: Sky) -> tuple[str, str]:
    return words_of("en")(f"condition.{sky}"), words_of("pt")(f"condition.{sky}")


def _time_of_day(hour: float, *, is_day: bool) -> TimeOfDay:
    noon = 12
    if not is_day:
        return "dusk" if noon < hour < _AFTERGLOW else "night"
    if hour < _MORNING:
        return "dawn"
    return "dusk" if hour >= _AFTERNOON else "day"


def _tide(energy: float | None) -> Tide:
    low, high = 0.4, 0.6
    if energy is None or low <= energy <= high:
        return "mid"
    return "low" if energy < low else "high"
