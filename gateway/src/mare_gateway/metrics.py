"""Prometheus metrics: rate, errors and duration of routes and calls, and the state of the client.

With several worker processes they are kept in files (``PROMETHEUS_MULTIPROC_DIR``), which a scrape
adds up.
"""

import multiprocessing
import os
import signal
import time
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from mare_nameko.client import RpcClient

HEARTBEAT = "gateway_worker_heartbeat_timestamp_seconds"
READY = "gateway_rpc_ready"

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_REPORT_SECONDS = 0.25


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        histogram = partial(Histogram, buckets=_BUCKETS, registry=self.registry)
        counter = partial(Counter, registry=self.registry)
        gauge = partial(Gauge, registry=self.registry)
        self.requests = histogram(
            "gateway_http_request_duration_seconds",
            "Time from the start of a request to its response.",
            ["method", "route", "status"],
        )
        self.calls = histogram(
            "gateway_rpc_duration_seconds",
            "Time from a call to its reply or error.",
            ["target", "outcome"],
        )
        self.cache = counter(
            "gateway_cache_lookups",
            "Questions by how they were answered: hit, stale, loaded, or shared with another load.",
            ["outcome"],
        )
        self.in_flight = gauge(
            "gateway_rpc_in_flight", "Calls that wait for a reply.", multiprocess_mode="livesum"
        )
        self.ready = gauge(
            READY,
            "1 if calls can be made, else 0; the lowest value of all workers.",
            multiprocess_mode="livemin",
        )
        self.connections = counter("gateway_rpc_connections", "Connections made to the broker.")
        self.heartbeat = gauge(
            HEARTBEAT,
            "Last time that a worker was alive; the earliest of all workers.",
            multiprocess_mode="livemin",
        )
        self._connections = 0

    def report(self, rpc: RpcClient) -> None:
        """Set the metrics of the client's state.

        A client whose thread has died reports no heartbeat: the process has to be restarted.
        """
        self.in_flight.set(rpc.in_flight)
        self.ready.set(rpc.ready)
        self.connections.inc(rpc.connections - self._connections)
        self._connections = rpc.connections
        if rpc.alive:
            self.heartbeat.set_to_current_time()


def report_state(rpc: RpcClient, metrics: Metrics) -> None:
    """Report the client's state; end with the parent process, so that the port becomes free."""
    parent = multiprocessing.parent_process()
    while parent is None or parent.is_alive():
        metrics.report(rpc)
        time.sleep(_REPORT_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
