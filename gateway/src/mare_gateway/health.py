"""Probes for Kubernetes and the metrics endpoint."""

from flask import Blueprint, Response, abort, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from mare_gateway.metrics import Metrics
from mare_nameko.client import Rpc


def health(rpc: Rpc, metrics: Metrics, metrics_port: int | None = None) -> Blueprint:
    """Return the routes /livez, /readyz and /metrics, the latter at ``metrics_port`` alone."""
    routes = Blueprint("health", __name__)

    @routes.get("/livez")
    def livez() -> Response:
        # The broker's absence is no reason to restart the process; a dead client is.
        return _state(ok=rpc.alive)

    @routes.get("/readyz")
    def readyz() -> Response:
        rpc.start()
        return _state(ok=rpc.ready)

    @routes.get("/metrics")
    def expose() -> Response:
        # The port that the connection was made to, which no header changes.
        if metrics_port is not None and request.environ["SERVER_PORT"] != str(metrics_port):
            abort(404)
        return Response(generate_latest(metrics.registry), content_type=CONTENT_TYPE_LATEST)

    return routes


def _state(*, ok: bool) -> Response:
    return Response(
        "ok\n" if ok else "not ready\n",
        status=200 if ok else 503,
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )
