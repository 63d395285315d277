"""The floor that a forecast sets: the replicas for a load that is due."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from mare.domain.clause import Clause
from mare.domain.context import DecisionContext, Forecast
from mare.domain.decision import DecisionTrace, Stage
from mare.domain.history import History
from mare.domain.reason import Reason
from mare.domain.spec import ForecastMode
from mare.domain.targets import proposal_of
from mare.domain.unknown import Unknown, known

_UNKNOWN_START = 15.0
_MOST_TIMES = 3
_MINUTES_ONLY = 600.0
_WITH_DAY = 12 * 3600.0


def forecast_of(context: DecisionContext, history: History) -> Forecast | None:
    """Return the load that replicas have to be started for now, or that has just begun."""
    if context.spec.forecast is ForecastMode.OFF:
        return None
    estimates, now = history.learning.estimates, context.now
    start_seconds = _UNKNOWN_START if estimates.start_seconds is None else estimates.start_seconds
    coming = history.tides.expected(now, start_seconds)
    if coming is None:
        return None
    replicas = _replicas_for(history.tides.checked_rate(coming), context, history)
    numbers = {"replicas": replicas, "times": _times(coming.times, coming.period)}
    if now < coming.due:
        seconds = math.ceil(coming.due - now)
        return Forecast(replicas, Clause("forecast.coming", **numbers, seconds=seconds))
    return Forecast(replicas, Clause("forecast.due", **numbers))


def _replicas_for(rate: float, context: DecisionContext, history: History) -> int:
    """Return what the targets propose for a load without a backlog; 0 before a capacity is known."""
    estimates = history.learning.estimates
    capacity = context.spec.capacity_per_replica or estimates.capacity_per_replica
    if isinstance(capacity, Unknown):
        return 0
    estimates = replace(
        estimates, arrival_rate=rate, highest_rate=rate, rate_before_jump=None, delivery_ratio=_NONE
    )
    at_work = math.ceil(rate * known(estimates.service_seconds, 0.0))
    load = replace(context.load, ready=0, unacknowledged=at_work, statistics_at=context.now)
    workload = replace(context.workload, replicas=0)
    proposals = (
        proposal_of(target, load, estimates, workload, context.spec.behavior)
        for target in context.spec.targets
    )
    return max((each.raw for each in proposals if not isinstance(each, Unknown)), default=0)


_NONE = Unknown("NotMeasured", "the ratio of a load that is due is not known")


def apply_forecast(trace: DecisionTrace, context: DecisionContext, desired: int) -> int:
    """Return the count for the load now and the load that is due."""
    forecast = context.forecast
    if forecast is None or forecast.replicas <= desired:
        return desired
    if context.spec.forecast is ForecastMode.DRY_RUN:
        trace.extend_formula(Clause("forecast.dryRun", clause=forecast.clause))
        return desired
    desired = max(desired, context.expected_replicas)
    trace.limit(Stage.FORECAST, desired, Reason.FORECAST, forecast.clause)
    return desired


def _times(times: Sequence[float], period: float) -> str:
    """Return the last times in UTC, as exact as the period."""
    form = "%H:%M:%S" if period < _MINUTES_ONLY else "%H:%M"
    if period >= _WITH_DAY:
        form = f"%Y-%m-%d {form}"
    *others, last = [f"{datetime.fromtimestamp(at, UTC):{form}}" for at in times[-_MOST_TIMES:]]
    return f"{', '.join(others)} and {last}"
