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


def test_each_metric_is_described(metrics, registry):
    for family in registry.collect():
        assert re.fullmatch(r"[A-Z][a-z]+ [a-z ,'-]+\.", family.documentation)
