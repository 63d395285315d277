"""Civil time zones of all points, from the polygons of tzfpy, and the countries of the zones."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

_ANTARCTICA = -60.0
"""Degrees north. South of it the zones are those of stations, and belong to no country's land."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A civil time zone (IANA name) and its country (ISO 3166-1 alpha-2)."""

    name: str
    country: str | None


def known_zone(name: str | None) -> str | None:
    """Return the time zone if this machine knows it; sources may know newer ones."""
    try:
        return ZoneInfo(name).key if name else None
    except (ValueError, LookupError, OSError):
        return None


class PolygonTimeZones:
    """Civil time zones of points on land.

    The first lookup takes 80 ms and 35 MB of memory, later ones 1 µs. Only points far from every
    city need it.
    """

    attribution = "Time zones from OpenStreetMap contributors, ODbL"

    def at(self, latitude: float, longitude: float) -> Zone | None:
        """Return the zone of a point on land; None at sea, or if this machine lacks the zone."""
        from tzfpy import get_tz  # noqa: PLC0415  35 MB

        name = known_zone(get_tz(longitude, latitude))
        if name is None or name.startswith("Etc/"):
            return None
        return Zone(name, "AQ" if latitude < _ANTARCTICA else _countries().get(name))


@cache
def _countries() -> dict[str, str]:
    table = (files("tzdata") / "zoneinfo/zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {zone: country for country, _, zone, *_ in rows}
