"""The series of alerts as a node of RabbitMQ 4.0.5 exports them, stored for tests without one."""

from collections.abc import Iterator
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

STORED = Path(__file__).with_name("scrape-4.0.5.txt").read_text()
Series = tuple[str, tuple[str, ...]]
"""A metric and the names of its labels."""


def series(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield name and labels of each series of a page that Prometheus reads."""
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield sample.name, sample.labels


def shapes(text: str) -> set[Series]:
    return {(name, tuple(sorted(labels))) for name, labels in series(text)}


def stored(metric: str, **labels: str) -> str:
    """Return a stored series as a rule reads it, with the labels that Prometheus adds."""
    own = next(labels for name, labels in series(STORED) if name == metric)
    pairs = {**own, "namespace": "market", "pod": "shop-rabbitmq-0", **labels}
    return f"{metric}{{{', '.join(f'{key}={value!r}' for key, value in pairs.items())}}}"
