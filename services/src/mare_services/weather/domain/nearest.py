"""The nearest of many points, among those of about the same latitude."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from mare_services.weather.domain.coordinates import EARTH_RADIUS_KM, distance_km

Point = tuple[float, float]
"""Latitude and longitude in degrees."""


class Points:
    """Points in the order of their latitudes. They are compared by their straight distances."""

    def __init__(self, points: Iterable[Point]) -> None:
        self._known = sorted(enumerate(points), key=_latitude)
        self._on_sphere = [_on_sphere(*point) for _, point in self._known]

    def nearest(self, point: Point, radius_km: float) -> int | None:
        """Return the index of the nearest point within the radius."""
        reach = math.degrees(radius_km / EARTH_RADIUS_KM)
        first = bisect_left(self._known, point[0] - reach, key=_latitude)
        end = bisect_right(self._known, point[0] + reach, key=_latitude)
        if first == end:
            return None
        here = _on_sphere(*point)
        _, nearest = min((math.dist(here, self._on_sphere[at]), at) for at in range(first, end))
        index, other = self._known[nearest]
        return index if distance_km(point, other) <= radius_km else None


def _latitude(known: tuple[int, Point]) -> float:
    return known[1][0]


def _on_sphere(latitude: float, longitude: float) -> tuple[float, float, float]:
    north, east = math.radians(latitude), math.radians(longitude)
    return math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)
