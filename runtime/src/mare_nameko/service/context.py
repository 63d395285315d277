"""One message being handled, from the moment a worker takes it to the moment it is settled."""

import time
import uuid
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from mare_nameko.headers import (
    DEADLINE,
    REQUEST_ID,
    TRACEPARENT,
    TRACESTATE,
    read_request_id,
)
from mare_nameko.tracing import Kind, Span, TraceContext, Tracer, read_trace_context


@dataclass(frozen=True, slots=True)
class MessageContext:
    """What log lines, nested calls and events tell about the message that caused them."""

    service: str
    entrypoint: str
    request_id: str
    span: Span
    deadline: float | None
    """Seconds since the epoch."""

    @property
    def name(self) -> str:
        return f"{self.service}.{self.entrypoint}"

    @property
    def remaining(self) -> float | None:
        """Seconds until the deadline, negative after it; None without one."""
        return None if self.deadline is None else self.deadline - time.time()

    def onward(self, trace: TraceContext) -> dict[str, Any]:
        """Return what a message that we send must carry; ``trace`` is the sending's own span."""
        return {
            REQUEST_ID: self.request_id,
            TRACEPARENT: trace.traceparent,
            TRACESTATE: trace.state or None,
        }


current: ContextVar[MessageContext | None] = ContextVar("context", default=None)
"""The context of the running green thread."""


def begin(
    tracer: Tracer, service: str, entrypoint: str, kind: Kind, data: dict[str, Any]
) -> MessageContext:
    """Return the context for a message with the context ``data``, which is brought up to date.

    Ids that the message lacks are made; its span becomes the parent of ours.
    """
    name = f"{service}.{entrypoint}"
    parent = read_trace_context(data.get(TRACEPARENT), data.get(TRACESTATE))
    context = MessageContext(
        service=service,
        entrypoint=entrypoint,
        request_id=read_request_id(data.get(REQUEST_ID)) or uuid.uuid4().hex,
        span=tracer.begin(name, kind, parent, {"rpc.system": "nameko", "rpc.method": name}),
        deadline=data.get(DEADLINE),
    )
    data.update(context.onward(context.span.context))
    return context
