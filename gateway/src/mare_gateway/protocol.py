"""Rules of HTTP that Flask leaves to its server, and granian to its application."""

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, request

from mare_gateway.failures import respond
from mare_gateway.problems import Problem

_NO_HOST = Problem(
    status=400, code="host_required", detail="A request of HTTP/1.1 needs one header Host."
)
_NO_CONTENT = 204
MAX_QUERY = 16_384
"""Characters of a query. The largest sensible one has about 1,000."""

MAX_HEADERS = 16_384
"""Characters of all header fields. granian accepts 64 KiB with the request line."""

_TOO_LONG = Problem(
    status=414, code="url_too_long", detail=f"The query has more than {MAX_QUERY} characters."
)
_TOO_LARGE = Problem(
    status=431,
    code="headers_too_large",
    detail=f"The header fields have more than {MAX_HEADERS} characters.",
)


def has_one_host(environ: Mapping[str, Any]) -> bool:
    """Return whether there is one ``Host``; granian passes "" for none, a list for several."""
    host = environ.get("HTTP_HOST", "")
    return bool(host) and "," not in host


def enforce_protocol(app: Flask) -> None:
    """Refuse requests without one Host (RFC 9112, 3.2), and respond to OPTIONS with 204.

    Several slashes are not merged: a redirect would lead to the host in Host, which can be foreign.
    """
    app.url_map.merge_slashes = False

    @app.before_request
    def require_host() -> Response | None:
        needs_host = request.environ.get("SERVER_PROTOCOL") == "HTTP/1.1"
        return respond(_NO_HOST) if needs_host and not has_one_host(request.environ) else None

    @app.before_request
    def bound_head() -> Response | None:
        environ = request.environ
        if len(environ.get("QUERY_STRING", "")) > MAX_QUERY:
            return respond(_TOO_LONG)
        headers = (len(value) for name, value in environ.items() if name.startswith("HTTP_"))
        return respond(_TOO_LARGE) if sum(headers) > MAX_HEADERS else None

    @app.after_request
    def empty_options(response: Response) -> Response:
        if request.method == "OPTIONS" and response.status_code == 200 and not response.data:  # noqa: PLR2004
            response.status_code = _NO_CONTENT
            response.headers.pop("Content-Type", None)
            response.headers.pop("Content-Length", None)
        return response
