"""How fast a count may move: `behavior` of autoscaling/v2, step by step.

Tested against the controller of Kubernetes 1.37.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mare.domain.clause import Clause
from mare.domain.context import DecisionContext
from mare.domain.count import MAX_COUNT
from mare.domain.decision import DecisionTrace, Stage
from mare.domain.reason import Reason
from mare.domain.scale_events import ScaleEvent
from mare.domain.spec import Behavior, PolicyType, ScalingRules, SelectPolicy

_MOST_RECOMMENDATIONS = 128
"""Of different counts that only fell, or only rose: 14,400 in an hour took 1.1 MB and 5 ms."""
_SLICES = 60
"""Parts of the longer window, if there are more: two recommendations of each, and of the last."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A desired count before limits, and the last time at which it was desired."""

    time: float
    replicas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    """The count that `behavior` allows, and why."""

    replicas: int
    reason: Reason
    stabilized: int
    """The count after the windows, before policies and bounds."""
    stabilization: Reason
    recommendations: tuple[Recommendation, ...]
    """The past recommendations that windows still need, and the new one."""


def apply_behavior(
    behavior: Behavior,
    *,
    min_replicas: int,
    max_replicas: int,
    current: int,
    desired: int,
    recommendations: tuple[Recommendation, ...],
    events: Iterable[ScaleEvent],
    now: float,
) -> Limited:
    """Limit a desired count to what windows, policies and bounds allow.

    A current count outside [min, max] moves to the bound at once, without windows and policies.
    Otherwise windows apply first, then policies, then bounds.
    """
    if current > max_replicas or current < min_replicas:
        too_many = current > max_replicas
        bound = max_replicas if too_many else min_replicas
        return Limited(
            replicas=bound,
            reason=Reason.TOO_MANY_REPLICAS if too_many else Reason.TOO_FEW_REPLICAS,
            stabilized=desired,
            stabilization=Reason.DESIRED_WITHIN_RANGE,
            recommendations=recommendations,
        )
    stabilized = _stabilize(behavior, current, desired, recommendations, now)
    stabilization = Reason.DESIRED_WITHIN_RANGE
    if stabilized != desired:
        growing = desired >= current
        stabilization = Reason.SCALE_UP_STABILIZED if growing else Reason.SCALE_DOWN_STABILIZED
    replicas, reason = stabilized, Reason.DESIRED_WITHIN_RANGE
    if stabilized > current:
        ceiling = up_limit(behavior.scale_up, current, events, now)
        if stabilized > min(max_replicas, ceiling):
            reason = Reason.TOO_MANY_REPLICAS if max_replicas <= ceiling else Reason.SCALE_UP_LIMIT
            replicas = min(max_replicas, ceiling)
    elif stabilized < current:
        floor = down_limit(behavior.scale_down, current, events, now)
        if stabilized < max(min_replicas, floor):
            reason = Reason.TOO_FEW_REPLICAS if min_replicas >= floor else Reason.SCALE_DOWN_LIMIT
            replicas = max(min_replicas, floor)
    return Limited(
        replicas=replicas,
        reason=reason,
        stabilized=stabilized,
        stabilization=stabilization,
        recommendations=remember(behavior, recommendations, Recommendation(now, desired)),
    )


def _stabilize(
    behavior: Behavior,
    current: int,
    desired: int,
    recommendations: Iterable[Recommendation],
    now: float,
) -> int:
    """Limit the count to the range of the recommendations within the windows.

    Example: with a scale-down window of 15 s, 6 replicas were recommended 10 s ago, 4 of them 5 s
    ago, and 3 now. 6 stay. In 5 s, 4 are possible, and in 10 s, 3.
    """
    low = high = desired
    up_cutoff = now - behavior.scale_up.stabilization_window_seconds
    down_cutoff = now - behavior.scale_down.stabilization_window_seconds
    for past in recommendations:
        if past.time > up_cutoff:
            low = min(low, past.replicas)
        if past.time > down_cutoff:
            high = max(high, past.replicas)
    return min(max(current, low), high)


def remember(
    behavior: Behavior, past: tuple[Recommendation, ...], new: Recommendation
) -> tuple[Recommendation, ...]:
    """Keep the recommendations that a window can still need, which are few.

    An entry is dropped if a later one is as large. Within the scale-up window the minimum matters
    as well: there it is dropped only if another later one is as small.
    """
    up_window = behavior.scale_up.stabilization_window_seconds
    down_window = behavior.scale_down.stabilization_window_seconds
    kept = [new]
    smallest = largest = new.replicas
    for entry in reversed(past):
        in_up_window = entry.time > new.time - up_window
        if not (in_up_window or entry.time > new.time - down_window):
            continue
        if entry.replicas > largest or (in_up_window and entry.replicas < smallest):
            kept.append(entry)
            smallest = min(smallest, entry.replicas)
            largest = max(largest, entry.replicas)
    if len(kept) > _MOST_RECOMMENDATIONS:
        kept = [new, *_merge(kept[1:], new, max(up_window, down_window) / _SLICES)]
    kept.reverse()
    return tuple(kept)


