"""Bounds of request bodies: how many are being received, how deep their JSON is nested."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
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


class BodyLimits:
    """Counts the threads that wait for bodies: at most `most`, and half as many for one client.

    The HTTP server has no time limit for a body, so that a client which sends half of one keeps
    its thread.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._most_of_client = max(1, most // 2)
        self._lock = threading.Lock()
        self._receiving: Counter[str] = Counter()

    @contextmanager
    def receive(self, client: str) -> Iterator[bool]:
        """Yield whether a body of `client` may be received while the block runs."""
        with self._lock:
            allowed = (
                self._receiving.total() < self._most
                and self._receiving[client] < self._most_of_client
            )
            if allowed:
                self._receiving[client] += 1
        try:
            yield allowed
        finally:
            if allowed:
                with self._lock:
                    self._receiving -= Counter((client,))  # forgets clients without a body
