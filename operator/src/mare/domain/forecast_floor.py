"""The minimum that a forecast sets: the replicas for a load that is due."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from mare.domain.clause import Clause, Number
from mare.domain.context import DecisionContext, Forecast
from mare.domain.decision import DecisionTrace, Stage
from mare.domain.forecast import Recurrence
from mare.domain.history import History
from mare.domain.observation import Load, Workload
from mare.domain.spec import ForecastMode, ScalingSpec
from mare.domain.targets import proposal_of
from mare.domain.unknown import Unknown, known

_MOST_TIMES = 3
_BY_SECONDS = 600.0
"""Period below which times have seconds."""
_BY_DAY = 12 * 3600.0
"""Period from which on times have a date."""
_REDUCED = {
    "forecast.due": "forecast.due.reduced",
    "forecast.dryRun": "forecast.dryRun.reduced",
    "forecast.coming": "forecast.coming.reduced",
}
"""The clauses where fewer messages than before the other surges arrive now."""
_NO_RATIO = Unknown("NotMeasured", "the ratio of a load that is due is not known")


def forecast_of(context: DecisionContext, history: History) -> Forecast | None:
    """Return the load for which replicas have to be started or kept now."""
    if context.spec.forecast is ForecastMode.OFF:
        return None
    lead = history.learning.estimates.assumed_start_seconds
    coming = history.tides.expected(context.now, lead)
    if coming is None:
        return None
    rate = history.tides.checked_rate(coming)
    replicas = _replicas_for(rate, context.spec, context.load, history, context.now)
    if replicas == 0:
        return None
    times = times_of(coming.times, coming.period)
    numbers: dict[str, Number] = {"replicas": replicas, "times": times}
    code = "forecast.due"
    if context.spec.forecast is ForecastMode.DRY_RUN:
        code = "forecast.dryRun"
    elif context.now < coming.due:
        code, numbers["seconds"] = "forecast.coming", math.ceil(coming.due - context.now)
    if rate < coming.rate:
        whole = _replicas_for(coming.rate, context.spec, context.load, history, context.now)
        if whole > replicas:
            code, numbers["needed"] = _REDUCED[code], whole
    return Forecast(replicas, Clause(code, **numbers))


def next_load(
    spec: ScalingSpec, load: Load, history: History, now: float
) -> tuple[Recurrence, int] | None:
    """Return the load that is due next, however late, and the replicas that it needs."""
    coming = history.tides.next
    if coming is None or coming.due < now:
        return None
    replicas = _replicas_for(coming.rate, spec, load, history, now)
    return (coming, min(replicas, spec.max_replicas)) if replicas else None


def _replicas_for(rate: float, spec: ScalingSpec, load: Load, history: History, now: float) -> int:
    """Return what the targets propose for a rate without a backlog; 0 without a known capacity.

    A target of some of the queues proposes nothing: their share of the rate is not known.
    """
    estimates = history.learning.estimates
    if isinstance(spec.capacity_per_replica or estimates.capacity_per_replica, Unknown):
        return 0
    estimates = replace(
        estimates,
        arrival_rate=rate,
        highest_rate=rate,
        rate_before_jump=None,
        delivery_ratio=_NO_RATIO,
    )
    at_work = math.ceil(rate * known(estimates.service_seconds, 0.0))
    empty = tuple(replace(each, ready=0, unacknowledged=0) for each in load.readings)
    load = replace(load, ready=0, unacknowledged=at_work, statistics_at=now, readings=empty)
    workload = Workload(replicas=0)  # so that no tolerance applies
    proposals = (
        proposal_of(target, load, estimates, workload, spec.behavior) for target in spec.targets
    )
    return max((each.raw for each in proposals if not isinstance(each, Unknown)), default=0)


def apply_forecast(trace: DecisionTrace, context: DecisionContext, desired: int) -> int:
    """Return the count for the load now and for the load that is due.

    A workload that can be idle has no minimum then, so that the forecast is why it has replicas.
    Example: the messages need 2 replicas, and a load in 20 s needs 6: 6. If that load needs 2, or
    `minReplicas` is 6, the forecast changes nothing.
    """
    forecast, can_be_idle = context.forecast, context.spec.effective_idle_replicas is not None
    least = desired if can_be_idle else max(desired, context.spec.min_replicas)
    if forecast is None or forecast.replicas <= least:
        return desired
    trace.extend_formula(forecast.clause)
    if not context.starts_for_forecast:
        trace.record(Stage.FORECAST, desired, forecast.clause)
        return desired
    trace.raise_to_forecast(forecast.replicas, forecast.clause)
    return forecast.replicas


def times_of(times: Sequence[float], period: float) -> str:
    """Return the last times in UTC, as exact as the period."""
    form = "%H:%M:%S" if period < _BY_SECONDS else "%H:%M"
    if period >= _BY_DAY:
        form = f"%Y-%m-%d {form}"
    *others, last = [f"{datetime.fromtimestamp(at, UTC):{form}}" for at in times[-_MOST_TIMES:]]
    return f"{', '.join(others)} and {last}"
