"""Responds to every error of a request with a problem document."""

import logging
import re
from collections.abc import Callable

import msgspec
from flask import Blueprint, Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from mare_gateway.problems import INTERNAL, MEDIA_TYPE, Problem, Refused, problem_of
from mare_nameko.client import RpcError

log = logging.getLogger(__name__)

_SENTENCES = {
    404: "This path does not exist.",
    405: "This path does not support the method.",
    413: "The request body is too large.",
    415: "The body must be JSON, with Content-Type: application/json.",
}


def respond(problem: Problem) -> Response:
    document = problem.document(instance=request.path, request_id=g.request_id)
    return Response(
        msgspec.json.encode(document),
        status=problem.status,
        headers=problem.response_headers,
        content_type=MEDIA_TYPE,
    )


def handle_failures(
    app: Flask | Blueprint, respond: Callable[[Problem], Response] = respond
) -> None:
    @app.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        return respond(error.problem)

    @app.errorhandler(RpcError)
    def call_failed(error: RpcError) -> Response:
        problem = problem_of(error)
        if problem.status >= 500:  # noqa: PLR2004
            log.warning("Call failed: %s", error, extra={"request_id": g.request_id})
        return respond(problem)

    @app.errorhandler(HTTPException)
    def not_handled(error: HTTPException) -> Response:
        status = error.code or 500
        response = respond(
            Problem(
                status=status,
                code=re.sub(r"\W+", "_", error.name.lower()),
                detail=_SENTENCES.get(status, f"{error.name}."),
            )
        )
        for name, value in error.get_headers():
            if name not in ("Content-Type", "Content-Length"):
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        log.error("Request failed", exc_info=error, extra={"request_id": g.request_id})
        return respond(INTERNAL)
