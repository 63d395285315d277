"""The target QueueWaitTime: more when replicas are clearly too few, fewer when too many."""

import math
from dataclasses import replace

from mare.domain.clause import (
    Clause,
    Number,
    hundredths,
    messages,
    number,
    percent,
    replicas,
    significant,
    workers,
)
from mare.domain.context import Proposal
from mare.domain.estimates import Estimates
from mare.domain.observation import Load, Workload
from mare.domain.policy import QueueWaitTime
from mare.domain.unknown import Unknown, known
from mare.domain.waiting import Cause, Demand, Need, need_of

_GROW = 0.85
"""Share of their idle time that the present replicas must have lost before more are asked for."""
_SHRINK = 1.15
"""Share of its idle time that a smaller count must keep before it is asked for."""
_PATIENCE = 1.5
"""Drain times that the present replicas may need for a backlog before more are asked for."""
_DRAIN_PER_START = 1 / 3
"""Where a replica takes long to start, a burst has waited for that anyway: then hurrying with many
replicas for a moment buys little, and a third of the start-up time is taken to work it off."""
_COLD_BAND = 2.5
"""Messages for each worker that are left alone while nothing is known of the service time."""


def proposal_by_wait(
    target: QueueWaitTime, load: Load, estimates: Estimates, workload: Workload
) -> Proposal | Unknown:
    """What QueueWaitTime asks for. Without statistics it can only ask for more."""
    if isinstance(load.ready, Unknown):
        return load.ready
    slots = target.workers_per_replica or estimates.workers_per_replica
    capacity = target.capacity_per_replica or estimates.capacity_per_replica
    if isinstance(capacity, Unknown):
        return _by_workers(load, slots, workload)
    start = estimates.start_seconds or 0.0
    demand = Demand(
        arrival_rate=significant(known(estimates.arrival_rate, 0.0)),
        ready=load.ready + _prefetched(target, load, estimates, workload),
        capacity_per_replica=significant(capacity),
        workers_per_replica=significant(known(slots, 1.0)),
        wait_seconds=target.wait_seconds,
        drain_seconds=significant(max(target.wait_seconds, start * _DRAIN_PER_START)),
    )
    error = 0.0 if target.capacity_per_replica else estimates.capacity_error
    need = need_of(demand)
    rate_unknown = isinstance(estimates.arrival_rate, Unknown)
    if rate_unknown or isinstance(load.statistics_at, Unknown):
        text = _partly(demand, need) if rate_unknown else _clause(demand, need)
        return Proposal(need.replicas, need.replicas, text, allows_scale_down=False)
    if need.replicas > workload.replicas and _is_too_few(workload.replicas, demand, error):
        return Proposal(need.replicas, need.replicas, _clause(demand, need))
    highest = significant(max(demand.arrival_rate, known(estimates.highest_rate, 0.0)))
    if need.replicas < workload.replicas:
        fewer = _fewer(demand, highest, error, workload.replicas)
        if fewer is not None:
            return fewer
    return _kept(workload.replicas, demand, need, highest)


def _is_too_few(current: int, demand: Demand, error: float) -> bool:
    """Whether the present replicas would not do even if each could do a little more."""
    at_best = replace(
        demand,
        capacity_per_replica=demand.capacity_per_replica * (1 + error),
        drain_seconds=demand.drain_seconds * _PATIENCE,
    )
    return need_of(at_best, _GROW).replicas > current


def _fewer(demand: Demand, highest_rate: float, error: float, current: int) -> Proposal | None:
    """Fewer replicas, if they would do for the highest rate and with each doing a little less."""
    at_worst = replace(
        demand,
        arrival_rate=highest_rate,
        capacity_per_replica=significant(demand.capacity_per_replica * (1 - error)),
    )
    need = need_of(at_worst, _SHRINK)
    if need.replicas >= current:
        return None
    return Proposal(need.replicas, need.replicas, _clause(at_worst, need))


def _kept(current: int, demand: Demand, need: Need, highest_rate: float) -> Proposal:
    text = _clause(demand, need)
    if need.replicas == current:
        return Proposal(current, current, text)
    if need.replicas < current and highest_rate > demand.arrival_rate:
        why = f"{replicas(current)} for up to {number(highest_rate)} a second, lately or soon"
        kept = Clause("kept.lately", why, replicas=current, highestRate=highest_rate)
        return Proposal(need.replicas, current, text, kept)
    busy = demand.arrival_rate / (current * demand.capacity_per_replica)
    kept = Clause("kept.busy", f"{percent(busy)} busy is left alone", busyPercent=hundredths(busy))
    return Proposal(need.replicas, current, text, kept)


