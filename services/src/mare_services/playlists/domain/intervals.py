"""The ``ifood`` and ``ingaia`` policies: air temperature alone decides.

Both come from hiring challenges of Brazilian companies that many implementations follow. The text
of the first leaves 14 to 15 °C open; it is closed upward here: below 15 °C is rock. Temperatures
are compared as measured, never rounded to whole degrees first.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mare_services.contract.music import Mood
from mare_services.contract.suggestion import MoodChoice, PolicyName, Reason
from mare_services.playlists.domain.names import name_of

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


def choose(policy: PolicyName, celsius: float, lang: str) -> MoodChoice:
    """Return the mood of the first interval that contains the air temperature in ``celsius``."""
    interval = next(each for each in _POLICIES[policy] if each.contains(celsius))
    return MoodChoice(
        policy=policy,
        version=VERSION,
        mood=interval.mood,
        name=name_of(interval.mood, lang),
        reasons=(Reason(rule=interval.rule),),
    )
