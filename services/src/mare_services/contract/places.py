"""Places and how to ask for one."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "pt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A city, or a point of the Earth far from any city.

    Attributes:
        id: GeoNames id; ``None`` for a point that belongs to no city.
        admin1: first-level division (state, province, region), by name.
        country_code: ISO 3166-1 alpha-2.
        latitude: degrees north, -90 to 90.
        longitude: degrees east, -180 to 180.
        timezone: IANA name.
        population: people, ``None`` where unknown.
    """

    id: int | None
    name: str
    admin1: str | None
    country_code: str | None
    latitude: float
    longitude: float
    timezone: str
    population: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceQuery:
    """Ask for a place by name or by coordinates, never by both.

    Attributes:
        city: a name, optionally with state or country behind commas: ``"Recife, BR"``.
        country: ISO 3166-1 alpha-2 code or a country's name.
        state: a first-level division by name or letters.
        strict: refuse to guess between several exact matches.
    """

    city: str | None = None
    country: str | None = None
    state: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    lang: Language = "en"
    strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceSearch:
    """Ask which places a name that is still being typed may become.

    Attributes:
        q: the beginning of a name.
        limit: places wanted, 1 to 50.
    """

    q: str
    lang: Language = "en"
    limit: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """The place found, and up to five others that the name could mean."""

    place: Place
    alternatives: tuple[Place, ...] = ()
    attribution: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceList:
    """Places whose names begin with, or resemble, what was typed; best first."""

    places: tuple[Place, ...]
    attribution: tuple[str, ...] = ()
