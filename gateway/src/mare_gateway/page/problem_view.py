"""Errors as the page explains them to people."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mare_gateway.page.place_view import PlaceView, place_view
from mare_gateway.page.question import Question
from mare_gateway.page.words import Words

_KINDS = {
    "place_not_found": "unknown",
    "PlaceNotFound": "unknown",
    "invalid_parameter": "invalid",
    "InvalidRequest": "invalid",
    "overloaded": "busy",
    "too_many_requests": "busy",
    "too_many_open_jobs": "busy",
    "job_not_found": "gone",
    "key_required": "closed",
    "insufficient_scope": "closed",
    "upstream_auth": "source",
    "upstream_rate_limited": "source",
    "upstream_error": "source",
    "upstream_timeout": "source",
    "upstream_unavailable": "source",
    "service_unavailable": "away",
    "service_timeout": "away",
}
"""By the code of a problem, or by the type of a job's failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemView:
    kind: str
    title: str
    text: str
    suggestions: tuple[PlaceView, ...] = ()
    retry: str | None = None
    """Address that asks the same again, where this can help."""


def problem_view(
    code: str,
    question: Question,
    words: Words,
    suggestions: Iterable[Mapping[str, Any]] = (),
) -> ProblemView:
    kind = _KINDS.get(code, "failed")
    offered = tuple(place_view(place, question) for place in suggestions)
    key = "suggested" if kind == "unknown" and offered else "text"
    return ProblemView(
        kind=kind,
        title=words(f"problem.{kind}.title", city=question.city),
        text=words(f"problem.{kind}.{key}"),
        suggestions=offered,
        retry=None if kind in ("unknown", "invalid", "closed") else question.link(),
    )
