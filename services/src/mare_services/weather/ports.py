"""What the service needs from gazetteers, geocoders and weather sources."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mare_services.contract.places import Language
from mare_services.contract.weather import Weather
from mare_services.weather.domain.cities import Area, City


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The weather according to a source, and the attribution that the source requires."""

    weather: Weather
    attribution: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Namesakes:
    """Cities with one name, the largest first. Alternate names are in other languages or short."""

    primary: Sequence[City]
    alternate: Sequence[City]


@dataclass(frozen=True, slots=True)
class Zone:
    """A civil time zone (IANA name) and its country (ISO 3166-1 alpha-2)."""

    name: str
    country: str | None


class TimeZones(Protocol):
    attribution: str

    def at(self, latitude: float, longitude: float) -> Zone | None:
        """Return the zone of a point on land; None at sea."""


class Gazetteer(Protocol):
    """Embedded cities by name and by position. Keys are folded names."""

    attribution: str

    def named(self, key: str) -> Namesakes:
        """Return all cities of exactly this name."""

    def beginning(self, key: str, limit: int) -> Sequence[City]:
        """Return cities whose name begins with the key: primary names first, by population."""

    def resembling(self, key: str) -> Sequence[tuple[str, int]]:
        """Return similar names and their edit distances, closest first."""

    def nearest(self, latitude: float, longitude: float, radius_km: float) -> City | None:
        """Return the nearest city within the radius."""

    def areas(self, key: str) -> frozenset[Area]:
        """Return the countries and first-level divisions with this name, code or abbreviation."""


@dataclass(frozen=True, slots=True)
class NameQuery:
    """A query to a geocoder: a name as typed, and the country if it is known."""

    name: str
    country: str | None
    lang: Language
