"""Prometheus metrics of calls and caches."""

from prometheus_client import Counter, Gauge, Histogram

CALLS = Counter(
    "upstream_calls_total",
    "Calls to a source: answered, skipped by the breaker, throttled, or the kind of failure.",
    ["source", "outcome"],
)
SECONDS = Histogram(
    "upstream_call_duration_seconds",
    "Duration of calls to a source, failures included.",
    ["source"],
    buckets=(0.05, 0.1, 0.2, 0.4, 0.8, 1.2, 2.0, 3.0),
)
OPEN = Gauge(
    "upstream_breaker_open",
    "1 while the breaker of the source is open.",
    ["source"],
)
LOOKUPS = Counter(
    "upstream_cache_lookups_total",
    "Lookups in a cache: kept, loaded or shared with another caller; with -stale or -error.",
    ["cache", "outcome"],
)
