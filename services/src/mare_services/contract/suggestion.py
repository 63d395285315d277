"""The whole answer: a place, its weather, a mood with reasons, a playlist."""

from dataclasses import dataclass
from typing import Literal

from mare_services.contract.music import Limit, Market, Mood, Playlist
from mare_services.contract.places import Place
from mare_services.contract.weather import Weather, WeatherQuery

PolicyName = Literal["mood", "ifood", "ingaia"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionRequest(WeatherQuery):
    """A place, and the properties of the playlist."""

    market: Market | None = None
    """ISO 3166-1 alpha-2 code of the listener's country; default: the place's country."""
    limit: Limit = 20
    policy: PolicyName = "mood"
    seed: str = ""
    """Varies the choice of tracks. The same place, date and seed give the same choice."""
    explicit: bool = True
    """Whether tracks with explicit lyrics are allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A rule that applied, and what it added to each value."""

    rule: str
    energy: float = 0.0
    valence: float = 0.0
    acousticness: float = 0.0
    instrumentalness: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MoodChoice:
    """A mood and the reasons for it. Only the policy ``mood`` computes the four values."""

    policy: PolicyName
    version: int
    """Version of the policy's rules."""
    mood: Mood
    name: str
    """Name of the mood, in the language of the answer."""
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
    """Other places with this name, at most five."""
    degraded: tuple[Literal["weather", "music"], ...] = ()
    """Parts that are less than a fresh answer of a live source."""
    attribution: tuple[str, ...] = ()
