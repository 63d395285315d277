"""Response headers for caches and for browsers."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from flask import Flask, Request, Response

_DEGRADED_SECONDS = 60
_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}

_encode = msgspec.json.Encoder().encode


def answer(body: Mapping[str, Any], request: Request, *, seconds: int, language: str) -> Response:
    """Return ``body`` as JSON with a strong ETag, or 304 if the client has the same body.

    It may be cached for ``seconds``. A degraded answer may be cached for 60 s at most, because its
    sources may respond again by then.
    """
    response = entity(body, request)
    response.headers["Cache-Control"] = _cache_control(
        min(seconds, _DEGRADED_SECONDS) if body.get("degraded") else seconds
    )
    response.headers["Vary"] = "Accept-Language"
    response.headers["Content-Language"] = language
    return response


def entity(body: Mapping[str, Any], request: Request) -> Response:
    """Return ``body`` as JSON with a strong ETag, or 304 if the client has the same body."""
    encoded = _encode(body)
    etag = hashlib.blake2b(encoded, digest_size=16).hexdigest()
    unchanged = request.method == "GET" and request.if_none_match.contains_weak(etag)
    response = Response(
        b"" if unchanged else encoded,
        status=304 if unchanged else 200,
        mimetype="application/json",
    )
    response.headers["ETag"] = f'"{etag}"'
    return response


def _cache_control(seconds: int) -> str:
    """Return the header. Stale answers may be used as RFC 5861 describes."""
    return f"public, max-age={seconds}, stale-while-revalidate={2 * seconds}, stale-if-error=86400"


def add_security_headers(app: Flask) -> None:
    """Add headers to every response that does not set them itself."""

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in _SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response
