"""W3C Trace Context: who called whom, in two headers (https://www.w3.org/TR/trace-context/)."""

import re
from dataclasses import dataclass
from typing import Self

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_FUTURE = "ff"
_SAMPLED = 1

LONGEST_STATE = 512
"""Characters of tracestate that everybody must be able to pass on; longer ones are dropped."""


@dataclass(frozen=True, slots=True)
class TraceContext:
    """One span of a trace: ids in lower-case hexadecimal, 32 and 16 digits."""

    trace_id: str
    span_id: str
    sampled: bool = True
    state: str = ""

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{int(self.sampled):02x}"

    def child(self, span_id: str) -> Self:
        """Return a span of the same trace below this one."""
        return type(self)(self.trace_id, span_id, self.sampled, self.state)


def read_trace_context(traceparent: object, tracestate: object = "") -> TraceContext | None:
    """Return what the headers say, or None if they are absent or wrong: a new trace begins then."""
    found = _TRACEPARENT.fullmatch(traceparent) if isinstance(traceparent, str) else None
    if found is None:
        return None
    version, trace_id, span_id, flags, rest = found.groups()
    if version == _FUTURE or (version == "00" and rest):
        return None
    if not int(trace_id, 16) or not int(span_id, 16):
        return None
    state = tracestate if isinstance(tracestate, str) and len(tracestate) <= LONGEST_STATE else ""
    return TraceContext(trace_id, span_id, bool(int(flags, 16) & _SAMPLED), state)
