"""The conditions of a QueueAutoscaler."""

from collections.abc import Iterable

from mare.custom_resource.autoscaler import Autoscaler
from mare.custom_resource.condition import Condition, condition
from mare.custom_resource.replica_conditions import has_no_consumer, jobs_ready, replicas_ready
from mare.custom_resource.work_conditions import (
    deliveries_end,
    grace_period_sufficient,
    prefetch_suitable,
    victims_chosen,
    work_visible,
)
from mare.domain.alarms import in_effect
from mare.domain.clause import Clause, capital
from mare.domain.decide_jobs import JobHistory
from mare.domain.decision import Decision
from mare.domain.history import History
from mare.domain.observation import QueueReading
from mare.domain.other_consumers import OtherConsumers
from mare.domain.reason import Reason
from mare.domain.spec import ScalingSpec
from mare.domain.unknown import Unknown
from mare.ports import BrokerReading, Scale

_LIMITS = {
    Reason.SCALE_UP_LIMIT,
    Reason.SCALE_DOWN_LIMIT,
    Reason.TOO_MANY_REPLICAS,
    Reason.TOO_FEW_REPLICAS,
    Reason.SCHEDULED,
    Reason.DRAINING,
    Reason.SCALING_DISABLED,
}
_END_ALARM = Clause("advice.endAlarm")
_SILENT_SECONDS = 20.0
"""How long a silent leader is no warning: statistics of after the last answer come within 16 s, and
show whether the queue is empty."""


def conditions_of(
    *,
    autoscaler: Autoscaler,
    scale: Scale | Unknown,
    problem: Unknown | None,
    unchosen: Unknown | None,
    reading: BrokerReading,
    decision: Decision | None,
    history: History | None,
    silent_since: float | None,
    unready_cause: str | None = None,
    jobs: JobHistory | None = None,
    other_consumers: OtherConsumers | None = None,
    now: float,
) -> tuple[Condition, ...]:
    """Return all conditions.

    `problem` is why decisions are not carried out, `unchosen` why idle replicas cannot be
    removed first, `silent_since` since when the leader of a queue does not answer,
    `unready_cause` why replicas are not ready, `jobs` the history of an object that creates Jobs,
    `other_consumers` the addresses of consumers.
    """
    spec = autoscaler.spec
    able = _able_to_scale(spec, scale, problem)
    is_new = silent_since is not None and now < silent_since + _SILENT_SECONDS
    unread = unknown_of(reading.queues) or (decision.unconfirmed if decision else None)
    fresh = _metrics_fresh(reading, unread, is_unconfirmed=is_new)
    if spec.jobs is not None:
        needed, others = [able, fresh], [able, fresh]
        if decision is not None and jobs is not None and isinstance(scale, Scale):
            succeeding, replicas = _jobs_succeeding(decision), jobs_ready(scale, jobs)
            needed += (succeeding, replicas) if scale.ready == 0 else (succeeding,)
            others += (succeeding, replicas, _scaling_limited(decision), _paused(spec))
        return (_ready(spec, needed), *others)
    others = [able, fresh, _broker_alarm(reading.alarm), _events_safe(spec, reading)]
    if spec.schedules or autoscaler.wrong_schedules:
        others.append(_schedules_valid(autoscaler))
    if decision is not None and history is not None:
        others += [
            _active(spec, history, fresh, now),
            _scaling_limited(decision),
            _fallback(decision),
            _paused(spec),
            work_visible(spec, scale, history.early_acknowledgement, other_consumers, now),
            *prefetch_suitable(spec, reading, history, now),
            *deliveries_end(history.redeliveries),
        ]
    if isinstance(scale, Scale):
        others += victims_chosen(spec, unchosen, reading)
        others.append(grace_period_sufficient(autoscaler, scale, history, now))
    needed = [able, fresh]
    if isinstance(scale, Scale) and history is not None:
        replicas = replicas_ready(scale, reading, history, unready_cause, now)
        others.append(replicas)
        if has_no_consumer(scale, reading):
            needed.append(replicas)
    return (_ready(spec, needed), *others)


def refused_conditions(spec: ScalingSpec, why: Unknown) -> tuple[Condition, ...]:
    """Return the conditions of an object that the operator does not take."""
    able = _able_to_scale(spec, why, None)
    return _ready(spec, (able,)), able


def _jobs_succeeding(decision: Decision) -> Condition:
    """Return whether the Jobs that ended last delay the next ones."""
    if decision.reason is not Reason.JOBS_FAILING:
        return condition("JobsSucceeding", "True", "JobsSucceed")
    clause = decision.clauses[-1]
    return Condition("JobsSucceeding", "False", "JobsFailing", capital(clause), (clause,))


def _fallback(decision: Decision) -> Condition:
    if Reason.FALLBACK in decision.limited_by:
        return Condition("Fallback", "True", "Fallback", decision.message)
    return condition("Fallback", "False", "NotFallback")


