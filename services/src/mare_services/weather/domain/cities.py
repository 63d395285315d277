"""Cities and the areas that contain them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mare_services.contract.places import Language, Place


@dataclass(frozen=True, slots=True)
class Area:
    """A country, or a first-level division of it (GeoNames code)."""

    country: str
    division: str = ""

    def holds(self, city: "City") -> bool:
        return self.country == city.country and self.division in {"", city.division}


Bounds = Sequence[frozenset[Area]]
"""Areas that contain a city: one of each set.

A set has several areas if a word is ambiguous: ``CA`` is California and Canada.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """A city of the gazetteer or of a geocoder.

    Attributes:
        portuguese: the name in Portuguese, if it differs.
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
    return [
        city for city in cities if all(any(area.holds(city) for area in areas) for areas in bounds)
    ]
