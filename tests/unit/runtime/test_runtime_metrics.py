"""The metrics of a service, as Prometheus reads them."""

import re

import pytest
from prometheus_client import CollectorRegistry

from mare_nameko.service.metrics import BUCKETS, Metrics


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def metrics(registry):
    return Metrics("shop", registry)


@pytest.mark.parametrize(
    ("count", "name", "labels"),
    [
        (lambda m: m.expired("pay"), "expired_total", {"entrypoint": "pay"}),
        (lambda m: m.retried("pay"), "retried_total", {"entrypoint": "pay"}),
        (lambda m: m.dead_lettered("pay"), "dead_lettered_total", {"entrypoint": "pay"}),
        (lambda m: m.rejected("deadline"), "rejected_total", {"reason": "deadline"}),
        (lambda m: m.reconnected(), "reconnects_total", {}),
        (lambda m: m.lagged(1.0), "loop_lag_seconds", {}),
    ],
)
def test_an_event_is_counted_with_the_service_and_its_labels(
    metrics, registry, count, name, labels
):
    count(metrics)

    assert registry.get_sample_value(f"runtime_{name}", {"service": "shop", **labels}) == 1


@pytest.mark.parametrize(
    ("observe", "name", "label"),
    [
        (Metrics.handled, "request_duration_seconds", "entrypoint"),
        (Metrics.called, "call_duration_seconds", "target"),
    ],
)
def test_durations_are_in_buckets_by_outcome(metrics, registry, observe, name, label):
    for outcome in ("ok", "failure", "ok"):
        observe(metrics, "pay", outcome, 0.02)

    labels = {"service": "shop", label: "pay", "outcome": "ok"}
    assert registry.get_sample_value(f"runtime_{name}_sum", labels) == pytest.approx(0.04)
    counts = [
        registry.get_sample_value(f"runtime_{name}_bucket", {**labels, "le": str(float(bound))})
        for bound in BUCKETS
    ]
    assert counts == [2 if bound >= 0.02 else 0 for bound in BUCKETS]


def test_workers_are_read_when_the_metrics_are(metrics, registry):
    busy = [1]
    metrics.watch_workers(10, busy=lambda: busy[0], in_hand=lambda: 2 * busy[0])
    busy[0] = 3

    found = {
        name: registry.get_sample_value(f"runtime_{name}", {"service": "shop"})
        for name in ("workers_max", "workers_busy", "messages_in_hand")
    }
    assert found == {"workers_max": 10, "workers_busy": 3, "messages_in_hand": 6}


def test_each_metric_is_described(metrics, registry):
    for family in registry.collect():
        assert re.fullmatch(r"[A-Z][a-z]+ [a-z ,'-]+\.", family.documentation)
