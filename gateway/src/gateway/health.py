"""Probes for Kubernetes and the metrics endpoint."""

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gateway.metrics import Metrics
from gateway.rpc import Rpc


def health(rpc: Rpc, metrics: Metrics) -> Blueprint:
    """Return the routes /livez, /readyz and /metrics."""
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
        return Response(generate_latest(metrics.registry), content_type=CONTENT_TYPE_LATEST)

    return routes


def _state(*, ok: bool) -> Response:
    return Response(
        "ok\n" if ok else "not ready\n",
        status=200 if ok else 503,
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "no-store"},
    )
