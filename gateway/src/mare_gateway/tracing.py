"""What the gateway needs of a tracer, and the tracer that traces nothing.

Without a tracer the trace of a request still goes on: its identity has a place in it.
"""

from collections.abc import Mapping
from typing import Protocol, Self


class Span(Protocol):
    """One piece of work with a beginning and an end."""

    def call(self, target: str) -> "Span":
        """Begin the span of a call to ``service.method``."""
        ...

    def context(self) -> dict[str, str]:
        """Return ``traceparent`` and ``tracestate`` for what happens within the span."""
        ...

    def end(self, attributes: Mapping[str, str | int], *, failed: bool) -> None:
        """End the span."""
        ...


class Tracer(Protocol):
    """Makes spans."""

    def serve(self, name: str, headers: Mapping[str, str]) -> Span:
        """Begin the span of a request; ``headers`` has its ``traceparent`` and ``tracestate``."""
        ...

    def close(self) -> None:
        """Export what has ended, and stop."""
        ...


class Untraced:
    """Tracer and span in one, of which nothing remains."""

    def serve(self, name: str, headers: Mapping[str, str]) -> Self:  # noqa: ARG002
        return self

    def call(self, target: str) -> Self:  # noqa: ARG002
        return self

    def context(self) -> dict[str, str]:
        return {}

    def end(self, attributes: Mapping[str, str | int], *, failed: bool) -> None:
        pass

    def close(self) -> None:
        pass
