"""What the use cases need from the outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mare_services.contract.places import Language
from mare_services.weather.domain.cities import Area, City


@dataclass(frozen=True, slots=True)
class Namesakes:
    """Cities of one name, the largest first: their own name, or one that others use."""

    primary: Sequence[City]
    alternate: Sequence[City]


class Gazetteer(Protocol):
    """Cities by name and by position, always at hand. Keys are folded names."""

    attribution: str

    def named(self, key: str) -> Namesakes:
        """Return all cities of exactly this name."""

    def beginning(self, key: str, limit: int) -> Sequence[City]:
        """Return cities whose name begins so: own names first, then others, by population."""

    def resembling(self, key: str) -> Sequence[tuple[str, int]]:
        """Return known names that resemble this one and their distance in edits, closest first."""

    def nearest(self, latitude: float, longitude: float, radius_km: float) -> City | None:
        """Return the nearest city within the radius."""

    def areas(self, key: str) -> frozenset[Area]:
        """Return the countries and first-level divisions of this name, code or abbreviation."""


@dataclass(frozen=True, slots=True)
class NameQuery:
    """Ask a geocoder for a name as it was typed, in one country if that is known."""

    name: str
    country: str | None
    lang: Language


class Geocoder(Protocol):
    """Places of any size by name, from elsewhere."""

    attribution: str

    def find(self, question: NameQuery) -> Sequence[City]:
        """Return the likeliest places first, or raise ``SourceUnavailable``.

        Their ``division`` is empty: GeoNames' codes are known to the gazetteer alone.
        """
