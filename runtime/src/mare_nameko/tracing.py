"""Spans of a trace: always with ids for logs and headers, whether or not somebody records them."""

import secrets
from collections.abc import Mapping
from typing import Literal, Protocol

from mare_nameko.trace_context import TraceContext

Kind = Literal["server", "client", "consumer", "producer"]


class Span(Protocol):
    """Work that takes time: a message being handled, or a call to another service."""

    @property
    def context(self) -> TraceContext: ...

    def end(self, error: BaseException | None = None) -> None:
        """Say that the work is done; ``error`` marks it as failed."""


class Tracer(Protocol):
    """Begins spans."""

    def begin(
        self, name: str, kind: Kind, parent: TraceContext | None, attributes: Mapping[str, str]
    ) -> Span:
        """Return a span below ``parent``, or of a new trace."""

    def close(self) -> None:
        """Send what is not sent yet."""


class UnrecordedSpan:
    """A span that nobody records: its ids tie logs and messages together."""

    __slots__ = ("context",)

    def __init__(self, context: TraceContext) -> None:
        self.context = context

    def end(self, error: BaseException | None = None) -> None:
        del error


class NoExportTracer:
    """Makes ids and passes them on."""

    def begin(
        self, name: str, kind: Kind, parent: TraceContext | None, attributes: Mapping[str, str]
    ) -> Span:
        del name, kind, attributes
        span_id = secrets.token_hex(8)
        if parent is not None:
            return UnrecordedSpan(parent.child(span_id))
        return UnrecordedSpan(TraceContext(secrets.token_hex(16), span_id))

    def close(self) -> None:
        pass
