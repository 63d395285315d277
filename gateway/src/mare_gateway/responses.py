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
    response = _response(answer.body, answer.etag, request)
    response.headers.update(answer.headers)
    if age:
        response.headers["Age"] = str(age)
    return response


def entity(body: Mapping[str, Any], request: Request) -> Response:
    """Return ``body`` as JSON with a strong ETag, or 304 if the client has the same body."""
    return _response(*encode_entity(body), request)


def _response(encoded: bytes, etag: str, request: Request) -> Response:
    unchanged = request.method == "GET" and request.if_none_match.contains_weak(etag.strip('"'))
    response = Response(
        b"" if unchanged else encoded,
        status=304 if unchanged else 200,
        mimetype="application/json",
    )
    response.headers["ETag"] = etag
    return response


def add_security_headers(app: Flask) -> None:
    @app.after_request
    def add(response: Response) -> Response:
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response


def allow_cross_origin(app: Flask, rule: CrossOrigin) -> None:
    """Add the headers of the rule to the responses of the API."""

    @app.after_request
    def allow(response: Response) -> Response:
        if not request.path.startswith(("/v1/", "/openapi.json")):
            return response
        origin = request.headers.get("Origin")
        for name, value in rule.headers(origin, request.method, request.path).items():
            if name == "Vary":
                response.vary.add(value)
            else:
                response.headers[name] = value
        return response
