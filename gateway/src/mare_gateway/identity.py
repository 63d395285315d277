"""Who is who in a request: its id and its place in a distributed trace (W3C Trace Context)."""

import re
import secrets
from dataclasses import dataclass

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_TRACESTATE = re.compile(r"[\x20-\x7e]{1,512}")
_NO_TRACE = "0" * 32
_NO_SPAN = "0" * 16


@dataclass(frozen=True, slots=True)
class Identity:
    """Travels through every call that a request makes."""

    request_id: str
    trace_id: str
    traceparent: str
    tracestate: str | None = None

    def context(self) -> dict[str, str]:
        """Return what goes into the ``nameko.*`` headers."""
        context = {"request_id": self.request_id, "traceparent": self.traceparent}
        if self.tracestate:
            context["tracestate"] = self.tracestate
        return context


def identify(
    request_id: str | None, traceparent: str | None = None, tracestate: str | None = None
) -> Identity:
    """Return an identity from the headers of a request; what is malformed is made anew.

    A new trace counts as sampled: otherwise services that do export traces would leave it out.
    """
    if request_id is None or not _REQUEST_ID.fullmatch(request_id):
        request_id = secrets.token_hex(16)
    parent = _parse(traceparent)
    if parent is None:
        trace_id, flags, state = secrets.token_hex(16), "01", None
    else:
        trace_id, flags = parent
        state = tracestate if tracestate and _TRACESTATE.fullmatch(tracestate) else None
    return Identity(request_id, trace_id, f"00-{trace_id}-{secrets.token_hex(8)}-{flags}", state)


def _parse(traceparent: str | None) -> tuple[str, str] | None:
    """Return trace id and flags, or None. Later versions may append fields, version 00 may not."""
    match = _TRACEPARENT.fullmatch(traceparent or "")
    if match is None:
        return None
    version, trace_id, span_id, flags, rest = match.groups()
    if version == "ff" or trace_id == _NO_TRACE or span_id == _NO_SPAN:
        return None
    if version == "00" and rest:
        return None
    return trace_id, f"{int(flags, 16) & 1:02x}"
