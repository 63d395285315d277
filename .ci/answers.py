"""The schemas of the gateway's answers, from the services' contract.

The gateway passes answers on unread and may not import the services; its OpenAPI document takes the
schemas from the file that has this text.
"""

import dataclasses
import json

from contract import schemas
from pydantic import BaseModel, ConfigDict

from mare_services.contract import callbacks, jobs, places, suggestion, weather


class ParameterError(BaseModel):
    """A mistake in one parameter."""

    parameter: str
    detail: str


class ProblemDocument(BaseModel):
    """RFC 9457 problem details, as the OpenAPI document describes them."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    """A stable identifier for programs."""
    request_id: str
    errors: list[ParameterError] | None = None
    suggestions: tuple[places.Place, ...] | None = None
    candidates: tuple[places.Place, ...] | None = None
    state: str | None = None
    """State of a job that cannot be changed."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class JobDocument(jobs.JobView):
    """A job and the paths that belong to it."""

    links: dict[str, str]
    """Paths: `self`, `events` (Server-Sent Events), `cancel` (DELETE) and `retry` (POST)."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class BatchDocument(jobs.BatchView):
    """A batch and the paths that belong to it."""

    links: dict[str, str]
    """Paths: `self`, `events` (Server-Sent Events) and `cancel` (DELETE)."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class JobSummaryDocument(jobs.JobSummary):
    """A job in a list, and the paths that belong to it."""

    links: dict[str, str]
    """Paths, as in the document of the job."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class JobPage:
    """Jobs of a client, newest first."""

    jobs: tuple[JobSummaryDocument, ...]
    next: str | None
    """Path of the next page."""


ANSWERS = (
    *(ProblemDocument, places.PlaceList, weather.WeatherReport, suggestion.Suggestion),
    *(JobDocument, BatchDocument, JobSummaryDocument, JobPage, callbacks.DeliveryList),
)


def text() -> str:
    _, definitions = schemas(ANSWERS, "serialization")
    return json.dumps(definitions, indent=1, ensure_ascii=False) + "\n"
