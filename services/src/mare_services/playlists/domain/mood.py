"""Policies: from the weather to a mood. The request names the policy.

The policy ``mood`` computes four values, and a mood from the values.

The policies ``ifood`` and ``ingaia`` decide by the air temperature alone. They come from hiring
challenges of Brazilian companies, which many implementations follow. The text of ``ifood`` leaves
14 to 15 °C open; here it is rock. Temperatures are compared unrounded.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mare_services.contract.conditions import Condition
from mare_services.contract.music import Mood
from mare_services.contract.suggestion import MoodChoice, PolicyName, Reason
from mare_services.contract.weather import Weather
from mare_services.playlists.domain.rules import reasons

_NAMES: dict[Mood, tuple[str, str]] = {
    Mood.INSTRUMENTAL: ("instrumental & ambient", "instrumental e ambiente"),
    Mood.STORM_ROCK: ("storm rock", "rock de tempestade"),
    Mood.PARTY: ("party & dance", "festa e dança"),
    Mood.FEEL_GOOD: ("feel-good pop", "pop alto-astral"),
    Mood.INDIE: ("indie & alternative rock", "indie e rock alternativo"),
    Mood.ACOUSTIC: ("acoustic & melancholic", "acústico e melancólico"),
    Mood.LO_FI: ("lo-fi & chill night", "lo-fi e noite tranquila"),
    Mood.MELLOW: ("mellow pop & soul", "pop suave e MPB"),
    Mood.POP: ("pop", "pop"),
    Mood.ROCK: ("rock", "rock"),
    Mood.CLASSICAL: ("classical", "clássica"),
}


def name_of(mood: Mood, lang: str) -> str:
    """Return the mood's name in Portuguese for ``pt``, in English for everything else."""
    english, portuguese = _NAMES[mood]
    return portuguese if lang == "pt" else english


_DECIMALS = 6
"""Rounding: many inputs are exactly on a threshold, and float sums would cross it."""

_MOOD_VERSION = _TEMPERATURE_VERSION = 1

_VALUES = ("energy", "valence", "acousticness", "instrumentalness")
"""Each from 0 to 1."""

_BUCKETS: tuple[tuple[Mood, Callable[[Reason, bool], bool]], ...] = (
    (Mood.INSTRUMENTAL, lambda v, _: v.instrumentalness >= 0.45),
    (Mood.STORM_ROCK, lambda v, thunder: thunder and v.energy >= 0.50),
    (Mood.PARTY, lambda v, _: v.energy >= 0.75 and v.valence >= 0.60),
    (Mood.FEEL_GOOD, lambda v, _: v.energy >= 0.55 and v.valence >= 0.55),
    (Mood.INDIE, lambda v, _: v.energy >= 0.55),
    (Mood.ACOUSTIC, lambda v, _: v.energy < 0.35 and v.valence < 0.45),
    (Mood.LO_FI, lambda v, _: v.energy < 0.40),
    (Mood.MELLOW, lambda _v, _: True),
)
"""The first one that applies is the mood; their order is part of the policy."""


def _by_values(weather: Weather, local_hour: int, lang: str) -> MoodChoice:
    fired = reasons(weather, local_hour)
    values = {name: _total(fired, name) for name in _VALUES}
    thunder = weather.condition == Condition.THUNDERSTORM
    total = Reason(rule="total", **values)
    mood = next(mood for mood, applies in _BUCKETS if applies(total, thunder))
    return MoodChoice(
        policy="mood",
        version=_MOOD_VERSION,
        mood=mood,
        name=name_of(mood, lang),
        reasons=fired,
        **values,
    )


def _total(fired: Iterable[Reason], name: str) -> float:
    """Return the sum of all contributions to a value, clipped once at the end."""
    total: float = sum(getattr(reason, name) for reason in fired)
    return round(min(max(total, 0.0), 1.0), _DECIMALS)


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
    """Return the mood for metric ``weather`` at ``local_hour`` (0 to 23), with its reasons."""
    if policy == "mood":
        return _by_values(weather, local_hour, lang)
    return _by_temperature(policy, weather.temperature, lang)


def _by_temperature(policy: PolicyName, celsius: float, lang: str) -> MoodChoice:
    interval = next(each for each in _POLICIES[policy] if each.contains(celsius))
    return MoodChoice(
        policy=policy,
        version=_TEMPERATURE_VERSION,
        mood=interval.mood,
        name=name_of(interval.mood, lang),
        reasons=(Reason(rule=interval.rule),),
    )
