"""The ``mood`` policy: weather to four values, four values to a mood."""

from collections.abc import Callable

from mare_services.contract.conditions import Condition
from mare_services.contract.music import Mood
from mare_services.contract.suggestion import MoodChoice
from mare_services.contract.weather import Weather
from mare_services.playlists.domain.names import name_of
from mare_services.playlists.domain.rules import reasons
from mare_services.playlists.domain.values import Values

VERSION = 1

_BUCKETS: tuple[tuple[Mood, Callable[[Values, bool], bool]], ...] = (
    (Mood.INSTRUMENTAL, lambda v, _: v.instrumentalness >= 0.45),
    (Mood.STORM_ROCK, lambda v, thunder: thunder and v.energy >= 0.50),
    (Mood.PARTY, lambda v, _: v.energy >= 0.75 and v.valence >= 0.60),
    (Mood.FEEL_GOOD, lambda v, _: v.energy >= 0.55 and v.valence >= 0.55),
    (Mood.INDIE, lambda v, _: v.energy >= 0.55),
    (Mood.ACOUSTIC, lambda v, _: v.energy < 0.35 and v.valence < 0.45),
    (Mood.LO_FI, lambda v, _: v.energy < 0.40),
    (Mood.MELLOW, lambda _v, _: True),
)
"""The first one that holds is the mood; their order is part of the policy."""


def choose(weather: Weather, local_hour: int, lang: str) -> MoodChoice:
    """Return the mood for metric ``weather`` at ``local_hour`` (0 to 23) with all its reasons."""
    fired = reasons(weather, local_hour)
    values = Values.total(fired)
    mood = _bucket(values, thunder=weather.condition == Condition.THUNDERSTORM)
    return MoodChoice(
        policy="mood",
        version=VERSION,
        mood=mood,
        name=name_of(mood, lang),
        reasons=fired,
        energy=values.energy,
        valence=values.valence,
        acousticness=values.acousticness,
        instrumentalness=values.instrumentalness,
    )


def _bucket(values: Values, *, thunder: bool) -> Mood:
    return next(mood for mood, holds in _BUCKETS if holds(values, thunder))
