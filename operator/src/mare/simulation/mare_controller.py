"""Simulates Maré: the operator's `decide` with the readings that RabbitMQ provides."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from mare.domain.decide import decide
from mare.domain.estimates import Estimates
from mare.domain.evidence import MESSAGES_LEFT, Evidence, Marking, QuietAnswer
from mare.domain.history import History
from mare.domain.idle_replicas import IdleReplicas, count_idle
from mare.domain.observation import (
    NO_CONSUMERS,
    NO_PREFETCH,
    Observation,
    QueueReading,
    Workload,
    with_stale_unknown,
)
from mare.domain.spec import ScalingSpec
from mare.domain.unknown import Unknown
from mare.simulation.scenario import Scenario
from mare.simulation.simulation import STATISTICS_SECONDS, BrokerUnreachable, Simulation
from mare.simulation.worker_pool import NO_COSTS, Statistics


@dataclass(slots=True)
class _Readings:
    statistics: Statistics | None = None
    at: float = 0.0
    before: Statistics | None = None
    idle: IdleReplicas = field(default_factory=IdleReplicas)

    def add(self, statistics: Statistics, now: float) -> None:
        self.before, self.statistics, self.at = self.statistics, statistics, now
        self.idle = self.idle.observe(statistics.at, statistics.held)

    @property
    def busy(self) -> Mapping[str, int]:
        """The most messages of each replica in the last two statistics."""
        latest, before = (each.held if each else {} for each in (self.statistics, self.before))
        return {each: max(count, before.get(each, 0)) for each, count in latest.items()}

    def costs(self, marking: Marking) -> Mapping[str, float]:
        """Return by which costs the operator would choose the replicas that go."""
        if marking is Marking.NONE or self.statistics is None:
            return NO_COSTS
        return self.idle.costs(self.statistics.held)


def attach(simulation: Simulation, spec: ScalingSpec, tick_seconds: float = 1.0) -> None:
    """Add Maré to a simulation: it reads ready messages each tick and statistics every 5 s."""
    history = History.begin(0.0, simulation.wanted, _stored_estimates(simulation.scenario))
    readings = _Readings()
    entries = tuple(name for target in spec.targets for name in getattr(target, "queues", ()))

    def read_statistics() -> None:
        with suppress(BrokerUnreachable):
            readings.add(simulation.statistics(), simulation.now)

    def tick() -> None:
        nonlocal history
        now = simulation.now
        observation = _observe(simulation, readings, entries)
        fresh = with_stale_unknown(observation.queues, now, spec.staleness_seconds)
        observation = replace(observation, queues=fresh)
        decision, history = decide(spec, observation, history, now)
        if decision.asks_queues:
            answer = QuietAnswer(now, now, _why_not_quiet(simulation))
            observation = replace(observation, evidence=Evidence(quiet_answer=answer))
            decision, history = decide(spec, observation, history, now)
        if decision.changes:
            costs = readings.costs(decision.marking)
            simulation.scale(decision.replicas, decision.reason, decision.message, costs)
            change = decision.replicas - decision.current
            history = history.record_scaling(change, simulation.now, spec.behavior)

    simulation.every(
        STATISTICS_SECONDS, read_statistics, simulation.random.random() * STATISTICS_SECONDS
    )
    simulation.every(tick_seconds, tick, simulation.random.random() * tick_seconds)


def _stored_estimates(scenario: Scenario) -> Estimates | None:
    worker = scenario.worker
    if not scenario.estimates_known:
        return None
    return Estimates(
        capacity_per_replica=worker.capacity,
        workers_per_replica=float(worker.workers),
        start_seconds=worker.start_seconds,
    )


def _observe(simulation: Simulation, readings: _Readings, entries: tuple[str, ...]) -> Observation:
    """Return what the operator observes. All entries of the spec match the one simulated queue."""
    workload = Workload(
        replicas=simulation.wanted,
        ready=simulation.pool.reported_ready,
        idle=_idle(simulation, readings),
    )
    try:
        ready, consumers = simulation.declare()
    except BrokerUnreachable:
        return Observation(
            workload=workload,
            queues=Unknown("BrokerUnreachable", "the broker does not answer"),
            clock_offset=simulation.scenario.starts_at,
        )
    reading = QueueReading(
        name="work", entries=entries, read_at=simulation.now, ready=ready, consumers=consumers
    )
    if (statistics := readings.statistics) is not None:
        reading = replace(
            reading,
            statistics_at=readings.at,
            sampled_after=readings.at,
            unacknowledged=statistics.unacknowledged,
            prefetch=_prefetch(statistics),
            published=statistics.published,
            delivered=statistics.delivered,
            redelivered=statistics.redelivered,
            acknowledged=statistics.acknowledged,
        )
    return Observation(
        workload=workload, queues=(reading,), clock_offset=simulation.scenario.starts_at
    )


def _why_not_quiet(simulation: Simulation) -> Unknown | None:
    """Ask the queue for messages, as the operator does by the management API."""
    try:
        simulation.statistics()
        ready, _ = simulation.declare()
    except BrokerUnreachable:
        return Unknown("StatisticsUnreachable", "the management API does not answer")
    left = ready + simulation.pool.unacknowledged
    if left == 0:
        return None
    return Unknown(MESSAGES_LEFT, f"queue work still has messages: {left}", "work")


def _idle(simulation: Simulation, readings: _Readings) -> int | Unknown:
    """Replicas without a message in the last two statistics."""
    if readings.statistics is None or readings.before is None:
        return Unknown("NotReadYet", "fewer than two statistics have been read")
    return count_idle(readings.busy, simulation.wanted)


def _prefetch(statistics: Statistics) -> float | Unknown:
    if statistics.consumers == 0:
        return Unknown(NO_CONSUMERS, "the queue has no consumer")
    if statistics.prefetch == 0:
        return Unknown(NO_PREFETCH, "a consumer has no prefetch count")
    return statistics.prefetch / statistics.consumers
