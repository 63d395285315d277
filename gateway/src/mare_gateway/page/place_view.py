"""Places as the page names and links them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from mare_gateway.page.question import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceView:
    name: str
    admin: str
    """State, province or region; empty if unknown or equal to the name."""
    country_code: str
    link: str
    local_time: str = ""


def place_view(
    place: Mapping[str, Any], question: Question, now: datetime | None = None
) -> PlaceView:
    admin = place.get("admin1") or ""
    country = place.get("country_code") or ""
    name = place["name"]
    if place.get("id") is None:
        where = {"lat": str(place["latitude"]), "lon": str(place["longitude"]), "city": ""}
        link = question.link(**where, seed="")
    else:
        link = question.of_place(", ".join(part for part in (name, admin, country) if part))
    return PlaceView(
        name=name,
        admin="" if admin == name else admin,
        country_code=country,
        link=link,
        local_time=_local_time(place["timezone"], now) if now else "",
    )


def _local_time(timezone: str, now: datetime) -> str:
    try:
        return f"{now.astimezone(ZoneInfo(timezone)):%H:%M}"
    except (KeyError, ValueError, OSError):  # a zone that this machine does not know
        return ""
