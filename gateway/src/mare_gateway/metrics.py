"""Prometheus metrics: rate, errors and duration of every route and of every call."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from mare_nameko.client import Rpc

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The gateway's metrics in a registry of their own, so that applications can be many."""

    def __init__(self, rpc: Rpc) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "gateway_http_request_duration_seconds",
            "Time from the request's arrival to its answer.",
            ["method", "route", "status"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.calls = Histogram(
            "gateway_rpc_duration_seconds",
            "Time from a call to its reply or error.",
            ["target", "outcome"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.registry.register(_ClientState(rpc))


class _ClientState(Collector):
    """Reads the client's state when somebody asks, at no cost to the calls."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "gateway_rpc_in_flight", "Calls that wait for a reply.", value=self._rpc.in_flight
        )
        yield GaugeMetricFamily(
            "gateway_rpc_ready", "1 if calls can be made, else 0.", value=float(self._rpc.ready)
        )
        yield CounterMetricFamily(
            "gateway_rpc_connections", "Connections made.", value=self._rpc.connections
        )
