"""The context of the message that a worker handles."""

import time
import uuid
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from mare_nameko.headers import DEADLINE, REQUEST_ID, TRACEPARENT, TRACESTATE, read_request_id
from mare_nameko.tracing import Kind, Span, TraceContext, Tracer, read_trace_context


@dataclass(frozen=True, slots=True)
class MessageContext:
    """Ids and deadline of a message, for log lines, calls and events that follow from it."""

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
        """Seconds until the deadline, negative after it; None without a deadline."""
        return None if self.deadline is None else self.deadline - time.time()

    def outgoing(self, trace: TraceContext) -> dict[str, Any]:
        return {
            REQUEST_ID: self.request_id,
            TRACEPARENT: trace.traceparent,
            TRACESTATE: trace.state or None,
        }


current: ContextVar[MessageContext | None] = ContextVar("message_context", default=None)
"""The context of the message that the running green thread handles."""


def begin(
    tracer: Tracer, service: str, entrypoint: str, kind: Kind, data: dict[str, Any]
) -> MessageContext:
    """Start the span of a message and return its context; write the new ids into ``data``."""
    name = f"{service}.{entrypoint}"
    parent = read_trace_context(data.get(TRACEPARENT), data.get(TRACESTATE))
    context = MessageContext(
        service=service,
        entrypoint=entrypoint,
        request_id=read_request_id(data.get(REQUEST_ID)) or uuid.uuid4().hex,
        span=tracer.begin(name, kind, parent, {"rpc.system": "nameko", "rpc.method": name}),
        deadline=data.get(DEADLINE),
    )
    data.update(context.outgoing(context.span.context))
    return context
