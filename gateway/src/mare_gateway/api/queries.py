"""The parameters of each endpoint. The weather service checks which of them go together."""

import functools
import re
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
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError, PydanticKnownError

from mare_gateway.job_documents import ID_PATTERN

Language = Literal["en", "pt"]
_MAX_NAME = 200
_TEXT = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
"""Text with a visible character and without control characters, for the schema."""

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


def _printable(text: str) -> str:
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise PydanticCustomError("printable", "It must not contain control characters")
    return text


def _at_most_a_name(value: object) -> object:
    """Count the spaces that are stripped later too, as the schema does."""
    if isinstance(value, str) and len(value) > _MAX_NAME:
        raise PydanticKnownError("string_too_long", {"max_length": _MAX_NAME})
    return value


def _decimal(value: object) -> object:
    """Refuse what pydantic would convert: ``1_0``, ``true``, digits of other scripts."""
    if isinstance(value, bool) or (isinstance(value, str) and not _NUMBER.fullmatch(value)):
        raise PydanticCustomError("decimal", "It must be a number")
    return value


def _true_or_false(value: object) -> object:
    """Refuse what pydantic would convert: ``1``, ``yes``, ``on``."""
    if isinstance(value, bool) or value in ("true", "false"):
        return value
    raise PydanticCustomError("true_or_false", "It must be true or false")


def _primary_subtag(value: object) -> object:
    return value.partition("-")[0].lower() if isinstance(value, str) else value


Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=_MAX_NAME, strip_whitespace=True),
    BeforeValidator(_at_most_a_name),
    AfterValidator(_printable),
    Field(json_schema_extra={"pattern": _TEXT}),
]
Latitude = Annotated[FiniteFloat, Field(ge=-90, le=90), BeforeValidator(_decimal)]
Longitude = Annotated[FiniteFloat, Field(ge=-180, le=180), BeforeValidator(_decimal)]
Limit = Annotated[int, Field(ge=1, le=50), BeforeValidator(_decimal)]
Switch = Annotated[bool, BeforeValidator(_true_or_false)]
JobId = Annotated[str, StringConstraints(pattern=f"^{ID_PATTERN}$")]
Market = Annotated[str, StringConstraints(pattern="^[A-Za-z]{2}$", to_upper=True)]
Lang = Annotated[Language, BeforeValidator(_primary_subtag)]


class Query(BaseModel):
    """Base of all queries. An unknown parameter is an error, so that typing errors are noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @classmethod
    @functools.cache
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        """Return the JSON schema. It is cached: flask-openapi3 requests it for every request."""
        return super().model_json_schema(*args, **kwargs)


class PlacesQuery(Query):
    """A search by the beginning of a name."""

    q: Name = Field(json_schema_extra={"example": "Rec"})
    """The beginning of a name."""

    lang: Lang | None = None
    """Language of the answer: en or pt. Default: what Accept-Language prefers."""

    limit: Limit = 10
    """Largest number of places."""

    def request(self, preferred: Language) -> dict[str, Any]:
        """Return the message to the service; ``preferred`` is the default language."""
        return {"q": self.q, "lang": self.lang or preferred, "limit": self.limit}


_NOT_SENT = {"lat", "lon", "callback_url", "events"}


class WeatherQuery(Query):
    """A place, by name or by coordinates."""

    city: Name | None = Field(None, json_schema_extra={"example": "Recife"})
    """City, optionally with state or country behind commas: `Recife, BR`. Or `lat` and `lon`."""

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

    strict: Switch = False
    """Respond with 409 and the candidates if several cities have this name."""

    def request(self, preferred: Language) -> dict[str, Any]:
        """Return the message to the service; ``preferred`` is the default language."""
        fields = self.model_dump(exclude=_NOT_SENT, exclude_none=True)
        if self.lat is not None:
            fields |= {"latitude": self.lat, "longitude": self.lon}
        return fields | {"lang": self.lang or preferred}


class PlaylistsQuery(WeatherQuery):
    """A place, and the properties of the playlist."""

    market: Market | None = None
    """ISO 3166-1 alpha-2 code of the listener's country. Default: the place's country."""

    limit: Limit = 20
    """Number of tracks."""

    policy: Literal["mood", "ifood", "ingaia"] = "mood"
    """Rules that choose the mood."""

    seed: Annotated[
        str,
        StringConstraints(max_length=100),
        AfterValidator(_printable),
        Field(json_schema_extra={"pattern": r"^[^\x00-\x1f\x7f-\x9f]*$"}),
    ] = ""
    """Varies the choice of tracks. The same seed on the same day gives the same playlist."""

    explicit: Switch = True
    """Whether tracks with explicit lyrics are allowed."""


CallbackType = Literal[
    "job.started", "job.weather", "job.complete", "job.failed", "job.cancelled", "job.expired"
]


class PlaylistSubmission(PlaylistsQuery):
    """A playlist in the background, and the callbacks on its way."""

    callback_url: Annotated[str, StringConstraints(min_length=1, max_length=2000)] | None = Field(
        None, json_schema_extra={"example": "https://example.com/hooks/playlists"}
    )
    """https URL that receives signed callbacks (Standard Webhooks)."""

    events: list[CallbackType] | None = Field(None, min_length=1, max_length=6)
    """The callbacks that are wanted; needs `callback_url`. Default: those of the end of the job."""

    def callback(self) -> dict[str, Any] | None:
        """Return the callback of the job, None without one."""
        if self.callback_url is None:
            return None
        events = {} if self.events is None else {"events": self.events}
        return {"url": self.callback_url, **events}

    @field_validator("events")
    @classmethod
    def _has_a_receiver(cls, events: object, info: ValidationInfo) -> object:
        if events is not None and info.data.get("callback_url") is None:
            raise PydanticCustomError("needs_callback_url", "It needs callback_url")
        return events


class BatchSubmissionBody(Query):
    """Playlists that are composed in the background, one job each."""

    jobs: list[PlaylistSubmission] = Field(min_length=1, max_length=100)
    """The submissions, each with its own place, properties and callback."""


class JobsQuery(Query):
    """A page of the client's jobs."""

    limit: Limit = 20
    """Largest number of jobs."""

    cursor: JobId | None = None
    """Continues a list: it is part of `next` in the page before."""
