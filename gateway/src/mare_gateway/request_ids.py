"""The request id of an HTTP request, which goes into all calls that it makes."""

import re

from mare_nameko.headers import REQUEST_ID, TRACEPARENT, TRACESTATE
from mare_nameko.tracing import TraceContext, random_id

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def valid_request_id(request_id: str | None = None) -> str:
    """Return the id of the client, or a new one if that is malformed."""
    if request_id is None or not _REQUEST_ID.fullmatch(request_id):
        return random_id(16)
    return request_id


def call_headers(request_id: str, trace: TraceContext) -> dict[str, str]:
    """Return the ``nameko.*`` headers of a call whose span is ``trace``."""
    headers = {REQUEST_ID: request_id, TRACEPARENT: trace.traceparent}
    if trace.state:
        headers[TRACESTATE] = trace.state
    return headers