def _prefetched(target: QueueWaitTime, load: Load, estimates: Estimates, workload: Workload) -> int:
    """Messages that wait inside the replicas, if it is known how many they really work on."""
    if target.workers_per_replica is None or isinstance(load.unacknowledged, Unknown):
        return 0
    working = estimates.working(load, workload)
    if working == 0:  # who does not consume takes messages one at a time
        return 0
    return max(0, load.unacknowledged - math.ceil(working * target.workers_per_replica))


def _by_workers(load: Load, slots: float | Unknown, workload: Workload) -> Proposal:
    """Nothing is known of the service time: a worker for each message, but one replica at first."""
    count = known(load.ready, 0) + known(load.unacknowledged, 0)
    if isinstance(slots, Unknown):
        raw = max(workload.replicas, 1 if count else 0)
        text = f"{messages(count)} wait or run, what a replica can do is not learnt yet"
        return Proposal(
            raw, raw, Clause("wait.unlearnt", text, messages=count), allows_scale_down=False
        )
    each = significant(slots)
    raw = math.ceil(count / each)
    text = f"{messages(count)} wait or run, a replica handles {number(each)} at a time"
    clause = Clause("wait.byWorkers", text, messages=count, workers=each)
    if workload.replicas < raw and count <= _COLD_BAND * workload.replicas * each:
        why = f"up to {_COLD_BAND:g} for each worker are fine"
        kept = Clause("kept.perWorker", why, messagesPerWorker=_COLD_BAND)
        return Proposal(raw, workload.replicas, clause, kept)
    return Proposal(
        raw, raw, clause, allows_scale_down=not isinstance(load.unacknowledged, Unknown)
    )


def _clause(demand: Demand, need: Need) -> Clause:
    rate, capacity, slots = (
        demand.arrival_rate,
        demand.capacity_per_replica,
        demand.workers_per_replica,
    )
    arrive = f"{number(rate)} a second arrive"
    each = f"a replica finishes {number(capacity)} a second"
    ready, count = messages(demand.ready), replicas(need.replicas)
    if need.replicas == 0:
        text = f"{ready} wait and {arrive}, for which no replica is needed"
        return Clause("wait.nothing", text, ready=demand.ready, arrivalRate=rate)
    said: dict[str, Number] = {
        "arrivalRate": rate,
        "capacity": capacity,
        "replicas": need.replicas,
    }
    match need.cause:
        case Cause.UTILIZATION:
            text = f"{arrive}, {each}: {count} at most {percent(need.busy_share)} busy"
            said["busyPercent"] = hundredths(need.busy_share)
        case Cause.WAIT:
            wait = number(demand.wait_seconds)
            each += f" with {workers(slots)}"
            text = f"{arrive}, {each}: {count} so that 95 % wait at most {wait} s"
            said |= {"workers": slots, "waitSeconds": demand.wait_seconds}
        case Cause.BACKLOG:
            drain = number(demand.drain_seconds)
            text = f"{ready} wait and {arrive}, {each}: {count} to work it off in {drain} s"
            said |= {"ready": demand.ready, "drainSeconds": demand.drain_seconds}
        case Cause.WORKERS:
            each += f" with {workers(slots)}"
            text = f"{ready} wait and {arrive}, {each}: {count} to begin all at once"
            said |= {"ready": demand.ready, "workers": slots}
    return Clause(f"wait.{need.cause.lower()}", text, **said)


def _partly(demand: Demand, need: Need) -> Clause:
    """What the backlog alone asks for."""
    ready, count = messages(demand.ready), replicas(need.replicas)
    text = f"{ready} wait, unknown is how many arrive"
    if need.replicas == 0:
        return Clause("wait.nothing.partly", text, ready=demand.ready)
    capacity = demand.capacity_per_replica
    text += f", a replica finishes {number(capacity)} a second"
    said: dict[str, Number] = {
        "ready": demand.ready,
        "capacity": capacity,
        "replicas": need.replicas,
    }
    if need.cause is Cause.WORKERS:
        text += f" with {workers(demand.workers_per_replica)}: {count} to begin all at once"
        return Clause("wait.workers.partly", text, **said, workers=demand.workers_per_replica)
    text += f": {count} to work it off in {number(demand.drain_seconds)} s"
    return Clause("wait.backlog.partly", text, **said, drainSeconds=demand.drain_seconds)
