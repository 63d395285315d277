"""Generate the schemas of the gateway's answers from the services' contract.

``make schema`` runs this with ``--write``, ``make check`` without. The gateway passes answers on
unread and may not import the services; its OpenAPI document takes the schemas from this file.
"""

import dataclasses
import json
import sys
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, create_model

from mare_gateway import problems
from mare_services.contract import callbacks, jobs, music, places, suggestion, weather

FILE = Path("gateway/src/mare_gateway/api/answers.json")
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


DOCUMENTS = (JobDocument, BatchDocument, JobSummaryDocument, JobPage)
ANSWERS = (
    PROBLEM,
    places.PlaceList,
    weather.WeatherReport,
    suggestion.Suggestion,
    *DOCUMENTS,
    callbacks.DeliveryList,
)


def schemas() -> str:
    for module in (callbacks, jobs, music, places, suggestion, weather):
        for kind in vars(module).values():
            if isinstance(kind, type) and dataclasses.is_dataclass(kind):
                # The string below a field is its description.
                setattr(kind, "__pydantic_config__", ConfigDict(use_attribute_docstrings=True))  # noqa: B010
    for kind in DOCUMENTS:
        setattr(kind, "__pydantic_config__", ConfigDict(use_attribute_docstrings=True))  # noqa: B010
    adapters = [(kind, "serialization", TypeAdapter(kind)) for kind in ANSWERS]
    _, found = TypeAdapter.json_schemas(
        adapters,  # type: ignore[arg-type]
        ref_template="#/components/schemas/{model}",
    )
    return json.dumps(found["$defs"], indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        FILE.write_text(schemas(), encoding="utf-8")
    elif FILE.read_text(encoding="utf-8") != schemas():
        sys.exit(f"{FILE} does not match the services' contract: run 'make schema'.")