def _merge(
    newest_first: Iterable[Recommendation], new: Recommendation, seconds: float
) -> list[Recommendation]:
    """Make the maxima of the same `seconds` one, and the minima, so that none counts shorter."""
    merged: dict[tuple[bool, float], Recommendation] = {}
    for entry in newest_first:
        part = entry.replicas > new.replicas, entry.time // seconds
        merged[part] = Recommendation(merged.get(part, entry).time, entry.replicas)
    return sorted(merged.values(), key=lambda each: each.time, reverse=True)


def up_limit(rules: ScalingRules, current: int, events: Iterable[ScaleEvent], now: float) -> int:
    """Return the most replicas that the policies allow, at least the current ones.

    Example: 10 replicas run, of which 3 were added within 15 s. 4 Pods in 15 s allow 7 + 4, and
    100 % in 15 s allow 2 x 7. By default the larger limit applies: 14.
    """
    proposals = _proposals(rules, current, events, now, math.ceil, 1)
    select = min if rules.select_policy is SelectPolicy.MIN else max
    return max(current, select(proposals, default=MAX_COUNT))


def down_limit(rules: ScalingRules, current: int, events: Iterable[ScaleEvent], now: float) -> int:
    """Return the fewest replicas that the policies allow, at most the current ones.

    Example: 10 replicas run, of which 3 were added within 60 s. 2 Pods in 60 s allow 7 - 2, and
    50 % in 60 s allow half of 7. By default the larger change applies: 3.
    """
    proposals = _proposals(rules, current, events, now, math.trunc, -1)
    select = max if rules.select_policy is SelectPolicy.MIN else min
    return min(current, select(proposals, default=0))


def _proposals(  # noqa: PLR0917
    rules: ScalingRules,
    current: int,
    events: Iterable[ScaleEvent],
    now: float,
    rounded: Callable[[float], int],
    sign: int,
) -> list[int]:
    """Return the count that each policy allows; without policies none, which is no limit."""
    if rules.select_policy is SelectPolicy.DISABLED:
        return [current]
    proposals = []
    for policy in rules.policies:
        cutoff = now - policy.period_seconds
        counted = (event.change for event in events if event.counts_from(sign) > cutoff)
        start = current - sum(counted)
        if policy.type is PolicyType.PODS:
            proposals.append(start + sign * policy.value)
        else:
            proposals.append(rounded(start * (1 + sign * policy.value / 100)))
    return proposals


def is_within_tolerance(behavior: Behavior, ratio: float) -> bool:
    """Return whether a ratio of desired to current is within the tolerance, bounds included."""
    return 1 - behavior.scale_down.tolerance <= ratio <= 1 + behavior.scale_up.tolerance


def record_behavior(
    trace: DecisionTrace,
    context: DecisionContext,
    limited: Limited,
    desired: int,
    *,
    window_ended: bool,
) -> None:
    """Record in the trace how windows, policies and bounds changed the desired count."""
    behavior, count = context.spec.behavior, limited.stabilized
    match limited.stabilization:
        case Reason.SCALE_UP_STABILIZED:
            window = behavior.scale_up.stabilization_window_seconds
            remark = Clause("window.up", replicas=count, windowSeconds=window)
            trace.limit(Stage.WINDOW, count, limited.stabilization, remark)
        case Reason.SCALE_DOWN_STABILIZED:
            _record_scale_down_window(trace, context, limited, desired)
        case _:
            remark = Clause("window.ended" if window_ended else "window.none")
            trace.move_to(Stage.WINDOW, count, remark)
    reason = limited.reason
    match reason:
        case Reason.DESIRED_WITHIN_RANGE:
            trace.move_to(Stage.POLICY, limited.replicas, Clause("policy.none"))
            return
        case Reason.SCALE_UP_LIMIT:
            stage, remark = Stage.POLICY, Clause("policy.up", replicas=limited.replicas)
        case Reason.SCALE_DOWN_LIMIT:
            stage, remark = Stage.POLICY, Clause("policy.down", replicas=limited.replicas)
        case Reason.TOO_MANY_REPLICAS:
            stage, remark = Stage.BOUNDS, context.why_ceiling
        case _:
            stage, remark = Stage.BOUNDS, context.why_floor
            reason = Reason.SCHEDULED if context.schedule is not None else reason
    trace.limit(stage, limited.replicas, reason, remark)


def _record_scale_down_window(
    trace: DecisionTrace, context: DecisionContext, limited: Limited, desired: int
) -> None:
    """A smaller count within bounds is possible once the last larger one leaves the window."""
    window = context.spec.behavior.scale_down.stabilization_window_seconds
    count = limited.stabilized
    blocking = [
        past.time
        for past in limited.recommendations
        if past.replicas >= count and past.replicas > desired
    ]
    until = max(blocking) + window if blocking and count > context.floor else None
    numbers = {"replicas": count, "windowSeconds": window}
    if until is None:
        remark = Clause("window.needed", **numbers)
    else:
        remark = Clause("window.down", **numbers, seconds=math.ceil(until - context.now))
    trace.limit(Stage.WINDOW, count, Reason.SCALE_DOWN_STABILIZED, remark, until)
