"""The whole answer: a place, its weather, a mood with reasons, a playlist."""

from dataclasses import dataclass
from typing import Literal

from mare_services.contract.music import Mood, Playlist
from mare_services.contract.places import Place, PlaceQuery
from mare_services.contract.weather import Units, Weather

PolicyName = Literal["mood", "ifood", "ingaia"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionRequest(PlaceQuery):
    """Ask for a playlist: where, and how it should be.

    Attributes:
        market: ISO 3166-1 alpha-2 code; the place's own country when absent.
        seed: varies the choice; same place, date and seed give the same answer.
    """

    units: Units = "metric"
    market: str | None = None
    limit: int = 20
    policy: PolicyName = "mood"
    seed: str = ""
    explicit: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One rule that fired and what it added to each value."""

    rule: str
    energy: float = 0.0
    valence: float = 0.0
    acousticness: float = 0.0
    instrumentalness: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MoodChoice:
    """A mood and how a policy came to it; the four values are ``None`` for plain intervals."""

    policy: PolicyName
    version: int
    mood: Mood
    name: str
    reasons: tuple[Reason, ...]
    energy: float | None = None
    valence: float | None = None
    acousticness: float | None = None
    instrumentalness: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A playlist that fits the weather at a place now."""

    place: Place
    weather: Weather
    mood: MoodChoice
    playlist: Playlist
    alternatives: tuple[Place, ...] = ()
    degraded: tuple[str, ...] = ()
    attribution: tuple[str, ...] = ()
