"""The use case: from what was asked to a place."""

from collections.abc import Sequence
from dataclasses import replace

from mare_services.contract.errors import InvalidRequest, PlaceAmbiguous, PlaceNotFound
from mare_services.contract.places import Language, Located, PlaceList, PlaceQuery, PlaceSearch
from mare_services.contract.wire import write
from mare_services.weather.domain.cities import City
from mare_services.weather.domain.coordinates import remote_place
from mare_services.weather.domain.names import clean
from mare_services.weather.domain.place_query import Name, Point, asked
from mare_services.weather.domain.spelling import SLIPS, Near, ranked
from mare_services.weather.finders import Finder, MisspeltNames, interpret
from mare_services.weather.ports import Gazetteer

NEAREST_KM = 100.0
"""How far a city may be to lend a point its name, country and clock."""

ALTERNATIVES = 5
"""Places that are named beside the one found, or instead of one."""

MOST_FOUND = 50


class Locator:
    """Finds places by name, in the ways given, and by coordinates."""

    def __init__(self, gazetteer: Gazetteer, finders: Sequence[Finder]) -> None:
        self._gazetteer = gazetteer
        self._finders = finders
        self._misspelt = MisspeltNames(gazetteer)

    def locate(self, query: PlaceQuery) -> Located:
        """Return the place, and up to five others that the name could mean.

        Raises:
            InvalidRequest: the query contradicts itself or is out of range.
            PlaceNotFound: with up to five suggestions.
            PlaceAmbiguous: the query is strict and several places have exactly this name.
            SourceUnavailable: only a geocoder may answer, and it does not.
        """
        question = asked(query)
        if isinstance(question, Point):
            return self._around(question, query.lang)
        for finder in self._finders:
            if found := finder.find(question, query):
                return _located(found, query, finder.attribution)
        suggestions = [city.as_place(query.lang) for city in self._suggestions(question)]
        raise PlaceNotFound("No place has this name.", {"suggestions": write(suggestions)})

    def search(self, asked_for: PlaceSearch) -> PlaceList:
        """Return places whose names begin as typed, or else resemble it; the likeliest first."""
        if not 1 <= asked_for.limit <= MOST_FOUND:
            raise InvalidRequest(f"limit must be from 1 to {MOST_FOUND}.")
        name = Name(text=clean(asked_for.q, "q"))
        cities = self._gazetteer.beginning(name.key, asked_for.limit) if name.key else ()
        found = cities or _slips(self._misspelt.near(name))[: asked_for.limit]
        return PlaceList(
            places=tuple(city.as_place(asked_for.lang) for city in found),
            attribution=(self._gazetteer.attribution,),
        )

    def _around(self, point: Point, lang: Language) -> Located:
        city = self._gazetteer.nearest(point.latitude, point.longitude, NEAREST_KM)
        if city is None:
            return Located(place=remote_place(point.latitude, point.longitude, lang))
        place = replace(city.as_place(lang), latitude=point.latitude, longitude=point.longitude)
        return Located(place=place, attribution=(self._gazetteer.attribution,))

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
