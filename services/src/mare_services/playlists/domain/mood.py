"""The policy ``mood``: from the weather to four values, and from the values to a mood."""

from collections.abc import Callable, Iterable

from mare_services.contract.conditions import Condition
from mare_services.contract.music import Mood
from mare_services.contract.suggestion import MoodChoice, Reason
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


VERSION = 1

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


def choose(weather: Weather, local_hour: int, lang: str) -> MoodChoice:
    """Return the mood for metric ``weather`` at ``local_hour`` (0 to 23) with its reasons."""
    fired = reasons(weather, local_hour)
    values = {name: _total(fired, name) for name in _VALUES}
    thunder = weather.condition == Condition.THUNDERSTORM
    total = Reason(rule="total", **values)
    mood = next(mood for mood, applies in _BUCKETS if applies(total, thunder))
    name = name_of(mood, lang)
    return MoodChoice(policy="mood", version=VERSION, mood=mood, name=name, reasons=fired, **values)


def _total(fired: Iterable[Reason], name: str) -> float:
    """Return the sum of all contributions to a value, clipped once at the end."""
    total: float = sum(getattr(reason, name) for reason in fired)
    return round(min(max(total, 0.0), 1.0), _DECIMALS)
