"""Without any proposal: the count stays, until the fallback applies."""

from mare.domain.clause import Clause
from mare.domain.context import DecisionContext
from mare.domain.decision import DecisionTrace, Stage
from mare.domain.history import History
from mare.domain.idle import keep_bounds, keep_idle_count
from mare.domain.reason import Reason
from mare.domain.spec import FallbackBehavior
from mare.domain.unknown import Unknown


def keep_or_fall_back(
    trace: DecisionTrace, context: DecisionContext, why: Unknown, history: History
) -> None:
    """Keep the count, or use the fallback once no queue has been known for its time.

    Example: `fallback: {replicas: 6}`, and 4 replicas run. No queue can be read for 179 s: 4 stay.
    After 180 s they become 6. If 8 run, 8 stay, unless `behavior: Static` makes them 6.
    """
    trace.set_formula(why.clause)
    trace.record(Stage.MEASURED, None, why.clause)
    since = context.now if history.unknown_since is None else history.unknown_since
    fallback = None if history.unknown_since is None else context.spec.fallback
    unknown_for = context.now - since
    has_replicas = False
    if fallback is not None and unknown_for >= fallback.after_seconds:
        has_replicas = fallback.replicas > 0
        count = fallback.replicas
        if fallback.behavior is FallbackBehavior.CURRENT_REPLICAS_IF_HIGHER:
            count = max(count, trace.current)
        remark = Clause("unknown.fallback", seconds=round(unknown_for), replicas=fallback.replicas)
        trace.limit(Stage.UNKNOWN, count, Reason.FALLBACK, remark)
    else:
        until = None if fallback is None else since + fallback.after_seconds
        remark = Clause("unknown.kept")
        trace.limit(Stage.UNKNOWN, trace.current, Reason.QUEUES_UNKNOWN, remark, until)
    # While the queues are unknown, nothing can confirm a forecast.
    if not has_replicas and context.schedule is None and context.is_at_idle_count:
        keep_idle_count(trace, context)
    else:
        keep_bounds(trace, context)
