"""Day or night, by NOAA's approximate solar position (gml.noaa.gov/grad/solcalc)."""

import math
from datetime import UTC, datetime

HORIZON = -0.833
"""Elevation in degrees at sunrise, with refraction and the radius of the sun."""


def is_day(latitude: float, longitude: float, at: datetime) -> bool:
    return elevation(latitude, longitude, at) > HORIZON


def elevation(latitude: float, longitude: float, at: datetime) -> float:
    """Return the sun's elevation in degrees; the error is about half a degree."""
    utc = at.astimezone(UTC)
    hours = utc.hour + utc.minute / 60 + utc.second / 3600
    year = 2 * math.pi / 365 * (utc.timetuple().tm_yday - 1 + (hours - 12) / 24)
    equation_of_time_minutes = 229.18 * (
        0.000075
        + 0.001868 * math.cos(year)
        - 0.032077 * math.sin(year)
        - 0.014615 * math.cos(2 * year)
        - 0.040849 * math.sin(2 * year)
    )
    declination = (
        0.006918
        - 0.399912 * math.cos(year)
        + 0.070257 * math.sin(year)
        - 0.006758 * math.cos(2 * year)
        + 0.000907 * math.sin(2 * year)
        - 0.002697 * math.cos(3 * year)
        + 0.00148 * math.sin(3 * year)
    )
    solar_minutes = hours * 60 + equation_of_time_minutes + 4 * longitude
    hour_angle = math.radians(solar_minutes / 4 - 180)
    phi = math.radians(latitude)
    sine = math.sin(phi) * math.sin(declination)
    sine += math.cos(phi) * math.cos(declination) * math.cos(hour_angle)
    return math.degrees(math.asin(max(-1.0, min(1.0, sine))))
