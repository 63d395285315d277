"""The nearest of many points, by buckets of one degree."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator

from mare_services.weather.domain.coordinates import EARTH_RADIUS_KM, distance_km

Point = tuple[float, float]
"""Latitude and longitude in degrees, longitude from -180 to 180."""

_KM_PER_DEGREE = math.pi * EARTH_RADIUS_KM / 180
_ROWS, _COLUMNS = 180, 360


class Grid:
    """Points in buckets of one degree. A query reads only the buckets within its radius."""

    def __init__(self, points: Iterable[Point]) -> None:
        self._buckets: dict[tuple[int, int], list[tuple[Point, int]]] = defaultdict(list)
        for index, point in enumerate(points):
            self._buckets[_row(point[0]), _column(point[1])].append((point, index))

    def nearest(self, point: Point, radius_km: float) -> int | None:
        found = (
            (distance, index)
            for bucket in self._buckets_around(point, radius_km)
            for other, index in bucket
            if (distance := distance_km(point, other)) <= radius_km
        )
        return min(found, default=(0.0, None))[1]

    def _buckets_around(self, point: Point, radius_km: float) -> Iterator[list[tuple[Point, int]]]:
        latitude, longitude = point
        reach = radius_km / _KM_PER_DEGREE
        south, north = max(latitude - reach, -90.0), min(latitude + reach, 90.0)
        columns = _columns(longitude, _reach_in_longitude(latitude, reach))
        for row in range(_row(south), _row(north) + 1):
            for column in columns:
                if (row, column) in self._buckets:
                    yield self._buckets[row, column]


def _reach_in_longitude(latitude: float, reach: float) -> float:
    """Return how many degrees of longitude a circle of ``reach`` degrees covers.

    ``sin(half width) = sin(reach) / cos(latitude)`` where the circle touches its outermost
    meridians; a circle that holds a pole touches all of them.
    """
    ratio = math.sin(math.radians(min(reach, 90.0))) / max(math.cos(math.radians(latitude)), 1e-12)
    return 180.0 if ratio >= 1 or reach >= 90 else math.degrees(math.asin(ratio))


def _columns(longitude: float, reach: float) -> Iterable[int]:
    first, last = math.floor(longitude - reach), math.floor(longitude + reach)
    if last - first >= _COLUMNS - 1:
        return range(_COLUMNS)
    return [column % _COLUMNS for column in range(first + 180, last + 181)]


def _row(latitude: float) -> int:
    return min(math.floor(latitude) + 90, _ROWS - 1)


def _column(longitude: float) -> int:
    return (math.floor(longitude) + 180) % _COLUMNS
