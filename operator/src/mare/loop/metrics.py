"""The Prometheus metrics of the operator."""

from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from mare.domain.spec import QueueWaitTime
from mare.domain.unknown import Unknown
from mare.loop.record import Record, View
from mare.ports import Scale

_LATENCIES = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_OBJECT = ("namespace", "name")


class Metrics:
    """The metrics in a registry of their own, so that a process can run two operators.

    Each shard has a record of its own.
    """

    def __init__(self, *records: Record) -> None:
        self.registry = CollectorRegistry()
        self._objects = _Objects(records)
        self.registry.register(self._objects)
        self.decision_latency = Histogram(
            "mare_decision_to_scale_seconds",
            "Time from the reading to the changed workload",
            buckets=_LATENCIES,
            registry=self.registry,
        )
        self.round = Histogram(
            "mare_round_seconds",
            "Time to read the queues of a broker and decide on its objects",
            buckets=_LATENCIES,
            registry=self.registry,
        )
        self.lateness = Histogram(
            "mare_event_loop_lateness_seconds",
            "How much later than due the event loop continues, up to 20 times a second",
            buckets=_LATENCIES,
            registry=self.registry,
        )
        self.changes = Counter(
            "mare_scale_changes", "Changes of a workload", ["direction"], registry=self.registry
        )
        self.conflicts = Counter(
            "mare_scale_conflicts",
            "Changes refused because the workload had changed",
            registry=self.registry,
        )
        self.killed = Counter(
            "mare_replicas_killed",
            "Replicas that were killed at the end of their grace period",
            registry=self.registry,
        )
        self.broker_errors = Counter(
            "mare_broker_errors", "Reads that failed", ["reason"], registry=self.registry
        )
        self._refused = Gauge(
            "mare_refused_objects",
            "QueueAutoscalers that are not scaled: too many of their namespace, or of all",
            registry=self.registry,
        )
        self._refused_by = dict.fromkeys(records, 0)
        self._leading = Gauge(
            "mare_leader",
            "Shards that this replica leads: 1 while it leads, without shards",
            registry=self.registry,
        )

    def set_leading(self, record: Record, *, leads: bool) -> None:
        """Export the metrics of objects while leading: stale ones would keep alerts firing."""
        exported = self._objects.exported
        exported[record] = leads
        self._leading.set(sum(exported.values()))

    def set_refused(self, record: Record, count: int) -> None:
        self._refused_by[record] = count
        self._refused.set(sum(self._refused_by.values()))

    def scaled(self, read_at: float, now: float, *, up: bool) -> None:
        self.changes.labels("up" if up else "down").inc()
        self.decision_latency.observe(max(0.0, now - read_at))

    def observed(self, view: View) -> None:
        failure = view.read_failure
        if failure is not None:
            self.broker_errors.labels(failure.reason).inc()


class _Objects(Collector):
    def __init__(self, records: Sequence[Record]) -> None:
        self.exported = dict.fromkeys(records, False)
        """The records, and whether this replica leads their objects."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        led = [record for record, leads in self.exported.items() if leads]
        # In a thread: a list is made in one step, and the loop replaces views, but changes none.
        views = [past.view for record in led for past in list(record.histories.values())]
        for name, text, value_of in _GAUGES:
            family = GaugeMetricFamily(name, text, labels=_OBJECT)
            for view in views:
                value = value_of(view)
                if value is not None:
                    family.add_metric(list(view.autoscaler.key), value)
            yield family
        text = "1 for the limit that decides on the replicas"
        limits = GaugeMetricFamily("mare_limited_by", text, labels=(*_OBJECT, "reason"))
        for view in views:
            if view.decision is not None and view.decision.reason in view.decision.limited_by:
                limits.add_metric([*view.autoscaler.key, str(view.decision.reason)], 1)
        yield limits


def _age(view: View) -> float | None:
    queues = view.reading.queues
    if isinstance(queues, Unknown) or not queues:
        return None
    return view.at - min(reading.read_at for reading in queues)


def _statistics_age(view: View) -> float | None:
    return None if view.statistics_at is None else view.at - view.statistics_at


def _busy(view: View) -> int | None:
    busy = view.reading.busy
    return None if isinstance(busy, Unknown) else sum(count > 0 for count in busy.values())


def _missing(view: View) -> int | None:
    most = view.autoscaler.spec.max_replicas
    return view.decision.missing_replicas(most) if view.decision else None


def _target_wait(view: View) -> float | None:
    targets = view.autoscaler.spec.targets
    waits = (each.wait_seconds for each in targets if isinstance(each, QueueWaitTime))
    return min(waits, default=None)


_GAUGES = (
    ("mare_queue_depth_messages", "Messages ready and unacknowledged", lambda v: v.depth),
    ("mare_busy_replicas", "Addresses of consumers with unacknowledged messages", _busy),
    ("mare_wait_seconds", "Time that an arriving message waits", lambda v: v.wait_seconds),
    (
        "mare_current_replicas",
        "Replicas in the workload's spec",
        lambda v: v.scale.replicas if isinstance(v.scale, Scale) else None,
    ),
    (
        "mare_desired_replicas",
        "Replicas that the rules give, whether or not something stops the change",
        lambda v: v.decision.desired if v.decision else None,
    ),
    (
        "mare_needed_replicas",
        "Replicas that the load needs now, without tolerance, behavior and bounds",
        lambda v: v.decision.raw if v.decision else None,
    ),
    (
        "mare_missing_replicas",
        "Replicas that the load needs beyond maxReplicas; 0 within the tolerance",
        _missing,
    ),
    (
        "mare_unready_replicas",
        "Replicas that have not been ready for 5 minutes, if more than a quarter are not",
        lambda v: v.unready,
    ),
    (
        "mare_jobs_failed",
        "Failed Jobs since the object was created",
        lambda v: v.job_failures and v.job_failures.failed,
    ),
    (
        "mare_jobs_succeeded",
        "Succeeded Jobs since the object was created",
        lambda v: v.job_failures and v.job_failures.succeeded,
    ),
    (
        "mare_job_failures_in_turn",
        "Failures of Jobs since the last success, which delay the next Job",
        lambda v: v.job_failures and v.job_failures.in_turn,
    ),
    ("mare_max_replicas", "maxReplicas", lambda v: v.autoscaler.spec.max_replicas),
    ("mare_target_wait_seconds", "The shortest waitSeconds of the targets", _target_wait),
    ("mare_dry_run", "1 with dryRun", lambda v: int(v.autoscaler.spec.dry_run)),
    ("mare_reading_age_seconds", "Age of the oldest reading", _age),
    ("mare_statistics_age_seconds", "Age of the oldest statistics", _statistics_age),
    ("mare_queues_unknown", "1 while the depth is unknown", lambda v: int(v.depth is None)),
)
