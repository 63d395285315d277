"""The form of request bodies: a JSON object that is not nested too deep."""

from typing import Any

import msgspec

from mare_gateway.problems import Problem

MAX_DEPTH = 16
"""Levels of objects and arrays in a body. A batch has four."""

_INVALID = Problem(
    status=400, code="invalid_body", detail="The body must be a JSON object in UTF-8."
)
_TOO_DEEP = Problem(
    status=400,
    code="body_too_deep",
    detail=f"The JSON of the body nests more than {MAX_DEPTH} objects and arrays.",
)


def problem_of_body(received: bytes) -> Problem | None:
    """Return the problem of a body that is no JSON object, or nested too deep."""
    try:
        body = msgspec.json.decode(received)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _INVALID
    except RecursionError:
        return _TOO_DEEP
    if not isinstance(body, dict):
        return _INVALID
    return _TOO_DEEP if _is_deeper(body, MAX_DEPTH) else None


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    children = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(each, levels - 1) for each in children)
