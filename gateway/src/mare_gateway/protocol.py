"""Rules of HTTP that Flask leaves to its server, and granian to its application."""

from flask import Flask, Response, request

from mare_gateway.failures import respond
from mare_gateway.problems import Problem

_NO_HOST = Problem(
    status=400, code="host_required", detail="A request of HTTP/1.1 needs the header Host."
)
_NO_CONTENT = 204


def keep_to_protocol(app: Flask) -> None:
    """Refuse requests without Host (RFC 9112, 3.2), and respond to OPTIONS with 204.

    Several slashes are not merged: a redirect would lead to wherever Host says.
    """
    app.url_map.merge_slashes = False

    @app.before_request
    def require_host() -> Response | None:
        has_host = "HTTP_HOST" in request.environ
        needs_host = request.environ.get("SERVER_PROTOCOL") == "HTTP/1.1"
        return respond(_NO_HOST) if needs_host and not has_host else None

    @app.after_request
    def empty_options(response: Response) -> Response:
        if request.method == "OPTIONS" and response.status_code == 200 and not response.data:  # noqa: PLR2004
            response.status_code = _NO_CONTENT
            response.headers.pop("Content-Type", None)
            response.headers.pop("Content-Length", None)
        return response
