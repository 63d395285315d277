"""Policies: from the weather to a mood. The request names the policy.

The policies ``ifood`` and ``ingaia`` decide by the air temperature alone. They come from hiring
challenges of Brazilian companies, which many implementations follow. The text of ``ifood`` leaves
14 to 15 °C open; here it is rock. Temperatures are compared unrounded.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mare_services.contract.music import Mood
from mare_services.contract.suggestion import MoodChoice, PolicyName, Reason
from mare_services.contract.weather import Weather
from mare_services.playlists.domain import mood
from mare_services.playlists.domain.mood import name_of

VERSION = 1


@dataclass(frozen=True, slots=True)
class _Interval:
    rule: str
    contains: Callable[[float], bool]
    mood: Mood


_POLICIES: dict[PolicyName, tuple[_Interval, ...]] = {
    "ifood": (
        _Interval("above 30 °C", lambda celsius: celsius > 30, Mood.PARTY),
        _Interval("15 to 30 °C", lambda celsius: celsius >= 15, Mood.POP),
        _Interval("10 to below 15 °C", lambda celsius: celsius >= 10, Mood.ROCK),
        _Interval("below 10 °C", lambda _: True, Mood.CLASSICAL),
    ),
    "ingaia": (
        _Interval("above 25 °C", lambda celsius: celsius > 25, Mood.POP),
        _Interval("10 to 25 °C", lambda celsius: celsius >= 10, Mood.ROCK),
        _Interval("below 10 °C", lambda _: True, Mood.CLASSICAL),
    ),
}


def choose(policy: PolicyName, weather: Weather, local_hour: int, lang: str) -> MoodChoice:
    """Return the mood for metric ``weather`` at ``local_hour`` (0 to 23) of the place."""
    if policy == "mood":
        return mood.choose(weather, local_hour, lang)
    return _by_temperature(policy, weather.temperature, lang)


def _by_temperature(policy: PolicyName, celsius: float, lang: str) -> MoodChoice:
    interval = next(each for each in _POLICIES[policy] if each.contains(celsius))
    return MoodChoice(
        policy=policy,
        version=VERSION,
        mood=interval.mood,
        name=name_of(interval.mood, lang),
        reasons=(Reason(rule=interval.rule),),
    )
