"""What became of each call, for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

CALLS = Counter(
    "upstream_calls_total",
    "Questions to a source: answered, skipped by the breaker, or how they failed.",
    ["source", "outcome"],
)
SECONDS = Histogram(
    "upstream_call_duration_seconds",
    "Time that a source took, failures included.",
    ["source"],
    buckets=(0.05, 0.1, 0.2, 0.4, 0.8, 1.2, 2.0, 3.0),
)
OPEN = Gauge(
    "upstream_breaker_open",
    "1 while the breaker keeps callers from the source.",
    ["source"],
)
LOOKUPS = Counter(
    "upstream_cache_lookups_total",
    "Look-ups in a cache: kept, loaded or shared with another caller; with -stale or -error.",
    ["cache", "outcome"],
)
