"""Errors as RFC 9457 problem details, and the one table that maps every error to one.

A problem carries sentences that we wrote and values that the caller sent or may see. Never an
upstream's body, a stack trace or a secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

from mare_nameko.client import (
    CallTimedOut,
    Disconnected,
    Overloaded,
    RemoteError,
    RpcError,
    ServiceUnavailable,
)

MEDIA_TYPE = "application/problem+json"

_LONGEST_RETRY_AFTER = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem.

    Attributes:
        code: a stable word for programs.
        detail: a sentence for people.
        retry_after: seconds after which another try makes sense.
        members: extension members, such as ``errors``, ``suggestions`` or ``candidates``.
    """

    status: int
    code: str
    detail: str
    retry_after: int | None = None
    members: Mapping[str, Any] = field(default_factory=dict)

    def document(self, *, instance: str, request_id: str) -> dict[str, Any]:
        """Return the JSON document; ``instance`` is the path of the request."""
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


def _problem(status: int, code: str, detail: str, retry_after: int | None = None) -> Problem:
    return Problem(status=status, code=code, detail=detail, retry_after=retry_after)


INTERNAL = _problem(500, "internal_error", "Something went wrong here. It has been noted.")

_SERVICE_FAILED = _problem(502, "service_error", "A service failed to answer this request.")
_TIMED_OUT = _problem(504, "service_timeout", "The answer took too long.")

_OVERLOADED = _problem(503, "overloaded", "Too many requests at once. Try again.", 1)
_NOT_RUNNING = _problem(503, "service_unavailable", "A service is not running.", 2)
_UNREACHABLE = _problem(503, "service_unavailable", "The services cannot be reached.", 1)

_OF_CALLS: Mapping[type[RpcError], Problem] = {
    CallTimedOut: _TIMED_OUT,
    Overloaded: _OVERLOADED,
    ServiceUnavailable: _NOT_RUNNING,
    Disconnected: _UNREACHABLE,
}

_OF_SERVICES: Mapping[str, Problem] = {
    "InvalidRequest": _problem(400, "invalid_parameter", "The request is not valid."),
    "PlaceNotFound": _problem(404, "place_not_found", "No such place is known."),
    "PlaceAmbiguous": _problem(409, "place_ambiguous", "Several places have this name."),
    "SourceRefused": _problem(502, "upstream_auth", "A source of our data refuses our access."),
    "SourceLimited": _problem(
        503, "upstream_rate_limited", "A source of our data limits our requests.", 60
    ),
    "SourceFailed": _problem(502, "upstream_error", "A source of our data fails."),
    "SourceTimedOut": _problem(504, "upstream_timeout", "A source of our data does not answer."),
    "SourceUnavailable": _problem(503, "upstream_unavailable", "No source can answer.", 60),
    "DeadlineExceeded": _TIMED_OUT,
    # of a service that calls another one
    "CallTimedOut": _TIMED_OUT,
    "UnknownService": _NOT_RUNNING,
    "MessageRefused": _OVERLOADED,
    "BrokerUnavailable": _UNREACHABLE,
}
"""By the name of the exception's type; a type that is not here is a failure of the service."""

_FOR_THE_CALLER: Mapping[str, frozenset[str]] = {
    "InvalidRequest": frozenset({"errors"}),
    "PlaceNotFound": frozenset({"suggestions"}),
    "PlaceAmbiguous": frozenset({"candidates"}),
}
"""Errors whose own sentence is passed on, and the members that are passed on with it."""


def problem_of(error: RpcError) -> Problem:
    """Return the problem that a failed call is to the client."""
    if isinstance(error, RemoteError):
        return _of_service(error)
    return _OF_CALLS.get(type(error), _SERVICE_FAILED)


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
    """Return the sentence and the mapping that the services' errors carry, if they do."""
    sentence = args[0] if args and isinstance(args[0], str) else ""
    extra = args[1] if len(args) > 1 and isinstance(args[1], dict) else {}
    return sentence, extra


def _seconds(value: Any, default: int) -> int:
    try:
        return max(1, min(_LONGEST_RETRY_AFTER, round(float(value))))
    except (TypeError, ValueError, OverflowError):
        return default