def _paused(spec: ScalingSpec) -> Condition:
    if spec.paused is not None:
        return Condition("Paused", "True", f"Paused{spec.paused}", f"spec.paused is {spec.paused}")
    return condition("Paused", "False", "NotPaused")


def _ready(spec: ScalingSpec, needed: Iterable[Condition]) -> Condition:
    for each in needed:
        if each.status != "True":
            return Condition("Ready", "False", each.reason, each.message)
    if spec.dry_run:
        return condition("Ready", "True", "DryRun")
    return condition("Ready", "True", "Ready")


def _able_to_scale(spec: ScalingSpec, scale: Scale | Unknown, problem: Unknown | None) -> Condition:
    why = scale if isinstance(scale, Unknown) else problem
    if why is not None:
        # A dry run is meant to run beside another autoscaler: it is reported without a warning.
        expected = spec.dry_run and why.reason == "OtherAutoscaler"
        status = "True" if expected else "False"
        return Condition("AbleToScale", status, why.reason, why.cause, (why.clause,))
    return condition("AbleToScale", "True", "Able")


def _metrics_fresh(
    reading: BrokerReading, why: Unknown | None, *, is_unconfirmed: bool
) -> Condition:
    if why is not None and is_unconfirmed:
        return condition("MetricsFresh", "True", "LeaderUnconfirmed", cause=capital(why.cause))
    if why is not None:
        return Condition("MetricsFresh", "False", why.reason, why.cause, (why.clause,))
    if reading.lost:
        return Condition(
            "MetricsFresh", "True", "PartlyFresh", "; ".join(reading.lost), reading.lost
        )
    return condition("MetricsFresh", "True", "Fresh")


def _broker_alarm(alarm: Unknown | None) -> Condition:
    kind = "BrokerAlarm"
    if alarm is None:
        return condition(kind, "False", "NoAlarm")
    if in_effect(alarm) is None:
        return Condition(kind, "Unknown", alarm.reason, alarm.cause)
    message = f"{capital(alarm.cause)}: scale-down is blocked until it ends. {capital(_END_ALARM)}"
    return Condition(kind, "True", alarm.reason, message, (alarm.clause,))


def unknown_of(queues: tuple[QueueReading, ...] | Unknown) -> Unknown | None:
    """Return why the depth is unknown; None if it is known."""
    if isinstance(queues, Unknown):
        return queues
    if not queues:
        return Unknown("QueueNotFound", "no queue is found")
    return next((each.ready for each in queues if isinstance(each.ready, Unknown)), None)


def _active(spec: ScalingSpec, history: History, fresh: Condition, now: float) -> Condition:
    if fresh.status != "True":
        return Condition("Active", "Unknown", fresh.reason, fresh.message)
    if now - history.last_active <= max(10, spec.cooldown_seconds):
        return condition("Active", "True", "Work")
    return condition("Active", "False", "NoWork")


def _scaling_limited(decision: Decision) -> Condition:
    limits: Iterable[Reason] = reversed(decision.limited_by)
    limit = next((each for each in limits if each in _LIMITS), None)
    if limit is None:
        return condition("ScalingLimited", "False", "DesiredWithinRange")
    return Condition("ScalingLimited", "True", limit, decision.message)


def _schedules_valid(autoscaler: Autoscaler) -> Condition:
    wrong = autoscaler.wrong_schedules
    if not wrong:
        return condition("SchedulesValid", "True", "Valid")
    clauses = tuple(Clause("schedule.wrong", index=each.index) for each in wrong)
    text = "; ".join(
        f"{clause}: {each.problem}" for clause, each in zip(clauses, wrong, strict=True)
    )
    return Condition("SchedulesValid", "False", "ScheduleWrong", text, clauses)


def _events_safe(spec: ScalingSpec, reading: BrokerReading) -> Condition:
    transient = reading.transient
    if spec.effective_idle_replicas != 0 or transient == ():
        return condition("EventsSafe", "True", "Safe")
    if isinstance(transient, Unknown):
        # With AMQP alone no workload becomes idle.
        if transient.reason != "NotReported" or not reading.has_statistics:
            return Condition("EventsSafe", "Unknown", transient.reason, transient.cause)
        # With prometheus-uri such a workload still becomes idle: most queues stay, and none of
        # their workloads would be idle any more if one replica stayed for a queue that may not.
        clause = Clause("events.unreported")
        return Condition("EventsSafe", "Unknown", transient.reason, capital(clause), (clause,))
    names = ", ".join(transient[:3])
    if spec.keeps_queues:
        return condition("EventsSafe", "True", "QueuesKept", names=names)
    clause = Clause("events.vanish", names=names)
    message = f"{capital(clause)}: remove idle.replicas"
    return Condition("EventsSafe", "False", "QueuesVanish", message, (clause,))
