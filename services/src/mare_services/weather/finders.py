"""Finders of cities by name. A locator tries them in order."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Protocol

from mare_services.contract.errors import InvalidRequest, SourceUnavailable
from mare_services.contract.places import PlaceQuery
from mare_services.upstream.sources import CachedSources
from mare_services.weather.adapters.gazetteer import EmbeddedGazetteer
from mare_services.weather.adapters.open_meteo_geocoder import NameQuery
from mare_services.weather.domain.cities import Bounds, City, within
from mare_services.weather.domain.names import fold
from mare_services.weather.domain.place_query import Name, interpretations
from mare_services.weather.domain.spelling import Near, meant

MAX_CODE = 3
"""Letters of a country code. Bra in Italy is not a city of Brazil."""


class Finder(Protocol):
    attribution: str

    def find(self, name: Name, query: PlaceQuery) -> Sequence[City]:
        """Return the matching cities, the best match first."""


def bounds(gazetteer: EmbeddedGazetteer, name: Name) -> Bounds:
    """Return the areas of a name. An unknown area has no city; an unknown country is an error."""
    found = [gazetteer.areas(qualifier) for qualifier in name.qualifiers]
    if name.country is not None:
        countries = frozenset(a for a in gazetteer.areas(name.country) if not a.division)
        if not countries:
            raise InvalidRequest.of(
                "country is neither a two-letter code nor a name of a country.", "country"
            )
        found.append(countries)
    if name.state is not None:
        found.append(frozenset(a for a in gazetteer.areas(name.state) if a.division))
    return found


def interpret(gazetteer: EmbeddedGazetteer, name: Name) -> list[Name]:
    """Return the interpretations of a name; the whole name comes first."""
    return interpretations(name, lambda key: bool(gazetteer.areas(key)))


class ExactNames:
    """Cities of the gazetteer with exactly this name.

    A primary name wins over the alternate name of a larger city: Islamabad is not Chattogram. The
    name of a country wins over both: Mexico is not the town of that name in the Philippines.
    """

    def __init__(self, gazetteer: EmbeddedGazetteer) -> None:
        self.attribution = gazetteer.attribution
        self._gazetteer = gazetteer

    def find(self, name: Name, query: PlaceQuery) -> Sequence[City]:
        """Return cities of this name, then (unless strict) larger ones with this alternate name."""
        for reading in interpret(self._gazetteer, name):
            if found := self._best(reading, strict=query.strict):
                return found
        return []

    def _best(self, name: Name, *, strict: bool) -> list[City]:
        areas = bounds(self._gazetteer, name)
        namesakes = self._gazetteer.named(name.key)
        own, others = within(namesakes.primary, areas), within(namesakes.alternate, areas)
        if not own:
            return others
        larger = [city for city in others if city.population > own[0].population]
        first = own[0] if areas else self._of_country(name.key, larger) or own[0]
        rest = own if strict else [*larger, *own]
        return [first, *(city for city in rest if city != first)]

    def _of_country(self, key: str, cities: Sequence[City]) -> City | None:
        if len(key) <= MAX_CODE:
            return None
        countries = frozenset(area for area in self._gazetteer.areas(key) if not area.division)
        return next(iter(within(cities, [countries])), None)


class MisspeltNames:
    def __init__(self, gazetteer: EmbeddedGazetteer) -> None:
        self.attribution = gazetteer.attribution
        self._gazetteer = gazetteer
        self._exact = ExactNames(gazetteer)

    def find(self, name: Name, query: PlaceQuery) -> Sequence[City]:
        """Return the cities with the corrected name, unless the query is strict."""
        if query.strict:
            return []
        for reading in interpret(self._gazetteer, name):
            if correction := meant(reading.key, self.near(reading)):
                return self._exact.find(replace(reading, text=correction.key), query)
        return []

    def near(self, name: Name) -> list[Near]:
        areas = bounds(self._gazetteer, name)
        near = []
        for key, edits in self._gazetteer.resembling(name.key):
            namesakes = self._gazetteer.named(key)
            cities = within(namesakes.primary, areas) or within(namesakes.alternate, areas)
            if cities:
                near.append(Near(key, edits, cities[0]))
        return near


@dataclass(eq=False)
class LiveNames:
    """Places of a geocoder, of any size.

    Attributes:
        geocoder: returns the best match first. ``division`` is empty: only GeoNames has its codes.
        only_exact: ignore places whose name only resembles the typed one.
        is_optional: find nothing, instead of raising, if the geocoder cannot be reached: a machine
            without internet has the embedded places. A geocoder that fails may know the place.
    """

    geocoder: CachedSources[NameQuery, tuple[City, ...]]
    attribution: str
    gazetteer: EmbeddedGazetteer
    _: KW_ONLY
    only_exact: bool
    is_optional: bool

    def find(self, name: Name, query: PlaceQuery) -> Sequence[City]:
        """Search with the whole name, then without the areas; return places within the bounds."""
        whole, *shorter = interpret(self.gazetteer, name)
        for reading in (whole, *shorter[-1:]):
            if found := self._found(reading, query):
                return found
        return []

    def _found(self, name: Name, query: PlaceQuery) -> Sequence[City]:
        areas = bounds(self.gazetteer, name)
        countries = {area.country for each in areas for area in each}
        country = countries.pop() if len(countries) == 1 else None
        try:
            found = self.geocoder.get(NameQuery(name.text, country, query.lang)).value
        except SourceUnavailable as error:
            if self.is_optional and error.extra.get("unreachable"):
                return []
            raise
        bounded = within(map(self._placed, found), areas)
        exact = [city for city in bounded if fold(city.name) == name.key]
        return exact if exact or self.only_exact else bounded

    def _placed(self, city: City) -> City:
        """Return the city with the GeoNames code of its division, which the bounds use."""
        named = self.gazetteer.areas(fold(city.division_name or ""))
        codes = [a.division for a in named if a.country == city.country and a.division]
        return replace(city, division=codes[0]) if codes else city
