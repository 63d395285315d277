"""Response headers for caches and for browsers."""

from collections.abc import Mapping
from typing import Any

from flask import Flask, Request, Response, request

from mare_gateway.caching.answer_cache import Answer, encode_entity
from mare_gateway.cross_origin import CrossOrigin

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


def answer_response(answer: Answer, request: Request, *, age: int = 0) -> Response:
    """Return the response with an answer, or 304 if the client has the same one."""
    headers = [*answer.headers.items(), ("Age", str(age))] if age else [*answer.headers.items()]
    return _response(answer.body, answer.etag, request, headers)


def entity(body: Mapping[str, Any], request: Request) -> Response:
    """Return ``body`` as JSON with a strong ETag, or 304 if the client has the same body."""
    encoded, etag = encode_entity(body)
    return _response(encoded, etag, request, [("ETag", etag)])


def _response(
    encoded: bytes, etag: str, request: Request, headers: list[tuple[str, str]]
) -> Response:
    unchanged = request.method == "GET" and request.if_none_match.contains_weak(etag.strip('"'))
    return Response(
        b"" if unchanged else encoded,
        status=304 if unchanged else 200,
        headers=headers,
        mimetype="application/json",
    )


def add_security_headers(app: Flask) -> None:
    @app.after_request
    def add(response: Response) -> Response:
        missing = [each for each in SECURITY_HEADERS.items() if each[0] not in response.headers]
        response.headers.extend(missing)
        return response


def allow_cross_origin(app: Flask, rule: CrossOrigin) -> None:
    """Add the headers of the rule to the responses of the API."""

    @app.after_request
    def allow(response: Response) -> Response:
        if not request.path.startswith(("/v1/", "/openapi.json")):
            return response
        origin = request.headers.get("Origin")
        headers = dict(rule.headers(origin, request.method, request.path))
        if vary := headers.pop("Vary", None):
            response.vary.add(vary)
        response.headers.extend(headers)
        return response
