"""The proposal of QueueWaitTime while the capacity of a replica is unknown.

The count grows geometrically: replicas that turn out to be too many cost more than the time of a
few steps, and only a constant number of replicas shows what one of them can do.
"""

from mare.domain.clause import Clause, messages, need, number, replicas, significant, workers
from mare.domain.context import Proposal
from mare.domain.count import count_of
from mare.domain.estimates import Estimates
from mare.domain.observation import Load, Workload
from mare.domain.unknown import Unknown, known

_SCALE_UP_PER_WORKER = 2.5
"""Messages per worker above which to scale up."""
_FIRST_STEP = 4
"""The first step is for one in this many messages."""
_FREE = 4
"""Replicas up to which a step is not limited, as the HPA's default policy of 4 Pods."""
_GROWTH = 2
"""Each later step multiplies the replicas by this."""
_SERVICE_UNKNOWN = Clause("wait.serviceUnknown", "service time not yet known")


def proposal_while_learning(
    load: Load, per_replica: float | Unknown, estimates: Estimates, workload: Workload
) -> Proposal:
    """Propose a worker for each message, in steps; by the growth of ready messages without."""
    count = known(load.ready, 0) + known(load.unacknowledged, 0)
    if isinstance(per_replica, Unknown):
        return _by_growth(count, estimates, workload)
    each = significant(per_replica)
    raw = count_of(count / each)
    text = f"{messages(count)} at {workers(each)} per replica {need(count, raw)}"
    clause = Clause("wait.byWorkers", text, messages=count, workers=each, replicas=raw)
    present = workload.replicas * each
    threshold = _SCALE_UP_PER_WORKER * present
    if workload.replicas < raw and count <= threshold:
        why = f"{messages(count)} for {workers(present)} is within the scale-up threshold of"
        why += f" {number(threshold)}"
        kept = Clause(
            "tolerance.perWorker", why, messages=count, workers=present, threshold=threshold
        )
        return Proposal(
            raw,
            workload.replicas,
            clause,
            kept,
            tolerance_formula=kept,
            remark=_SERVICE_UNKNOWN,
        )
    step = _step(raw, workload.replicas, estimates)
    if raw > step:
        return Proposal(raw, step, clause, _limited(step), remark=_SERVICE_UNKNOWN)
    return Proposal(
        raw,
        raw,
        clause,
        remark=_SERVICE_UNKNOWN,
        allows_scale_down=not isinstance(load.unacknowledged, Unknown),
    )


def _step(raw: int, current: int, estimates: Estimates) -> int:
    """Return the most replicas that the next step may have."""
    if not estimates.may_grow:
        return max(current, _FREE)
    return max(count_of(raw / _FIRST_STEP), _GROWTH * current, _FREE)


def _limited(step: int) -> Clause:
    text = f"until the service time is known, a step has at most {replicas(step)}"
    return Clause("tolerance.step", text, replicas=step)


def _by_growth(count: int, estimates: Estimates, workload: Workload) -> Proposal:
    """Propose more replicas while the ready messages grow; the first one for any message."""
    growth, current = estimates.ready_growth, workload.replicas
    if current > 0 and growth.needs_more:
        raw = min(_GROWTH * current, current + growth.latest)
        seconds = round(growth.seconds)
        text = f"ready messages changed from {growth.first} to {growth.latest} in {seconds} s with"
        text += f" {replicas(current)}, so that {replicas(raw)} are tried; workers per replica and"
        text += " service time not yet known"
        clause = Clause(
            "wait.growth",
            text,
            first=growth.first,
            latest=growth.latest,
            seconds=seconds,
            current=current,
            replicas=raw,
        )
        return Proposal(raw, raw, clause, allows_scale_down=False)
    raw = max(current, 1 if count else 0)
    text = f"{messages(count)}; workers per replica and service time not yet known"
    clause = Clause("wait.workersUnknown", text, messages=count)
    return Proposal(raw, raw, clause, allows_scale_down=False)
