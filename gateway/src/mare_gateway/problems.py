"""Problem details (RFC 9457), and the table that maps each error to one.

A problem never contains the body of an upstream's response, a stack trace or a secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict

from mare_nameko.client import (
    BrokerInAlarm,
    CallTimedOut,
    Disconnected,
    Overloaded,
    RemoteError,
    RpcError,
    ServiceUnavailable,
)

MEDIA_TYPE = "application/problem+json"

_MAX_RETRY_AFTER = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem."""

    status: int
    code: str
    detail: str
    retry_after: int | None = None
    members: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def response_headers(self) -> dict[str, str]:
        headers = {"Cache-Control": "no-store", **self.headers}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        return headers

    def document(self, *, instance: str, request_id: str) -> dict[str, Any]:
        return {
            "type": f"urn:mare:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            "code": self.code,
            "request_id": request_id,
            **self.members,
        }


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
    suggestions: list[dict[str, Any]] | None = None
    candidates: list[dict[str, Any]] | None = None
    state: str | None = None
    """State of a job that cannot be changed."""


def _problem(status: int, code: str, detail: str, retry_after: int | None = None) -> Problem:
    return Problem(status=status, code=code, detail=detail, retry_after=retry_after)


INTERNAL = _problem(
    500, "internal_error", "The gateway failed. Its log has the error of this request_id."
)

_SERVICE_FAILED = _problem(
    502, "service_error", "A service failed. Its log has the error of this request_id."
)
_TIMED_OUT = _problem(504, "service_timeout", "The service did not respond in time.", 5)

_OVERLOADED = _problem(503, "overloaded", "Too many requests are in progress. Try again.", 1)
_IN_ALARM = _problem(
    503, "overloaded", "The broker lacks disk space or memory and takes no messages. Try again.", 2
)
_NOT_RUNNING = _problem(503, "service_unavailable", "A service is not running. Try again.", 2)
_UNREACHABLE = _problem(503, "service_unavailable", "The broker cannot be reached. Try again.", 1)

_OF_CALLS: Mapping[type[RpcError], Problem] = {
    CallTimedOut: _TIMED_OUT,
    BrokerInAlarm: _IN_ALARM,
    Overloaded: _OVERLOADED,
    ServiceUnavailable: _NOT_RUNNING,
    Disconnected: _UNREACHABLE,
}

_OF_SERVICES: Mapping[str, Problem] = {
    "InvalidRequest": _problem(400, "invalid_parameter", "The request is not valid."),
    "PlaceNotFound": _problem(404, "place_not_found", "No place has this name."),
    "PlaceAmbiguous": _problem(409, "place_ambiguous", "Several places have this name."),
    "SourceRefused": _problem(502, "upstream_auth", "A data source rejects the credentials."),
    "SourceLimited": _problem(503, "upstream_rate_limited", "A data source limits the rate.", 60),
    "SourceFailed": _problem(502, "upstream_error", "A data source failed."),
    "SourceTimedOut": _problem(
        504, "upstream_timeout", "A data source did not respond in time.", 5
    ),
    "SourceUnavailable": _problem(503, "upstream_unavailable", "No data source can answer.", 60),
    "StoreUnavailable": _problem(
        503, "service_unavailable", "Jobs cannot be stored or read now. Try again.", 2
    ),
    "JobNotFound": _problem(404, "job_not_found", "There is no such job."),
    "JobNotChangeable": _problem(409, "job_not_changeable", "The job cannot be changed now."),
    "IdempotencyKeyReused": _problem(
        422, "idempotency_key_reused", "The Idempotency-Key belongs to another request."
    ),
    "TooManyOpenJobs": _problem(
        429, "too_many_open_jobs", "Too many of your jobs have not ended.", 10
    ),
    "CallbacksUnavailable": _problem(
        400, "callbacks_unavailable", "This installation sends no callbacks."
    ),
    "DeadlineExceeded": _TIMED_OUT,
    # Errors of a call from one service to another.
    "CallTimedOut": _TIMED_OUT,
    "UnknownService": _NOT_RUNNING,
    "MessageRefused": _OVERLOADED,
    "BrokerUnavailable": _UNREACHABLE,
}
"""By the name of the exception's type. Any other type is a failure of the service."""

_FOR_THE_CALLER: Mapping[str, frozenset[str]] = {
    "InvalidRequest": frozenset({"errors"}),
    "PlaceNotFound": frozenset({"suggestions"}),
    "PlaceAmbiguous": frozenset({"candidates"}),
    "JobNotFound": frozenset(),
    "JobNotChangeable": frozenset({"state"}),
    "IdempotencyKeyReused": frozenset(),
    "TooManyOpenJobs": frozenset(),
    "CallbacksUnavailable": frozenset(),
}
"""Errors whose sentence is passed on to the client, and the members that are passed on with it."""


def problem_of(error: RpcError) -> Problem:
    if isinstance(error, RemoteError):
        return _of_service(error)
    return _OF_CALLS.get(type(error), _SERVICE_FAILED)


def outcome_of(error: RpcError) -> str:
    """Return the type of an error for a metric: one of a fixed set, whatever a service returns."""
    if isinstance(error, RemoteError) and error.exc_type in _OF_SERVICES:
        return error.exc_type
    return type(error).__name__


def _of_service(error: RemoteError) -> Problem:
    problem = _OF_SERVICES.get(error.exc_type, _SERVICE_FAILED)
    sentence, extra = _arguments(error.exc_args)
    if (members := _FOR_THE_CALLER.get(error.exc_type)) is not None:
        shown = {name: extra[name] for name in sorted(members & extra.keys())}
        problem = replace(problem, detail=sentence or problem.detail, members=shown)
    if problem.retry_after is not None and "retry_after" in extra:
        problem = replace(problem, retry_after=_seconds(extra["retry_after"], problem.retry_after))
    return problem


def _arguments(args: tuple[Any, ...]) -> tuple[str, Mapping[str, Any]]:
    """Return the sentence and the mapping of an error of the contract, if there are any."""
    sentence = args[0] if args and isinstance(args[0], str) else ""
    extra = args[1] if len(args) > 1 and isinstance(args[1], dict) else {}
    return sentence, extra


def _seconds(value: Any, default: int) -> int:
    try:
        return max(1, min(_MAX_RETRY_AFTER, round(float(value))))
    except (TypeError, ValueError, OverflowError):
        return default
