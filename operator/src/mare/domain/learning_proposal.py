"""The proposal of QueueWaitTime while the capacity of a replica is unknown.

The count grows geometrically: replicas that turn out to be too many cost more than the time of a
few steps, and only a constant number of replicas shows what one of them can do.
"""

from mare.domain.clause import Clause, significant
from mare.domain.context import Proposal
from mare.domain.count import count_of
from mare.domain.estimates import Estimates
from mare.domain.observation import Load, Workload
from mare.domain.unknown import Unknown, known
from mare.domain.work_in_progress import in_progress

_SCALE_UP_PER_WORKER = 2.5
"""Messages per worker above which to scale up."""
_FIRST_STEP = 4
"""The first step is for one in this many messages."""
_FREE = 4
"""Replicas up to which a step is not limited, as the HPA's default policy of 4 Pods."""
_GROWTH = 2
"""Each later step multiplies the replicas by this."""
_SERVICE_UNKNOWN = Clause("wait.serviceUnknown")


def proposal_while_learning(
    load: Load,
    per_replica: float | Unknown,
    estimates: Estimates,
    workload: Workload,
    most: int | None = None,
) -> Proposal:
    """Propose one worker for each message, in steps; `most` replicas are known to be enough.

    While the workers per replica are unknown, the growth of the ready messages decides.
    """
    if isinstance(per_replica, Unknown):
        count = known(load.ready, 0) + known(load.unacknowledged, 0)
        return _by_growth(count, estimates, workload)
    each = significant(per_replica)
    count = known(load.ready, 0) + in_progress(load, workload, per_replica)
    raw = count_of(count / each)
    clause = Clause("wait.byWorkers", messages=count, workers=each, replicas=raw)
    present = workload.replicas * each
    threshold = _SCALE_UP_PER_WORKER * present
    if workload.replicas < raw and count <= threshold:
        kept = Clause("tolerance.perWorker", messages=count, workers=present, threshold=threshold)
        return Proposal(
            raw,
            workload.replicas,
            clause,
            kept,
            tolerance_formula=kept,
            remark=_SERVICE_UNKNOWN,
        )
    step = _step(raw, workload.replicas, estimates)
    if most is not None:
        step = min(step, max(workload.replicas, most))
    if raw > step:
        limited = Clause("tolerance.step", replicas=step)
        return Proposal(raw, step, clause, limited, remark=_SERVICE_UNKNOWN)
    return Proposal(
        raw,
        raw,
        clause,
        remark=_SERVICE_UNKNOWN,
        allows_scale_down=not _grows_by_itself(load, estimates),
    )


def _grows_by_itself(load: Load, estimates: Estimates) -> bool:
    """Return whether more messages will be unacknowledged soon, though no more arrive per second.

    Until a service time has passed, few of the messages that are worked on have begun. Example: 10
    replicas begin tasks of 20 s, of which 0.5 arrive per second. After 10 s 5 messages are
    unacknowledged, but 10 replicas are needed. Once as many are acknowledged as are unacknowledged,
    a service time has passed. Without arrivals the number only falls.
    """
    if isinstance(load.unacknowledged, Unknown):
        return True
    return load.unacknowledged > estimates.finished and known(estimates.arrival_rate, 0.0) > 0


def _step(raw: int, current: int, estimates: Estimates) -> int:
    """Return the most replicas that the next step may have."""
    if not estimates.may_grow:
        return max(current, _FREE)
    return max(count_of(raw / _FIRST_STEP), _GROWTH * current, _FREE)


def _by_growth(count: int, estimates: Estimates, workload: Workload) -> Proposal:
    """Propose more replicas while the ready messages grow; the first one for any message."""
    growth, current = estimates.ready_growth, workload.replicas
    if current > 0 and growth.needs_more and estimates.may_grow:
        raw = min(_GROWTH * current, current + growth.latest)
        clause = Clause(
            "wait.growth",
            first=growth.first,
            latest=growth.latest,
            seconds=round(growth.seconds),
            current=current,
            replicas=raw,
        )
        return Proposal(raw, raw, clause, allows_scale_down=False)
    raw = current or min(_FREE, count_of(count / _FIRST_STEP))
    clause = Clause("wait.workersUnknown", messages=count)
    return Proposal(raw, raw, clause, allows_scale_down=False)
