"""Scale-down that leaves busy replicas: `victims.policy`, and early acknowledgement.

`IdleOnly` always waits until replicas are idle. `IdleFirst`, the default, waits where a busy
replica might not finish: where the service time may exceed the grace period, where a message was
held for longer in the last 15 minutes, or where the service time is not known yet while a replica
may have a message.
"""

from dataclasses import replace

from mare.domain.clause import Clause
from mare.domain.context import DecisionContext
from mare.domain.decision import DecisionTrace, Stage
from mare.domain.early_acknowledgement import DRAIN_SECONDS, EarlyAcknowledgement
from mare.domain.evidence import Marking
from mare.domain.history import History
from mare.domain.observation import STATISTICS_SECONDS
from mare.domain.reason import Reason
from mare.domain.spec import VictimPolicy
from mare.domain.unknown import Unknown, known


def keep_busy_replicas(trace: DecisionTrace, context: DecisionContext, history: History) -> History:
    """Remove only idle replicas until maxDrainWaitSeconds have passed, where that is needed.

    Example: 8 → 2 replicas are wanted, and 3 of 8 are idle. The count becomes 5, and 2 when 3 more
    are idle in later statistics, or at the latest 300 s after the first attempt.

    Where no replica is removed, the wait does not begin: a pause or a conflict is the reason then,
    and a dry run states which replicas would stay.
    """
    desired, keeps = trace.count, context.keeps_replicas
    is_kept = keeps and not context.spec.dry_run
    if desired >= trace.current or is_kept or not _removes_only_idle(context, history):
        return history.end_draining()
    since = context.now if history.draining_since is None else history.draining_since
    removable = _removable_replicas(context, history)
    until = since + context.spec.max_drain_wait_seconds
    if trace.current - desired > removable and context.now < until:
        remark = _why_busy_stay(context.workload.idle, removable, desired)
        ends_at = None if keeps else until
        trace.limit(Stage.VICTIMS, trace.current - removable, Reason.DRAINING, remark, ends_at)
    if keeps:
        return history.end_draining()
    return replace(history, draining_since=since)


def _removes_only_idle(context: DecisionContext, history: History) -> bool:
    if context.spec.victim_policy is not VictimPolicy.IDLE_FIRST:
        return context.spec.victim_policy is VictimPolicy.IDLE_ONLY
    grace_seconds = context.workload.grace_seconds
    if grace_seconds is None:
        return False
    service = history.longest_service_or_hold(grace_seconds, context.now)
    if isinstance(service, Unknown):
        some_held = known(context.load.unacknowledged, 0) > 0
        all_delivered = known(context.load.ready, 0) == 0
        may_hold = some_held or (all_delivered and not _sampled_twice_since_ready(context, history))
        return may_hold and not isinstance(context.workload.idle, Unknown)
    return service * (1 + history.learning.estimates.capacity_error) > grace_seconds


def _sampled_twice_since_ready(context: DecisionContext, history: History) -> bool:
    """Return whether the broker took two samples since a message was last ready."""
    sampled_after = known(context.load.sampled_after, 0.0)
    return sampled_after > history.last_ready_at + STATISTICS_SECONDS


def request_marks(trace: DecisionTrace, context: DecisionContext, history: History) -> None:
    """Request marks for a scale-down, or say in its sentence why a busy replica may end."""
    trace.marking = _marking_of(trace, context, history)
    unmarkable = context.workload.unmarkable
    if trace.marking is not Marking.NONE and unmarkable is not None:
        trace.add_remark(unmarkable.in_clause("victims.unchosen"))


def _marking_of(trace: DecisionTrace, context: DecisionContext, history: History) -> Marking:
    """Return whether idle Pods have to be marked, where some Pods stay and a mark decides which."""
    some_stay = 0 < trace.count < trace.current
    is_default = context.spec.victim_policy is VictimPolicy.DEFAULT
    if not some_stay or is_default or history.draining_is_quiet:
        return Marking.NONE
    since, seconds = history.draining_since, context.spec.max_drain_wait_seconds
    waits = since is not None and context.now < since + seconds
    return Marking.REQUIRED if waits else Marking.PREFERRED


def _why_busy_stay(idle_count: int | Unknown, removable: int, desired: int) -> Clause:
    if isinstance(idle_count, Unknown):
        return idle_count.in_clause("victims.unknown")
    return Clause("victims.draining", idle=removable, replicas=desired)


def _removable_replicas(context: DecisionContext, history: History) -> int:
    """Return how many replicas are known to have no message; all of them if no queue has one.

    A replica has none if two samples show none. Both samples have to be later than the last ready
    message, because every replica had work then.

    Statistics of before the last scale-down count no more: a second decision on them would remove
    the same number of replicas again.
    """
    if history.is_quiet_confirmed:
        return context.workload.replicas
    statistics_at, idle_count = context.load.statistics_at, context.workload.idle
    if isinstance(idle_count, Unknown) or isinstance(statistics_at, Unknown):
        return 0
    if not _sampled_twice_since_ready(context, history):
        return 0
    return idle_count if statistics_at > history.scaled_down_at else 0


def keep_acknowledged_early(
    trace: DecisionTrace, context: DecisionContext, acknowledgement: EarlyAcknowledgement
) -> None:
    """Do not scale below the number of acknowledged messages that may still be processed.

    Example: a Celery worker acknowledges a task when it begins the task. 3 tasks of 8 replicas were
    acknowledged in the last 30 s: at least 3 replicas stay.
    """
    recent, until = acknowledgement.acknowledged_recently(context.spec.drain_seconds, context.now)
    kept = min(recent, trace.current)
    if trace.count < kept:
        trace.limit(Stage.VICTIMS, kept, Reason.DRAINING, why_recent(context, recent), until)


def why_recent(context: DecisionContext, recent: int) -> Clause:
    drain_seconds = context.spec.drain_seconds
    seconds = DRAIN_SECONDS if drain_seconds is None else drain_seconds
    return Clause("victims.recent", messages=recent, seconds=seconds)
