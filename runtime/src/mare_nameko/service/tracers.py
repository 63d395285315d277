"""Which tracer a service gets."""

from logging import getLogger

from mare_nameko.tracing import NoExportTracer, Tracer

_log = getLogger(__name__)


def tracer_for(service: str, *, export: bool) -> Tracer:
    """Return a tracer that exports, if that is wanted and the ``tracing`` extra is installed."""
    if not export:
        return NoExportTracer()
    try:
        from mare_nameko.otel import OpenTelemetryTracer  # noqa: PLC0415  0.2 s of imports
    except ImportError as error:
        _log.warning("Traces are not exported, the extra 'tracing' is not installed: %s", error)
        return NoExportTracer()
    return OpenTelemetryTracer(service)
