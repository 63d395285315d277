"""Answers that clients and proxies may keep, and how they ask whether theirs is still good."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from flask import Request, Response

_DEGRADED_SECONDS = 60

_encode = msgspec.json.Encoder().encode


def answer(body: Mapping[str, Any], request: Request, *, seconds: int, language: str) -> Response:
    """Return ``body`` as JSON with a strong ETag, or 304 if the client has it already.

    A degraded answer is to be asked for again sooner: its sources may be back in a minute.
    """
    encoded = _encode(body)
    etag = hashlib.blake2b(encoded, digest_size=16).hexdigest()
    unchanged = request.if_none_match.contains_weak(etag)
    response = Response(
        b"" if unchanged else encoded,
        status=304 if unchanged else 200,
        mimetype="application/json",
    )
    response.headers["ETag"] = f'"{etag}"'
    response.headers["Cache-Control"] = _cache_control(
        min(seconds, _DEGRADED_SECONDS) if body.get("degraded") else seconds
    )
    response.headers["Vary"] = "Accept-Language"
    response.headers["Content-Language"] = language
    return response


def _cache_control(seconds: int) -> str:
    """Return the header; stale answers are welcome for as long as RFC 5861 lets us say."""
    return f"public, max-age={seconds}, stale-while-revalidate={2 * seconds}, stale-if-error=86400"
