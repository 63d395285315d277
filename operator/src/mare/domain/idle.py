"""Scaling to the idle count (usually 0) and back: activation, and a cooldown (60 s by default)."""

from mare.domain.clause import Clause
from mare.domain.context import DecisionContext, Proposal
from mare.domain.decision import DecisionTrace, Stage
from mare.domain.draining import why_recent
from mare.domain.forecast_floor import apply_forecast
from mare.domain.history import History
from mare.domain.reason import Reason
from mare.domain.spec import Pause, ScalingSpec
from mare.domain.unknown import Unknown, known, total


def exceeds_activation_threshold(context: DecisionContext) -> bool:
    """Return whether more messages are ready than the activation threshold, in known queues."""
    ready = context.load.of_known_queues().ready
    return not isinstance(ready, Unknown) and ready > context.spec.activation_threshold


def proposal_to_activate(context: DecisionContext, why: Unknown) -> Proposal | Unknown:
    """Propose the fewest replicas if an idle workload has messages; else return `why`."""
    if not (context.is_at_idle_count and exceeds_activation_threshold(context)):
        return why
    ready = known(context.load.of_known_queues().ready, 0)
    clause = Clause("idle.ready", ready=ready)
    return Proposal(context.floor, context.floor, clause, allows_scale_down=False, unknown=why)


def proposal_without_messages(proposal: Proposal | Unknown) -> Proposal | Unknown:
    """Propose 0 if two statistics updates show no message and the formula lacks an input.

    The formula of replicas that have never had a message lacks their capacity. Without this rule
    such replicas would stay.
    """
    if isinstance(proposal, Unknown) or not proposal.allows_scale_down:
        return Proposal(0, 0, Clause("idle.noMessage"))
    return proposal


def activate(
    trace: DecisionTrace, context: DecisionContext, proposal: Proposal, history: History
) -> History:
    """Give an idle workload what its messages, a schedule and a load due soon need together.

    Example: 3 replicas for the messages, `minReplicas` 2, a load in 20 s that needs 6: 0 → 6 in one
    step, whatever the scale-up policies allow.
    """
    trace.reason = Reason.ACTIVATED
    count = apply_forecast(trace, context, proposal.replicas)
    trace.move_to(Stage.IDLE, count, Clause("idle.activated"))
    keep_bounds(trace, context)
    return history.record_activation(trace.count, context.now)


def keep_bounds(trace: DecisionTrace, context: DecisionContext) -> None:
    """Move the count to the nearest bound of a workload that is not idle."""
    if trace.count > context.ceiling:
        trace.limit(Stage.BOUNDS, context.ceiling, Reason.TOO_MANY_REPLICAS, context.why_ceiling)
    elif trace.count < context.floor:
        reason = Reason.TOO_FEW_REPLICAS if context.schedule is None else Reason.SCHEDULED
        trace.limit(Stage.BOUNDS, context.floor, reason, context.why_floor)


def stay_idle(trace: DecisionTrace, context: DecisionContext) -> None:
    """Keep an idle workload as it is, with the reason."""
    trace.reason = Reason.IDLE
    why = Clause("idle.stays")
    if known(context.load.of_known_queues().ready, 0) > 0:
        why = Clause("idle.threshold", threshold=context.spec.activation_threshold)
    trace.extend_formula(why)
    trace.move_to(Stage.IDLE, trace.current, why)
    keep_idle_count(trace, context)


def keep_idle_count(trace: DecisionTrace, context: DecisionContext) -> None:
    """Raise the count to the idle count if another client or the fallback has lowered it."""
    idle_replicas = context.spec.effective_idle_replicas
    if idle_replicas is not None and trace.count < idle_replicas:
        remark = Clause("bounds.idle", replicas=idle_replicas)
        trace.limit(Stage.BOUNDS, idle_replicas, Reason.TOO_FEW_REPLICAS, remark)


def allows_zero(spec: ScalingSpec, replicas: int, history: History) -> bool:
    """Return whether the count is 0 and the spec allows it, or allowed it in an earlier call."""
    is_paused_at_zero = spec.paused is Pause.ALL and spec.paused_replicas == 0
    allowed = spec.effective_idle_replicas == 0 or is_paused_at_zero
    return replicas == 0 and (allowed or history.spec_allowed_zero)


def is_disabled(spec: ScalingSpec, replicas: int, history: History) -> bool:
    """Return whether another client disabled scaling by a count of 0, as in an HPA."""
    return replicas == 0 and spec.min_replicas > 0 and not history.spec_allowed_zero


def stay_disabled(trace: DecisionTrace) -> None:
    trace.limit(Stage.BOUNDS, 0, Reason.SCALING_DISABLED, Clause("idle.disabled"))


def scale_to_idle(trace: DecisionTrace, context: DecisionContext, history: History) -> None:
    """Scale from the smallest count to the idle count, after the cooldown without a message.

    Example: statistics of 0 s show the last message, and statistics of 5 and 10 s none. After a
    cooldown of 60 s the queues are asked (`vetoes`). They have none: 1 → 0 at 60 s.
    """
    idle_replicas = context.idle_replicas
    if idle_replicas is None or max(trace.count, trace.current) > context.floor:
        return
    cooldown = context.spec.cooldown_seconds
    quiet_at = history.quiet_since + cooldown
    is_quiet = history.is_quiet_confirmed and context.now >= quiet_at
    if trace.count > trace.current and not is_quiet:
        return  # a bound raises the count, which is the reason
    if context.alarm is not None:
        remark = context.alarm.in_clause("unknown.blocked")
        trace.limit(Stage.IDLE, trace.count, Reason.BROKER_ALARM, remark)
        return
    depth = total((context.load.ready, context.load.unacknowledged))
    answer = context.evidence.quiet_answer
    why = answer.why if answer and answer.answered_at == history.quiet_since else None
    acknowledgement = history.early_acknowledgement
    recent, until = acknowledgement.acknowledged_recently(context.spec.drain_seconds, context.now)
    if recent and history.quiet_samples > 0 and until >= quiet_at:
        remark = why_recent(context, recent)
        trace.limit(Stage.IDLE, trace.count, Reason.DRAINING, remark, until)
    elif is_quiet:
        seconds = round(context.now - history.quiet_since)
        trace.move_to_idle(idle_replicas, Clause("idle.scaled", seconds=seconds))
    elif why is not None:  # the answer restarted the cooldown
        numbers = {"replicas": idle_replicas, "cooldownSeconds": cooldown}
        remark = why.in_clause("idle.left", **numbers)
        ends_at = quiet_at if context.now < quiet_at else None
        trace.limit(Stage.IDLE, trace.count, Reason.MESSAGES_LEFT, remark, ends_at)
    elif history.quiet_samples > 0 and context.now < quiet_at:
        remark = Clause("idle.cooldown", replicas=idle_replicas, cooldownSeconds=cooldown)
        trace.limit(Stage.IDLE, trace.count, Reason.COOLING_DOWN, remark, quiet_at)
    elif isinstance(depth, Unknown):
        remark = depth.in_clause("idle.unknown", replicas=idle_replicas)
        trace.limit(Stage.IDLE, trace.count, Reason.PARTLY_UNKNOWN, remark)
    elif history.last_active < context.now:
        remark = Clause("idle.confirming", replicas=idle_replicas)
        trace.limit(Stage.IDLE, trace.count, Reason.COOLING_DOWN, remark)
