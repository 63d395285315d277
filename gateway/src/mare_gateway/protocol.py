"""Rules of HTTP that Flask leaves to its server, and granian to its application."""

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, request

from mare_gateway.environ import HEADER_CHARACTERS
from mare_gateway.failures import respond
from mare_gateway.forwarded import NO_ADDRESS
from mare_gateway.problems import Problem

_NO_HOST = Problem(
    status=400, code="host_required", detail="A request of HTTP/1.1 needs one header Host."
)
_NO_CONTENT = 204
MAX_URL = 16_384
"""Characters of path and query. The largest sensible ones have about 1,000."""

MAX_HEADERS = 16_384
"""Characters of all header fields. granian accepts 20 KiB with the request line."""

_TOO_LONG = Problem(
    status=414, code="url_too_long", detail=f"The URL has more than {MAX_URL} characters."
)
_TOO_LARGE = Problem(
    status=431,
    code="headers_too_large",
    detail=f"The header fields have more than {MAX_HEADERS} characters.",
)

REFUSED = "mare_gateway.refused"
"""Key of the environment: the problem of a body that was not received."""

PROBLEM = "mare_gateway.problem"
"""Key of the environment: what is wrong with a request, whatever it asks for."""

ARRIVED = "mare_gateway.arrived"
"""Key of the environment: when the whole request had arrived (``time.perf_counter``)."""


def problem_of(environ: Mapping[str, Any]) -> Problem | None:
    """Return why a request is refused before it is routed, or answered from the cache."""
    if environ.get(REFUSED) is not None:
        refused: Problem = environ[REFUSED]
        return refused
    if environ.get("REMOTE_ADDR") is None:
        return NO_ADDRESS
    if environ.get("SERVER_PROTOCOL") == "HTTP/1.1" and not _has_one_host(environ):
        return _NO_HOST
    if len(environ["PATH_INFO"]) + len(environ["QUERY_STRING"]) > MAX_URL:
        return _TOO_LONG
    return _TOO_LARGE if _header_characters(environ) > MAX_HEADERS else None


def _header_characters(environ: Mapping[str, Any]) -> int:
    """Return the length of all header fields. Only our own ASGI server has counted it before."""
    counted: int | None = environ.get(HEADER_CHARACTERS)
    if counted is None:
        fields = ((key, text) for key, text in environ.items() if key.startswith("HTTP_"))
        counted = sum(len(key) + len(text) for key, text in fields)
    return counted


def _has_one_host(environ: Mapping[str, Any]) -> bool:
    """Return whether there is one ``Host`` (RFC 9112, 3.2); granian passes "" for none."""
    host = environ.get("HTTP_HOST", "")
    return bool(host) and "," not in host


def enforce_protocol(app: Flask) -> None:
    """Refuse requests that have a problem, and respond to OPTIONS with 204.

    Several slashes are not merged: a redirect would lead to the host in Host, which can be foreign.
    """
    app.url_map.merge_slashes = False

    @app.before_request
    def refuse() -> Response | None:
        problem = request.environ[PROBLEM]
        return None if problem is None else respond(problem)

    @app.after_request
    def empty_options(response: Response) -> Response:
        if request.method == "OPTIONS" and response.status_code == 200 and not response.data:  # noqa: PLR2004
            response.status_code = _NO_CONTENT
            response.headers.pop("Content-Type", None)
            response.headers.pop("Content-Length", None)
        return response
