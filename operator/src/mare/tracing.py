"""One trace for each change of replicas, exported by OpenTelemetry.

`mare_nameko.tracing`, the tracer of the services, is imported only if an endpoint is set: its SDK
takes 20 MB.
"""

import logging
from typing import TYPE_CHECKING

from mare.ports import NoTraces, ScaleChange, Traces

if TYPE_CHECKING:
    from mare_nameko.tracing import Kind, Tracer

_MAX_MESSAGE = 1024
_log = logging.getLogger(__name__)


class ExportedTraces:
    """Implements `Traces`. The spans have the times of a change that is over."""

    def __init__(self, tracer: "Tracer") -> None:
        self._tracer = tracer

    def add(self, change: ScaleChange) -> None:
        decision = change.decision
        begun, read_at, decided_at, sent_at, ended_at = change.times
        root = self._tracer.begin("scale", "internal", None, {}, begun)
        spans: tuple[tuple[str, Kind, float, float], ...] = (
            ("read queues", "client", begun, read_at),
            ("decide", "internal", read_at, decided_at),
            ("patch scale", "client", sent_at, ended_at),
        )
        for name, kind, start, end in spans:
            self._tracer.begin(name, kind, root.context, {}, start).end(ended_at=end)
        attributes: dict[str, str | int] = {
            "k8s.namespace.name": change.key.namespace,
            "mare.object": change.key.name,
            "mare.target": str(change.target),
            "mare.replicas.from": decision.current,
            "mare.replicas.to": decision.replicas,
            "mare.reason": str(decision.reason),
            "mare.message": decision.message[:_MAX_MESSAGE],
        }
        root.end(attributes=attributes, ended_at=ended_at)

    def close(self) -> None:
        self._tracer.close()


def create_traces(*, export: bool) -> Traces:
    """Return traces that are exported if `export` is set and the extra `tracing` is installed."""
    if not export:
        return NoTraces()
    try:
        from mare_nameko.tracing import create_tracer  # noqa: PLC0415  see above
    except ImportError as error:
        _log.warning("Traces are not exported: the extra 'tracing' is not installed (%s)", error)
        return NoTraces()
    return ExportedTraces(create_tracer("mare-operator", export=True))
