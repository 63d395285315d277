"""AMQP headers of requests and events that begin with ``nameko.``.

Nameko copies every such header to all calls and events that follow from a message. The names here
are without the prefix, as in ``WorkerContext.data``.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

PREFIX = "nameko."
CALL_ID_STACK = "call_id_stack"
DEADLINE = "deadline"
"""Seconds since the epoch after which the caller ignores the reply. It is a header and not the
property ``expiration``: a message that expires in a queue would become a dead letter."""
REQUEST_ID = "request_id"
TRACEPARENT = "traceparent"
TRACESTATE = "tracestate"

_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")


def read_headers(headers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the headers with Nameko's prefix, without it. Others are not passed on."""
    return {
        name.removeprefix(PREFIX): value
        for name, value in headers.items()
        if name.startswith(PREFIX)
    }


def write_headers(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``data`` as AMQP headers; None values are left out, as Nameko does."""
    return {PREFIX + name: value for name, value in data.items() if value is not None}


def find_mistake(headers: Mapping[str, Any]) -> str | None:
    """Return the name of a header that Nameko or the runtime cannot process, or None."""
    if not all(isinstance(name, str) for name in headers):  # py-amqp leaves non-UTF-8 as bytes
        return "header name"
    stack = headers.get(PREFIX + CALL_ID_STACK, [])
    if not isinstance(stack, list) or not all(isinstance(call, str) for call in stack):
        return CALL_ID_STACK
    deadline = headers.get(PREFIX + DEADLINE)
    return None if deadline is None or _is_time(deadline) else DEADLINE


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def read_request_id(value: object) -> str | None:
    """Return a request id that is safe in a log line, or None."""
    return value if isinstance(value, str) and _REQUEST_ID.fullmatch(value) else None
