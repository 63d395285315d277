"""Ways to find a city by name; a locator tries some of them in order."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from services.contract.errors import InvalidRequest, SourceUnavailable
from services.contract.places import PlaceQuery
from services.weather.domain.asking import Name, without_trailing_area
from services.weather.domain.cities import Bounds, City, within
from services.weather.domain.names import fold
from services.weather.domain.spelling import Near, meant
from services.weather.ports import Gazetteer, Geocoder, NameQuestion


class Finder(Protocol):
    """One way to find cities."""

    attribution: str

    def find(self, name: Name, query: PlaceQuery) -> Sequence[City]:
        """Return the cities that are meant, the likeliest first; none if this way finds none."""


def bounds(gazetteer: Gazetteer, name: Name) -> Bounds:
    """Return the areas that a name is said to lie in; an unknown area holds no city.

    Raises:
        InvalidRequest: there is no such country.
    """
    said = [gazetteer.areas(qualifier) for qualifier in name.qualifiers]
    if name.country is not None:
        countries = frozenset(a for a in gazetteer.areas(name.country) if not a.division)
        if not countries:
            raise InvalidRequest("country is neither a two-letter code nor a name of a country.")
        said.append(countries)
    if name.state is not None:
        said.append(frozenset(a for a in gazetteer.areas(name.state) if a.division))
    return said


class ExactNames:
    """Cities of the gazetteer with exactly this name.

    A city's own name beats what others call a larger one: Islamabad is not Chattogram.
    """

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.attribution = gazetteer.attribution
        self._gazetteer = gazetteer

    def find(self, name: Name, query: PlaceQuery) -> Sequence[City]:  # noqa: ARG002
        """Return the cities of this name, or of a part of it that is followed by an area."""
        for reading in (name, *without_trailing_area(name)):
            areas = bounds(self._gazetteer, reading)
            namesakes = self._gazetteer.named(reading.key)
            found = within(namesakes.primary, areas) or within(namesakes.alternate, areas)
            if found:
                return found
        return []


class Misspelt:
    """The one city of the gazetteer that a misspelt name can only mean."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.attribution = gazetteer.attribution
        self._gazetteer = gazetteer
        self._exact = ExactNames(gazetteer)

    def find(self, name: Name, query: PlaceQuery) -> Sequence[City]:
        """Return the cities of the corrected name, unless the query is strict."""
        if query.strict:
            return []
        correction = meant(name.key, self.near(name))
        return self._exact.find(replace(name, text=correction.key), query) if correction else []

    def near(self, name: Name) -> list[Near]:
        """Return the names that resemble this one and have a city within its bounds."""
        areas = bounds(self._gazetteer, name)
        near = []
        for key, edits in self._gazetteer.resembling(name.key):
            namesakes = self._gazetteer.named(key)
            cities = within(namesakes.primary, areas) or within(namesakes.alternate, areas)
            if cities:
                near.append(Near(key, edits, cities[0]))
        return near


class LiveNames:
    """Places of a geocoder.

    Args:
        only_exact: ignore places whose name is merely similar to what was typed.
        is_optional: find nothing, instead of failing, while the geocoder cannot be asked.
    """

    def __init__(
        self, geocoder: Geocoder, gazetteer: Gazetteer, *, only_exact: bool, is_optional: bool
    ) -> None:
        self.attribution = geocoder.attribution
        self._geocoder = geocoder
        self._gazetteer = gazetteer
        self._only_exact = only_exact
        self._is_optional = is_optional

    def find(self, name: Name, query: PlaceQuery) -> Sequence[City]:
        """Return the geocoder's places within the bounds, those of exactly this name first."""
        areas = bounds(self._gazetteer, name)
        countries = {area.country for said in areas for area in said}
        country = countries.pop() if len(countries) == 1 else None
        try:
            found = self._geocoder.find(NameQuestion(name.text, country, query.lang))
        except SourceUnavailable:
            if self._is_optional:
                return []
            raise
        bounded = within(map(self._placed, found), areas)
        exact = [city for city in bounded if fold(city.name) == name.key]
        return exact if exact or self._only_exact else bounded

    def _placed(self, city: City) -> City:
        """Return the city with GeoNames' code of its division, so that bounds apply to it."""
        named = self._gazetteer.areas(fold(city.division_name or ""))
        codes = [a.division for a in named if a.country == city.country and a.division]
        return replace(city, division=codes[0]) if codes else city
