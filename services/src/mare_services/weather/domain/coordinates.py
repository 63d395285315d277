"""Coordinates: limits, distances, the nearest point, names and nautical time zones."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from mare_services.contract.errors import InvalidRequest
from mare_services.contract.places import Language, Place

EARTH_RADIUS_KM = 6371.0088
"""Mean radius, IUGG."""

_DIRECTIONS: dict[Language, tuple[str, str, str, str]] = {
    "en": ("N", "S", "E", "W"),
    "pt": ("N", "S", "L", "O"),
}
_POLES: dict[Language, tuple[str, str]] = {
    "en": ("North Pole", "South Pole"),
    "pt": ("Polo Norte", "Polo Sul"),
}


class Point(NamedTuple):
    """A position in degrees."""

    latitude: float
    longitude: float


def checked(latitude: float, longitude: float) -> Point:
    """Return the coordinates, with -180 as +180, or raise ``InvalidRequest``."""
    if not (math.isfinite(latitude) and -90 <= latitude <= 90):
        raise InvalidRequest.of("lat must be a number from -90 to 90.", "lat")
    if not (math.isfinite(longitude) and -180 <= longitude <= 180):
        raise InvalidRequest.of("lon must be a number from -180 to 180.", "lon")
    return Point(latitude, 180.0 if longitude == -180 else longitude)


def distance_km(from_: Point, to: Point) -> float:
    """Return the great-circle distance of two points."""
    phi1, phi2 = math.radians(from_[0]), math.radians(to[0])
    half_phi = (phi2 - phi1) / 2
    half_lambda = math.radians(to[1] - from_[1]) / 2
    a = math.sin(half_phi) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(half_lambda) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(a, 1.0)))


class Points:
    """A set of points, sorted by latitude to find the nearest one by straight distance."""

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


def remote_place(
    latitude: float,
    longitude: float,
    lang: Language,
    *,
    country: str | None = None,
    timezone: str | None = None,
) -> Place:
    """Return the place of a point that belongs to no city; at sea its time zone is nautical."""
    return Place(
        id=None,
        name=in_words(latitude, longitude, lang),
        admin1=None,
        country_code=country,
        latitude=latitude,
        longitude=longitude,
        timezone=timezone or nautical_timezone(latitude, longitude),
    )


def in_words(latitude: float, longitude: float, lang: Language) -> str:
    """Return for example ``12.50° S, 30.00° W``; the poles have names."""
    degrees_north, degrees_east = round(latitude, 2), round(longitude, 2)
    if abs(degrees_north) == 90:
        return _POLES[lang][degrees_north < 0]
    north, south, east, west = _DIRECTIONS[lang]
    text = f"{_angle(degrees_north, north, south)}, {_angle(degrees_east, east, west)}"
    return text.replace(".", ",") if lang == "pt" else text


def nautical_timezone(latitude: float, longitude: float) -> str:
    """Return the time zone by longitude, UTC at the poles; ``Etc/GMT+2`` is west of Greenwich."""
    hours_east = 0 if abs(round(latitude, 2)) == 90 else round(longitude / 15)
    return f"Etc/GMT{-hours_east:+d}" if hours_east else "Etc/GMT"


def _angle(degrees: float, positive: str, negative: str) -> str:
    if abs(degrees) in {0, 180}:
        return f"{abs(degrees):.2f}°"
    return f"{abs(degrees):.2f}° {positive if degrees > 0 else negative}"
