"""Places, and requests that name one."""

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

Language = Literal["en", "pt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A city, or a point far from any city."""

    id: int | None
    """GeoNames id; null for a point that belongs to no city."""
    name: str
    admin1: str | None
    """Name of the first-level division: state, province or region."""
    country_code: str | None
    """ISO 3166-1 alpha-2."""
    latitude: float
    """Degrees north, -90 to 90."""
    longitude: float
    """Degrees east, -180 to 180."""
    timezone: str
    """IANA name."""
    population: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceQuery:
    """A place by name or by coordinates, never by both.

    The weather service checks that. Other services pass the query on.
    """

    city: str | None = None
    """A name, optionally with state or country behind commas: ``Recife, BR``."""
    country: str | None = None
    """ISO 3166-1 alpha-2 code or the name of the city's country."""
    state: str | None = None
    """First-level division of the city, by name or letters."""
    latitude: float | None = None
    longitude: float | None = None
    lang: Language = "en"
    strict: bool = False
    """Raise ``PlaceAmbiguous`` if several places have exactly this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceSearch:
    """A search for places by the beginning of a name."""

    q: str
    lang: Language = "en"
    limit: Annotated[int, Meta(ge=1, le=50)] = 10
    """Largest number of places, 1 to 50."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceList:
    """Places whose names begin with, or resemble, the text of a search; best match first."""

    places: tuple[Place, ...]
    attribution: tuple[str, ...] = ()
