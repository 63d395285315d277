"""The shapes of the answers, for the OpenAPI document.

They mirror what the services say to each other. Answers are passed on as they come, unread: the
services have checked them, and a second check would cost time for every track of every playlist.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Degraded = Literal["weather", "music"]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Place(_Answer):
    """A city, or a point of the Earth far from any city."""

    id: int | None
    """GeoNames id; null for a point that belongs to no city."""
    name: str
    admin1: str | None
    """State, province or region."""
    country_code: str | None
    """ISO 3166-1 alpha-2."""
    latitude: float
    longitude: float
    timezone: str
    """IANA name."""
    population: int | None = None


class PlaceList(_Answer):
    """Places whose names begin with, or resemble, what was typed; best first."""

    places: list[Place]
    attribution: list[str] = []


class UnitNames(_Answer):
    """The units of the numbers beside it."""

    temperature: str = "°C"
    wind_speed: str = "km/h"
    precipitation: str = "mm"


class Weather(_Answer):
    """Weather at one moment."""

    temperature: float
    apparent_temperature: float | None
    condition: str
    """One word, in the language of the answer."""
    code: int | None
    """WMO 4677 code; null where the source has none."""
    is_day: bool
    observed_at: str
    """ISO 8601."""
    source: str
    wind_speed: float | None = None
    precipitation: float | None = None
    cloud_cover: float | None = None
    """Per cent."""
    humidity: float | None = None
    """Relative, per cent."""
    estimated: bool = False
    """A climatological mean, not a measurement or a model's analysis."""
    stale: bool = False
    """Older than usual, because no source answered."""
    units: UnitNames


class WeatherReport(_Answer):
    """A place and its weather."""

    place: Place
    weather: Weather
    alternatives: list[Place] = []
    """Other places that the name could mean."""
    degraded: list[Degraded] = []
    """Parts that are less than a fresh answer of a live source."""
    attribution: list[str] = []


class Reason(_Answer):
    """One rule that fired and what it added to each value."""

    rule: str
    energy: float = 0.0
    valence: float = 0.0
    acousticness: float = 0.0
    instrumentalness: float = 0.0


class MoodChoice(_Answer):
    """A mood and how the policy came to it."""

    policy: Literal["mood", "ifood", "ingaia"]
    version: int
    mood: str
    name: str
    reasons: list[Reason]
    energy: float | None = None
    valence: float | None = None
    acousticness: float | None = None
    instrumentalness: float | None = None


class Track(_Answer):
    """One recording, with a link that plays or finds it."""

    title: str
    artists: list[str]
    url: str
    explicit: bool = False
    album: str | None = None
    duration_seconds: int | None = None


class Playlist(_Answer):
    """Tracks under a name."""

    name: str
    url: str
    source: str
    tracks: list[Track]
    stale: bool = False
    """Older than usual, because no source answered."""
    filled: int = 0
    """How many of the tracks, always the last ones, come from the catalogue because the source had
    too few."""


class Suggestion(_Answer):
    """A playlist that fits the weather at a place now."""

    place: Place
    weather: Weather
    mood: MoodChoice
    playlist: Playlist
    alternatives: list[Place] = []
    """Other places that the name could mean."""
    degraded: list[Degraded] = []
    """Parts that are less than a fresh answer of a live source."""
    attribution: list[str] = []


class ParameterError(_Answer):
    """What is wrong with one parameter."""

    parameter: str
    detail: str


class ProblemDocument(_Answer):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    """A stable word for programs."""
    request_id: str
    errors: list[ParameterError] | None = None
    suggestions: list[Place] | None = None
    candidates: list[Place] | None = None
