"""What travels with a message besides its body: in AMQP headers that begin with ``nameko.``.

Nameko hands every such header on to all calls and events that follow from a message. The names
here are without the prefix, as in ``WorkerContext.data``.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from nameko.constants import CALL_ID_STACK_CONTEXT_KEY as CALL_ID_STACK

PREFIX = "nameko."
DEADLINE = "deadline"
REQUEST_ID = "request_id"
TRACEPARENT = "traceparent"
TRACESTATE = "tracestate"

_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")


def read_headers(headers: Mapping[str, Any]) -> dict[str, Any]:
    """Return Nameko's headers without their prefix; others are between broker and consumer."""
    return {
        name.removeprefix(PREFIX): value
        for name, value in headers.items()
        if name.startswith(PREFIX)
    }


def write_headers(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``data`` as AMQP headers; nulls are left out, as Nameko does."""
    return {PREFIX + name: value for name, value in data.items() if value is not None}


def find_mistake(headers: Mapping[str, Any]) -> str | None:
    """Return what is wrong with headers that Nameko or the runtime would stumble over, or None."""
    if not all(isinstance(name, str) for name in headers):  # py-amqp leaves bytes beyond UTF-8
        return "header name"
    stack = headers.get(PREFIX + CALL_ID_STACK, [])
    if not isinstance(stack, list) or not all(isinstance(call, str) for call in stack):
        return "call_id_stack"
    deadline = headers.get(PREFIX + DEADLINE)
    if deadline is not None and not is_time(deadline):
        return DEADLINE
    return None


def is_time(value: object) -> bool:
    """Tell whether ``value`` can be seconds since the epoch."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def read_request_id(value: object) -> str | None:
    """Return a request id that can stand in a log line, or None."""
    return value if isinstance(value, str) and _REQUEST_ID.fullmatch(value) else None
