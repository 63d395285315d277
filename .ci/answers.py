"""The schemas of the gateway's answers, from the services' contract.

The gateway passes answers on unread and may not import the services; its OpenAPI document takes the
schemas from the file that has this text.
"""

import dataclasses
import json

from contract import schemas
from pydantic import create_model

from mare_gateway import problems
from mare_services.contract import callbacks, jobs, places, suggestion, weather

PLACES = tuple[places.Place, ...] | None
PROBLEM = create_model(
    "ProblemDocument",
    __base__=problems.ProblemDocument,
    __doc__=problems.ProblemDocument.__doc__,
    suggestions=(PLACES, None),
    candidates=(PLACES, None),
)


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
    *(PROBLEM, places.PlaceList, weather.WeatherReport, suggestion.Suggestion),
    *(JobDocument, BatchDocument, JobSummaryDocument, JobPage, callbacks.DeliveryList),
)


def text() -> str:
    _, definitions = schemas(ANSWERS, "serialization")
    return json.dumps(definitions, indent=1, ensure_ascii=False) + "\n"
