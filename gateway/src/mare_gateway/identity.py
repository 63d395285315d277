"""The request id and the trace of an HTTP request, which go into all calls that it makes."""

import re
import secrets
from dataclasses import dataclass

from mare_nameko.headers import REQUEST_ID, TRACEPARENT, TRACESTATE
from mare_nameko.tracing import TraceContext

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


@dataclass(frozen=True, slots=True)
class Identity:
    """Identifies one HTTP request in logs, answers and calls."""

    request_id: str
    trace_id: str

    def headers(self, trace: TraceContext) -> dict[str, str]:
        """Return the ``nameko.*`` headers of a call whose span is ``trace``."""
        headers = {REQUEST_ID: self.request_id, TRACEPARENT: trace.traceparent}
        if trace.state:
            headers[TRACESTATE] = trace.state
        return headers


def identify(request_id: str | None, trace: TraceContext) -> Identity:
    return Identity(valid_request_id(request_id), trace.trace_id)


def valid_request_id(request_id: str | None) -> str:
    """Return the id of the client, or a new one if that is malformed."""
    if request_id is None or not _REQUEST_ID.fullmatch(request_id):
        return secrets.token_hex(16)
    return request_id
