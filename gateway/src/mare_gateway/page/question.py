"""What the address of the page asks for, and the addresses that the page links to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, get_args
from urllib.parse import urlencode

from mare_gateway.api.queries import Language, PlaylistsQuery

_PLACE = ("city", "lat", "lon")
_NAMES = (*_PLACE, "units", "seed", "lang")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The parameters of the page, empty if absent; those that sites append are ignored."""

    city: str = ""
    lat: str = ""
    lon: str = ""
    units: str = ""
    seed: str = ""
    lang: Language | Literal[""] = ""
    """The language that the reader chose, if it is not the preferred one."""

    @classmethod
    def of(cls, arguments: Mapping[str, str]) -> Self:
        """Return the question of the query arguments. A city wins over coordinates."""
        given = {name: arguments.get(name, "").strip() for name in _NAMES}
        if given["city"]:
            given |= {"lat": "", "lon": ""}
        if given["lang"] not in get_args(Language):
            given["lang"] = ""
        if given["units"] != "imperial":
            given["units"] = ""
        return cls(**given)  # type: ignore[arg-type]  # lang is checked

    @classmethod
    def of_job(cls, request: Mapping[str, Any], page: "Question") -> Self:
        """Return the question of a job's request; ``page`` has the language of the page."""
        renamed = {"latitude": "lat", "longitude": "lon"}
        given = {
            renamed.get(name, name): "" if value is None else str(value)
            for name, value in request.items()
        }
        return cls.of({**given, "lang": page.lang})

    @property
    def names_a_place(self) -> bool:
        return any(getattr(self, name) for name in _PLACE)

    def query(self) -> PlaylistsQuery:
        """Return the query of the API. Raises pydantic's ValidationError."""
        given = {name: getattr(self, name) for name in _NAMES}
        return PlaylistsQuery.model_validate({k: v for k, v in given.items() if v})

    def link(self, **changes: str) -> str:
        """Return the address of the page with some parameters changed."""
        changed = replace(self, **changes)  # type: ignore[arg-type]
        given = {name: getattr(changed, name) for name in _NAMES if getattr(changed, name)}
        return f"/?{urlencode(given)}" if given else "/"

    def of_place(self, city: str) -> str:
        return self.link(city=city, lat="", lon="", seed="")

    def next_seed(self) -> str:
        return str(int(self.seed) + 1) if re.fullmatch("[1-9][0-9]{0,4}", self.seed) else "2"
