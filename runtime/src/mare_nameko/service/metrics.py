"""Prometheus metrics of a service: rate, errors and duration of messages and calls, and workers.

They are in the default registry, like the service's own metrics.
"""

from collections.abc import Callable
from functools import cache

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    def __init__(self, service: str, registry: CollectorRegistry = REGISTRY) -> None:
        def counter(name: str, text: str, *labels: str) -> Callable[..., None]:
            metric = Counter(f"runtime_{name}", text, ["service", *labels], registry=registry)
            return lambda *values: metric.labels(service, *values).inc()

        def histogram(name: str, text: str, *labels: str) -> Callable[..., Histogram]:
            metric = Histogram(
                f"runtime_{name}", text, ["service", *labels], buckets=BUCKETS, registry=registry
            )
            # metric.labels() takes a lock and converts its arguments for each message.
            return cache(lambda *values: metric.labels(service, *values))

        def gauge(name: str, text: str) -> Gauge:
            metric = Gauge(f"runtime_{name}", text, ["service"], registry=registry)
            return metric.labels(service)

        self._handled = histogram(
            "request_duration_seconds",
            "Time a worker spent on a message, by outcome.",
            "entrypoint",
            "outcome",
        )
        self._called = histogram(
            "call_duration_seconds",
            "Time of a call to another service, by outcome.",
            "target",
            "outcome",
        )
        self.expired = counter(
            "expired_total", "Requests dropped because their deadline had passed.", "entrypoint"
        )
        self.retried = counter("retried_total", "Events parked for a retry.", "entrypoint")
        self.dead_lettered = counter(
            "dead_lettered_total", "Events dead-lettered after their last retry.", "entrypoint"
        )
        self.rejected = counter(
            "rejected_total", "Messages rejected because they cannot be handled.", "reason"
        )
        self.reconnected = counter("reconnects_total", "Reconnections to the broker.")
        self._busy = gauge("workers_busy", "Workers that handle a message.")
        self._max = gauge("workers_max", "Maximum number of workers.")
        self._in_hand = gauge("messages_in_hand", "Messages delivered and not acknowledged.")
        self.lagged = gauge("loop_lag_seconds", "Delay of green threads behind their schedule.").set

    def watch_workers(
        self, maximum: int, busy: Callable[[], float], in_hand: Callable[[], float]
    ) -> None:
        self._max.set(maximum)
        self._busy.set_function(busy)
        self._in_hand.set_function(in_hand)

    def handled(self, entrypoint: str, outcome: str, seconds: float) -> None:
        self._handled(entrypoint, outcome).observe(seconds)

    def called(self, target: str, outcome: str, seconds: float) -> None:
        self._called(target, outcome).observe(seconds)
