"""Cities and the areas they lie in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mare_services.contract.places import Language, Place


@dataclass(frozen=True, slots=True)
class Area:
    """A country, or one of its first-level divisions by GeoNames' code for it."""

    country: str
    division: str = ""

    def holds(self, city: "City") -> bool:
        """Return whether the city lies in the area."""
        return self.country == city.country and self.division in {"", city.division}


Bounds = Sequence[frozenset[Area]]
"""What was said about where the city lies: one of the areas of each set.

One word may mean several areas: ``CA`` is California and Canada.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """A city of the gazetteer or of a geocoder.

    Attributes:
        portuguese: its name in Portuguese where that is another.
        country: ISO 3166-1 alpha-2.
        division: GeoNames' code of the first-level division inside the country.
        division_name: in the country's own language or in English.
        population: 0 where unknown.
    """

    id: int
    name: str
    portuguese: str | None
    country: str | None
    division: str
    division_name: str | None
    latitude: float
    longitude: float
    timezone: str
    population: int

    def as_place(self, lang: Language) -> Place:
        """Return the city in the contract's terms."""
        return Place(
            id=self.id,
            name=self.portuguese if lang == "pt" and self.portuguese else self.name,
            admin1=self.division_name,
            country_code=self.country,
            latitude=self.latitude,
            longitude=self.longitude,
            timezone=self.timezone,
            population=self.population or None,
        )


def within(cities: Iterable[City], bounds: Bounds) -> list[City]:
    """Return the cities that lie in all the bounds, in the same order."""
    return [
        city for city in cities if all(any(area.holds(city) for area in areas) for areas in bounds)
    ]
