"""Probes and metrics over HTTP."""

from collections.abc import Callable, Iterable
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest

FindFailures = Callable[[], list[str]]


class HealthApp:
    """The WSGI application of /livez, /readyz and /metrics."""

    def __init__(
        self,
        liveness_failures: FindFailures,
        readiness_failures: FindFailures,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        self._checks = {"/livez": liveness_failures, "/readyz": readiness_failures}
        self._registry = registry

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        status, kind, body = self.respond(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
        start_response(status, [*headers, ("Cache-Control", "no-store")])
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    def respond(self, method: str, path: str) -> tuple[str, str, bytes]:
        """Return the status line, the media type and the body of a response."""
        plain = "text/plain; charset=utf-8"
        if method not in ("GET", "HEAD"):
            return "405 Method Not Allowed", plain, b"GET or HEAD only\n"
        if path == "/metrics":
            return "200 OK", CONTENT_TYPE_LATEST, generate_latest(self._registry)
        if path not in self._checks:
            return "404 Not Found", plain, b"/livez, /readyz or /metrics\n"
        failures = self._checks[path]()
        if failures:
            return "503 Service Unavailable", plain, ("; ".join(failures) + "\n").encode()
        return "200 OK", plain, b"ok\n"
