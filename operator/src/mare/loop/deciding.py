"""Makes the decision on one reading of an object: the inputs of `decide`, and its history."""

from dataclasses import replace

from mare.domain.alarms import in_effect
from mare.domain.clause import Clause
from mare.domain.decide import decide
from mare.domain.decision import Decision
from mare.domain.evidence import Evidence
from mare.domain.observation import Observation, Workload, statistics_time, with_stale_unknown
from mare.domain.unknown import Unknown
from mare.loop.job_deciding import decide_on_jobs
from mare.loop.state import AutoscalerState
from mare.loop.victims import count_idle_replicas, observe_idle, unmarkable
from mare.ports import BrokerReading, DecisionClock, Scale


def decide_on(
    state: AutoscalerState,
    scale: Scale,
    reading: BrokerReading,
    evidence: Evidence,
    clock: DecisionClock,
) -> Decision:
    """Decide on a reading without values that are too old (`fresh_reading`)."""
    if state.autoscaler.spec.jobs is not None:
        return decide_on_jobs(state, scale, reading, evidence, clock)
    now, offset = clock(), clock.offset
    if state.history is None:
        state.history = state.begin_history(scale.replicas, now, offset)
    state.observe_count(scale.replicas, now)
    observe_idle(state, reading)
    idle = count_idle_replicas(state, scale, reading.busy, now)
    workload = Workload(
        replicas=scale.replicas,
        ready=scale.ready,
        idle=idle,
        unmarkable=unmarkable(state, scale),
        grace_seconds=scale.grace_seconds,
    )
    observation = Observation(
        workload=workload,
        queues=reading.queues,
        alarm=in_effect(reading.alarm),
        evidence=evidence,
        transient=() if isinstance(reading.transient, Unknown) else reading.transient,
        clock_offset=offset,
    )
    decision, state.history = decide(state.autoscaler.spec, observation, state.history, now)
    return decision


def observe_nothing(state: AutoscalerState, reading: BrokerReading, now: float) -> None:
    """Keep the history of a workload that is unknown, as if its count had been kept."""
    if state.history is not None:
        are_known = not isinstance(reading.queues, Unknown)
        behavior = state.autoscaler.spec.behavior
        state.history = state.history.observe_nothing(now, behavior, are_queues_known=are_known)


def fresh_reading(state: AutoscalerState, reading: BrokerReading, now: float) -> BrokerReading:
    """Return the reading for `decide`: values that are too old are unknown."""
    staleness_seconds = state.autoscaler.spec.staleness_seconds
    at = statistics_time(reading.busy_at, now, staleness_seconds)
    if isinstance(at, Unknown):
        busy = reading.busy if isinstance(reading.busy, Unknown) else at
        reading = replace(reading, busy=busy, alarm=at)
    queues = with_stale_unknown(reading.queues, now, staleness_seconds)
    oldest = oldest_statistics(reading)
    lost = reading.lost
    if oldest is not None and isinstance(statistics_time(oldest, now, staleness_seconds), Unknown):
        lost = (*lost, Clause("lost.stale", seconds=staleness_seconds))
    if queues == reading.queues and lost == reading.lost:
        return reading
    return replace(reading, queues=queues, lost=lost)


def oldest_statistics(reading: BrokerReading) -> float | None:
    """Return when the oldest statistics were taken; None if no queue has any."""
    queues = () if isinstance(reading.queues, Unknown) else reading.queues
    times = (at for each in queues if not isinstance(at := each.statistics_at, Unknown))
    return min(times, default=None)
