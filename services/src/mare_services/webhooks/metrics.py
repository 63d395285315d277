"""Prometheus metrics of callbacks."""

from prometheus_client import Counter, Histogram

ATTEMPTS = Counter(
    "webhooks_attempts_total",
    "Attempts to deliver callbacks: delivered, failed, skipped by the breaker, or gone.",
    ["outcome"],
)
SECONDS = Histogram(
    "webhooks_attempt_duration_seconds",
    "Duration of attempts that were sent.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0),
)
POSTPONED = Counter(
    "webhooks_postponed_total", "Callbacks held back by the bounds of their destination."
)
DEAD_LETTERS = Counter("webhooks_dead_letters_total", "Callbacks given up after the last attempt.")
