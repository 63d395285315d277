"""The embedded gazetteer: a read-only SQLite database."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import as_file, files
from typing import Self

from cachetools import LRUCache, cached
from rapidfuzz import process
from rapidfuzz.distance import OSA

from mare_services.weather.domain.cities import Area, City
from mare_services.weather.domain.coordinates import Point, Points
from mare_services.weather.domain.spelling import SUGGESTED, is_comparable

ATTRIBUTION = "Places from GeoNames (geonames.org), CC BY 4.0"

FAMOUS = 300_000
"""People. Larger cities are also found by misspelt alternate names."""

_NEIGHBOURS = 40
_COMPARED = 500
_CITIES = """
    SELECT id, city.name, portuguese, city.country, division, division.name AS division_name,
           latitude, longitude, timezone, population
    FROM city LEFT JOIN division ON division.country = city.country AND code = division
    {}
    ORDER BY rank LIMIT ?
"""
_NAMED = "WHERE rank IN (SELECT city FROM {} WHERE key = ?)"
_BEGINNING = "WHERE rank IN (SELECT city FROM {} WHERE key >= ? AND key < ?)"
_LAST_CHARACTER = "\U0010ffff"
_MANY = 1_000


@dataclass(frozen=True, slots=True)
class Namesakes:
    """Cities with one name, the largest first. Alternate names are in other languages or short."""

    primary: Sequence[City]
    alternate: Sequence[City]


class EmbeddedGazetteer:
    """Embedded cities by name and by position. Keys are folded names.

    All methods take less than 5 ms.
    The first lookup of a misspelt name and of a point take 45 and 40 ms: they load their indexes
    then, so that a pod is ready earlier.
    """

    attribution = ATTRIBUTION

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._compared = cached(LRUCache[str, Sequence[tuple[str, int]]](_COMPARED))(self._compare)

    @classmethod
    def from_package(cls) -> Self:
        with as_file(files("mare_services.weather") / "data/places.sqlite") as path:
            address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
            return cls(sqlite3.connect(address, uri=True, check_same_thread=False))

    def named(self, key: str) -> Namesakes:
        """Return all cities of exactly this name."""
        return Namesakes(
            self._cities(_NAMED.format("primary_name"), key),
            self._cities(_NAMED.format("alternate_name"), key),
        )

    def beginning(self, key: str, limit: int) -> Sequence[City]:
        """Return cities whose name begins with the key: primary names first, by population."""
        end = key + _LAST_CHARACTER
        found = self._cities(_BEGINNING.format("primary_name"), key, end, limit=limit)
        if len(found) < limit:
            others = self._cities(_BEGINNING.format("alternate_name"), key, end, limit=limit)
            known = {city.id for city in found}
            found += [city for city in others if city.id not in known]
        return found[:limit]

    def resembling(self, key: str) -> Sequence[tuple[str, int]]:
        """Return similar names and their edit distances, closest first."""
        return self._compared(key) if is_comparable(key) else ()

    def _compare(self, key: str) -> Sequence[tuple[str, int]]:
        near = process.extract(
            key,
            self._known_names,
            scorer=OSA.normalized_similarity,
            processor=None,
            score_cutoff=SUGGESTED,
            limit=_NEIGHBOURS,
        )
        return sorted(
            ((name, OSA.distance(key, name)) for name, _, _ in near), key=lambda it: it[1]
        )

    def nearest(self, latitude: float, longitude: float, radius_km: float) -> City | None:
        index = self._points.nearest(Point(latitude, longitude), radius_km)
        return None if index is None else self._cities("WHERE rank = ?", index + 1)[0]

    def areas(self, key: str) -> frozenset[Area]:
        """Return the countries and first-level divisions with this name, code or abbreviation."""
        rows = self._database.execute(
            "SELECT country, division FROM area_name WHERE key = ?", (key,)
        )
        return frozenset(Area(*row) for row in rows)

    @cached_property
    def _points(self) -> Points:
        return Points(self._database.execute("SELECT latitude, longitude FROM city ORDER BY rank"))

    @cached_property
    def _known_names(self) -> list[str]:
        rows = self._database.execute(
            "SELECT key FROM primary_name UNION SELECT key FROM alternate_name"
            " WHERE city <= (SELECT count(*) FROM city WHERE population >= ?)",
            (FAMOUS,),
        )
        return [key for (key,) in rows]

    def _cities(self, condition: str, *values: str | int, limit: int = _MANY) -> list[City]:
        cursor = self._database.execute(_CITIES.format(condition), (*values, limit))
        names = [column for column, *_ in cursor.description]
        return [City(**dict(zip(names, row, strict=True))) for row in cursor]
