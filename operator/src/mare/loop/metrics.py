"""What Prometheus is told."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from mare.domain.unknown import Unknown
from mare.loop.record import Record, View
from mare.ports import Scale

_LATENCIES = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_OBJECT = ("namespace", "name")


class Metrics:
    """One registry for each operator, so that two in a process do not meet."""

    def __init__(self, record: Record) -> None:
        self.registry = CollectorRegistry()
        self._objects = _Objects(record)
        self.registry.register(self._objects)
        self.decision_latency = Histogram(
            "mare_decision_to_scale_seconds",
            "From the reading to the changed workload",
            buckets=_LATENCIES,
            registry=self.registry,
        )
        self.round = Histogram(
            "mare_round_seconds",
            "From reading the queues of a broker to the last decision",
            buckets=_LATENCIES,
            registry=self.registry,
        )
        self.changes = Counter(
            "mare_scale_changes", "Changes carried out", ["direction"], registry=self.registry
        )
        self.conflicts = Counter(
            "mare_scale_conflicts", "Changes decided anew", registry=self.registry
        )
        self.broker_errors = Counter(
            "mare_broker_errors", "Looks that found nothing", ["reason"], registry=self.registry
        )
        self._leading = Gauge("mare_leader", "1 while this replica acts", registry=self.registry)

    def leads(self, acts: bool) -> None:  # noqa: FBT001
        """Tell whether this replica acts; what it saw of objects before is nobody's news."""
        self._leading.set(acts)
        self._objects.are_told = acts

    def scaled(self, read_at: float, now: float, *, up: bool) -> None:
        self.changes.labels("up" if up else "down").inc()
        self.decision_latency.observe(max(0.0, now - read_at))

    def looked(self, view: View) -> None:
        if isinstance(view.reading.queues, Unknown):
            self.broker_errors.labels(view.reading.queues.reason).inc()


class _Objects(Collector):
    """The numbers of each object, drawn from the record when they are asked for."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self.are_told = False

    def collect(self) -> Iterable[GaugeMetricFamily]:
        views = [past.view for past in self._record.histories.values()] if self.are_told else []
        for name, text, number in _NUMBERS:
            family = GaugeMetricFamily(name, text, labels=_OBJECT)
            for view in views:
                value = number(view)
                if value is not None:
                    family.add_metric(list(view.autoscaler.key), value)
            yield family


def _age(view: View) -> float | None:
    queues = view.reading.queues
    if isinstance(queues, Unknown) or not queues:
        return None
    return view.at - min(reading.read_at for reading in queues)


def _statistics_age(view: View) -> float | None:
    queues = () if isinstance(view.reading.queues, Unknown) else view.reading.queues
    counted = [at for each in queues if not isinstance(at := each.statistics_at, Unknown)]
    return view.at - min(counted) if counted else None


def _busy(view: View) -> int | None:
    busy = view.reading.busy
    return None if isinstance(busy, Unknown) else sum(count > 0 for count in busy.values())


_NUMBERS = (
    ("mare_queue_depth_messages", "Messages ready and unacknowledged", lambda v: v.depth),
    ("mare_busy_replicas", "Addresses of consumers with unacknowledged messages", _busy),
    ("mare_wait_seconds", "How long an arriving message waits", lambda v: v.wait_seconds),
    (
        "mare_current_replicas",
        "Replicas asked for",
        lambda v: v.scale.replicas if isinstance(v.scale, Scale) else None,
    ),
    (
        "mare_desired_replicas",
        "Replicas decided on",
        lambda v: v.decision.replicas if v.decision else None,
    ),
    ("mare_reading_age_seconds", "Age of the oldest reading", _age),
    ("mare_statistics_age_seconds", "Age of the oldest statistics", _statistics_age),
    ("mare_queues_unknown", "1 while the depth is unknown", lambda v: int(v.depth is None)),
)
