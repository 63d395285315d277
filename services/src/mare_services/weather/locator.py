"""Finds the place of a query."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mare_services.contract.errors import PlaceAmbiguous, PlaceNotFound, SourceUnavailable
from mare_services.contract.places import Language, Place, PlaceList, PlaceQuery, PlaceSearch
from mare_services.contract.wire import write
from mare_services.weather.adapters.gazetteer import EmbeddedGazetteer
from mare_services.weather.adapters.time_zones import PolygonTimeZones
from mare_services.weather.domain.cities import City, within
from mare_services.weather.domain.coordinates import Point, remote_place
from mare_services.weather.domain.names import clean, fold
from mare_services.weather.domain.place_query import Name, parse_query
from mare_services.weather.domain.spelling import SLIPS, Near, ranked
from mare_services.weather.finders import Finder, MisspeltNames, bounds, interpret

NEAREST_KM = 100.0
"""A point gets name, country and time zone of the nearest city within this distance."""

ALTERNATIVES = 5
"""Largest number of alternatives, or of suggestions if there is no match."""

MAX_BEGUN = 1_000
"""Cities that are compared with the areas of a search; the largest come first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A place, and up to five others with the same name."""

    place: Place
    alternatives: tuple[Place, ...] = ()
    attribution: tuple[str, ...] = ()


class Locator:
    """Finds places by coordinates and, with the finders in their order, by name."""

    def __init__(
        self, gazetteer: EmbeddedGazetteer, finders: Sequence[Finder], time_zones: PolygonTimeZones
    ) -> None:
        self._gazetteer = gazetteer
        self._time_zones = time_zones
        self._finders = finders
        self._misspelt = MisspeltNames(gazetteer)

    def locate(self, query: PlaceQuery) -> Located:
        """Return the place, and up to five others with the same name.

        Raises:
            InvalidRequest: the query contradicts itself or is out of range.
            PlaceNotFound: with up to five suggestions.
            PlaceAmbiguous: the query is strict and several places have exactly this name.
            SourceUnavailable: no finder knows the name, and the geocoder failed: the place may
                exist.
        """
        target = parse_query(query)
        if isinstance(target, Point):
            return self._nearest(target, query.lang)
        outage: SourceUnavailable | None = None
        for finder in self._finders:
            try:
                found = finder.find(target, query)
            except SourceUnavailable as error:
                outage = error
                continue
            if found:
                return _located(found, query, finder.attribution)
        if outage is not None:
            raise outage
        suggestions = [city.as_place(query.lang) for city in self._suggestions(target)]
        raise PlaceNotFound("No place has this name.", {"suggestions": write(suggestions)})

    def search(self, search: PlaceSearch) -> PlaceList:
        """Return places whose names begin with the text, else similar names; best match first."""
        text, *qualifiers = (part.strip() for part in clean(search.q, "q").split(","))
        name = Name(text=text, qualifiers=tuple(filter(None, map(fold, qualifiers))))
        found = self._beginning(name, search.limit) if name.key else []
        if not found:
            found = _slips(self._misspelt.near(replace(name, qualifiers=())))[: search.limit]
        return PlaceList(
            places=tuple(city.as_place(search.lang) for city in found),
            attribution=(self._gazetteer.attribution,),
        )

    def _beginning(self, name: Name, limit: int) -> list[City]:
        """Return cities whose name begins with the text, within the areas behind it.

        The last area may be incomplete: while it is typed, an unknown one is ignored.
        """
        if name.qualifiers and not self._gazetteer.areas(name.qualifiers[-1]):
            name = replace(name, qualifiers=name.qualifiers[:-1])
        for reading in interpret(self._gazetteer, name):
            areas = bounds(self._gazetteer, reading)
            begun = self._gazetteer.beginning(reading.key, MAX_BEGUN if areas else limit)
            if found := within(begun, areas)[:limit]:
                return found
        return []

    def _nearest(self, point: Point, lang: Language) -> Located:
        city = self._gazetteer.nearest(*point, NEAREST_KM)
        if city is None:
            return self._remote(point, lang)
        place = replace(city.as_place(lang), latitude=point.latitude, longitude=point.longitude)
        return Located(place=place, attribution=(self._gazetteer.attribution,))

    def _remote(self, point: Point, lang: Language) -> Located:
        zone = self._time_zones.at(*point)
        if zone is None:
            return Located(place=remote_place(*point, lang))
        place = remote_place(*point, lang, country=zone.country, timezone=zone.name)
        return Located(place=place, attribution=(self._time_zones.attribution,))

    def _suggestions(self, name: Name) -> list[City]:
        shortest = interpret(self._gazetteer, name)[-1]
        anywhere = replace(shortest, qualifiers=(), country=None, state=None)
        inside = self._misspelt.near(shortest) if shortest != anywhere else []
        near = self._misspelt.near(anywhere)
        candidates = [
            *self._gazetteer.named(shortest.key).primary,
            *(self._gazetteer.beginning(name.key, ALTERNATIVES) if name != shortest else ()),
            *ranked(inside),
            *_slips(near),
            *self._gazetteer.beginning(shortest.key, ALTERNATIVES),
            *ranked(near),
        ]
        return list({city.id: city for city in candidates}.values())[:ALTERNATIVES]


def _slips(near: Sequence[Near]) -> list[City]:
    return ranked([candidate for candidate in near if candidate.edits <= SLIPS])


def _located(found: Sequence[City], query: PlaceQuery, attribution: str) -> Located:
    places = [city.as_place(query.lang) for city in found[: ALTERNATIVES + 1]]
    if query.strict and len(places) > 1:
        raise PlaceAmbiguous("Several places have this name.", {"candidates": write(places)})
    return Located(place=places[0], alternatives=tuple(places[1:]), attribution=(attribution,))
