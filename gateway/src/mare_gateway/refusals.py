"""Answers to requests that never reach the application, because they are no HTTP or too large."""

from http import HTTPStatus

import msgspec
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException

from mare_gateway.identity import identify
from mare_gateway.problems import INTERNAL, MEDIA_TYPE, Problem


def problem_of(error: BaseException) -> Problem:
    """Return the problem that is told to the client."""
    if isinstance(error, LimitRequestLine):
        return Problem(status=414, code="uri_too_long", detail="The address is too long.")
    if isinstance(error, LimitRequestHeaders):
        return Problem(status=431, code="headers_too_large", detail="The headers are too large.")
    if isinstance(error, ParseException):
        return Problem(status=400, code="bad_request", detail="This is not a valid HTTP request.")
    return INTERNAL


def as_bytes(problem: Problem) -> bytes:
    """Return a whole HTTP response."""
    request_id = identify(None).request_id
    body = msgspec.json.encode(problem.document(instance="", request_id=request_id))
    head = (
        f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}\r\n"
        f"Content-Type: {MEDIA_TYPE}\r\nContent-Length: {len(body)}\r\n"
        f"X-Request-Id: {request_id}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body
