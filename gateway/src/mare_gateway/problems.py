"""Problem details (RFC 9457), and the table that maps each error to one.

A problem never contains the body of an upstream's response, a stack trace or a secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from importlib.resources import files
from typing import Any

import msgspec

from mare_nameko.client import RemoteError, RpcError

MEDIA_TYPE = "application/problem+json"

_MAX_RETRY_AFTER = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
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


class Refused(Exception):
    """Raised when a request is refused; carries the problem to respond with."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


INTERNAL = Problem(
    status=500,
    code="internal_error",
    detail="The gateway failed. Its log has the error of this request_id.",
)
_SERVICE_FAILED = Problem(
    status=502,
    code="service_error",
    detail="A service failed. Its log has the error of this request_id.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry(Problem):
    errors: tuple[str, ...]
    """Names of the types of exceptions, of calls and of services."""
    shown: frozenset[str] | None = None
    """The members that are passed on to the client, with the error's sentence; None for neither."""


_ENTRIES = {
    name: entry
    for entry in msgspec.json.decode(
        files("mare_gateway").joinpath("problems.json").read_bytes(), type=list[_Entry]
    )
    for name in entry.errors
}
"""Any other type of exception is a failure of the service."""


def problem_of(error: RpcError) -> Problem:
    entry = _ENTRIES.get(_name_of(error))
    if entry is None:
        return _SERVICE_FAILED
    problem: Problem = entry
    sentence, extra = _arguments(error.exc_args) if isinstance(error, RemoteError) else ("", {})
    if entry.shown is not None:
        members = {name: extra[name] for name in sorted(entry.shown & extra.keys())}
        problem = replace(problem, detail=sentence or problem.detail, members=members)
    if problem.retry_after is not None and "retry_after" in extra:
        problem = replace(problem, retry_after=_seconds(extra["retry_after"], problem.retry_after))
    return problem


def outcome_of(error: RpcError) -> str:
    """Return the type of an error for a metric: one of a fixed set, whatever a service returns."""
    name = _name_of(error)
    return name if name in _ENTRIES else type(error).__name__


def _name_of(error: RpcError) -> str:
    return error.exc_type if isinstance(error, RemoteError) else type(error).__name__


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
