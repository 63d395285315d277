"""Maré in a simulation: the same `decide`, fed with what RabbitMQ would tell it and no more."""

from contextlib import suppress
from dataclasses import dataclass

from mare.domain.decide import decide
from mare.domain.history import History
from mare.domain.observation import Observation, QueueReading, Workload
from mare.domain.policy import Policy, VictimPolicy
from mare.domain.unknown import Unknown
from mare.simulation.station import Statistics
from mare.simulation.world import STATISTICS_SECONDS, BrokerUnreachable, World


@dataclass(slots=True)
class _Seen:
    statistics: Statistics | None = None
    at: float = 0.0
    before: Statistics | None = None


def attach(world: World, policy: Policy, tick_seconds: float = 1.0) -> None:
    """Let Maré look at the ready messages every tick and at the statistics every 5 s."""
    history = History.begin(0.0, world.wanted)
    seen = _Seen()
    entries = tuple(name for target in policy.targets for name in getattr(target, "queues", ()))

    def read_statistics() -> None:
        with suppress(BrokerUnreachable):
            seen.before, seen.statistics, seen.at = seen.statistics, world.statistics(), world.now

    def tick() -> None:
        nonlocal history
        observation = _observe(world, seen, entries)
        decision, history = decide(policy, observation, history, world.now)
        if decision.changes:
            idle_first = policy.victim_policy is not VictimPolicy.DEFAULT
            world.scale(decision.replicas, decision.reason, decision.message, idle_first=idle_first)
            change = decision.replicas - decision.current
            history = history.scaled(change, world.now, policy.behavior)

    world.every(STATISTICS_SECONDS, read_statistics, world.random.random() * STATISTICS_SECONDS)
    world.every(tick_seconds, tick, world.random.random() * tick_seconds)


def _observe(world: World, seen: _Seen, entries: tuple[str, ...]) -> Observation:
    """What the operator would see; all queues that a policy may speak of are the one there is."""
    workload = Workload(
        replicas=world.wanted, ready=world.station.told_ready, idle=_idle(world, seen)
    )
    try:
        ready, consumers = world.declare()
    except BrokerUnreachable:
        return Observation(
            workload=workload,
            queues=Unknown("BrokerUnreachable", "the broker does not answer"),
        )
    statistics = seen.statistics
    if statistics is None:
        reading = QueueReading(
            name="work", entries=entries, read_at=world.now, ready=ready, consumers=consumers
        )
    else:
        reading = QueueReading(
            name="work",
            entries=entries,
            read_at=world.now,
            ready=ready,
            consumers=consumers,
            statistics_at=seen.at,
            unacknowledged=statistics.unacknowledged,
            prefetch=_prefetch(statistics),
            published=statistics.published,
            delivered=statistics.delivered,
            acknowledged=statistics.acknowledged,
        )
    return Observation(workload=workload, queues=(reading,))


def _idle(world: World, seen: _Seen) -> int | Unknown:
    """Replicas without a message in the last two statistics, no more than there are left."""
    if seen.statistics is None or seen.before is None:
        return Unknown("NotReadYet", "there are no two statistics yet")
    latest, before = seen.statistics.busy, seen.before.busy
    at_work = sum(busy or before.get(replica, False) for replica, busy in latest.items())
    return min(len(latest) - at_work, max(0, world.wanted - at_work))


def _prefetch(statistics: Statistics) -> float | Unknown:
    if statistics.consumers == 0:
        return Unknown("NoConsumers", "no consumer is there to show its prefetch")
    return statistics.prefetch / statistics.consumers
