"""The parameters of each endpoint and the rules between them."""

import functools
import unicodedata
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

Language = Literal["en", "pt"]
_LONGEST_NAME = 200


def _printable(text: str) -> str:
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise PydanticCustomError("printable", "It must not contain control characters")
    return text


def _primary_subtag(value: object) -> object:
    return value.partition("-")[0].lower() if isinstance(value, str) else value


Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=_LONGEST_NAME, strip_whitespace=True),
    AfterValidator(_printable),
]
Latitude = Annotated[FiniteFloat, Field(ge=-90, le=90)]
Longitude = Annotated[FiniteFloat, Field(ge=-180, le=180)]
Market = Annotated[str, StringConstraints(pattern="^[A-Za-z]{2}$", to_upper=True)]
Lang = Annotated[Language, BeforeValidator(_primary_subtag)]


class Query(BaseModel):
    """Base of all queries: unknown parameters are refused, so that a typing error is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @classmethod
    @functools.cache
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        """Return the JSON schema; kept, because flask-openapi3 asks for it in every request."""
        return super().model_json_schema(*args, **kwargs)


class PlacesQuery(Query):
    """A search by the beginning of a name."""

    q: Name = Field(json_schema_extra={"example": "Rec"})
    """What was typed so far."""

    lang: Lang | None = None
    """Language of the answer: en or pt. Default: what Accept-Language prefers."""

    limit: int = Field(10, ge=1, le=50)
    """How many places at most."""

    def request(self, preferred: Language) -> dict[str, Any]:
        """Return the service's request; ``preferred`` is the language if none was asked for."""
        return {"q": self.q, "lang": self.lang or preferred, "limit": self.limit}


class WeatherQuery(Query):
    """A place, by name or by coordinates."""

    city: Name | None = Field(None, json_schema_extra={"example": "Recife"})
    """City, optionally with state or country behind commas: `Recife, BR`."""

    country: Name | None = None
    """ISO 3166-1 alpha-2 code or English name of the city's country."""

    state: Name | None = None
    """State, province or region of the city, by name or letters."""

    lat: Latitude | None = None
    """Latitude in degrees north; needs `lon`."""

    lon: Longitude | None = None
    """Longitude in degrees east; needs `lat`."""

    lang: Lang | None = None
    """Language of the answer: en or pt. Default: what Accept-Language prefers."""

    units: Literal["metric", "imperial"] = "metric"
    """Units of the weather."""

    strict: bool = False
    """Answer 409 with the candidates when several cities have this name."""

    def request(self, preferred: Language) -> dict[str, Any]:
        """Return the service's request; ``preferred`` is the language if none was asked for."""
        fields = self.model_dump(exclude={"lat", "lon"}, exclude_none=True)
        if self.lat is not None:
            fields |= {"latitude": self.lat, "longitude": self.lon}
        return fields | {"lang": self.lang or preferred}


class PlaylistsQuery(WeatherQuery):
    """A place, and how the playlist should be."""

    market: Market | None = None
    """ISO 3166-1 alpha-2 code of the listener's country. Default: the place's country."""

    limit: int = Field(20, ge=1, le=50)
    """How many tracks."""

    policy: Literal["mood", "ifood", "ingaia"] = "mood"
    """Rule from weather to music."""

    seed: Annotated[str, StringConstraints(max_length=100), AfterValidator(_printable)] = ""
    """Another seed, another choice; the same seed on the same day, the same playlist."""

    explicit: bool = True
    """Whether tracks with explicit lyrics are welcome."""
