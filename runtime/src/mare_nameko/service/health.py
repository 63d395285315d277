"""/livez, /readyz and /metrics over HTTP, served between the messages by the same loop.

That it is the same loop is the point: a handler that blocks it blocks the answer too, and the
kubelet notices.
"""

import socket
from collections.abc import Callable, Iterable
from logging import getLogger
from typing import Any

import eventlet
from eventlet import wsgi
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest

_log = getLogger(__name__)

StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Question = Callable[[], list[str]]

CONNECTIONS = 16
SOCKET_SECONDS = 5.0
LONGEST_URL = 512


class HealthApp:
    """A WSGI application; a question returns the reasons for a no."""

    def __init__(
        self, alive: Question, ready: Question, registry: CollectorRegistry = REGISTRY
    ) -> None:
        self._questions = {"/livez": alive, "/readyz": ready}
        self._registry = registry

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        status, kind, body = self._answer(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
        start_response(status, [*headers, ("Cache-Control", "no-store")])
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    def _answer(self, method: str, path: str) -> tuple[str, str, bytes]:
        plain = "text/plain; charset=utf-8"
        if method not in ("GET", "HEAD"):
            return "405 Method Not Allowed", plain, b"GET or HEAD only\n"
        if path == "/metrics":
            return "200 OK", CONTENT_TYPE_LATEST, generate_latest(self._registry)
        if path not in self._questions:
            return "404 Not Found", plain, b"/livez, /readyz or /metrics\n"
        reasons = self._questions[path]()
        if reasons:
            return "503 Service Unavailable", plain, ("; ".join(reasons) + "\n").encode()
        return "200 OK", plain, b"ok\n"


def serve_health(app: HealthApp, host: str, port: int) -> int:
    """Serve ``app`` in a green thread; return the port, or raise OSError if it is taken.

    Without a ``host`` it listens on all addresses, of both families where there are two.
    """
    host = host or ("::" if socket.has_dualstack_ipv6() else "0.0.0.0")  # noqa: S104  that is asked
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = eventlet.listen((host, port), family, reuse_port=False)
    eventlet.spawn(
        wsgi.server,
        listener,
        app,
        log_output=False,
        debug=False,
        keepalive=False,
        max_size=CONNECTIONS,
        socket_timeout=SOCKET_SECONDS,
        url_length_limit=LONGEST_URL,
        log=getLogger("eventlet.wsgi"),
    )
    taken: int = listener.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    _log.info("Serving health and metrics at http://%s:%d", shown, taken)
    return taken
