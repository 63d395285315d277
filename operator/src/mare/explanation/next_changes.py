"""The next changes of a count: by more or fewer messages, by time, or by an edit of the spec."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

from mare.domain.clause import Clause
from mare.domain.context import Proposal, largest
from mare.domain.count import least
from mare.domain.decision import Decision
from mare.domain.observation import Load, Workload, load_of
from mare.domain.reason import Reason
from mare.domain.spec import Pause, SelectPolicy
from mare.domain.targets import proposal_of
from mare.domain.unknown import Unknown, known
from mare.explanation.constraint import constraint_of
from mare.explanation.facts import Facts


def next_changes(facts: Facts, now: float) -> tuple[Clause, ...]:
    """Return what changes the count next, if all else stays the same."""
    if facts.decision is None or facts.has_no_leader:
        return ()
    return tuple(_next_changes(facts, facts.decision, now))


def _next_changes(facts: Facts, decision: Decision, now: float) -> Iterator[Clause]:
    match constraint_of(facts):
        case Reason.PAUSED:
            yield Clause("next.resume")
            return
        case Reason.SCALING_DISABLED:
            return
        case Reason.QUEUES_UNKNOWN | Reason.FALLBACK if decision.raw is None:
            yield Clause("next.known")
        case Reason.DRY_RUN:
            yield Clause("next.carryOut")
    if decision.until is not None and decision.until > now:
        yield _when_time_has_passed(facts, decision, decision.until, now)
    if decision.raw is None:
        return
    yield from _by_load(facts, decision)


def _when_time_has_passed(facts: Facts, decision: Decision, until: float, now: float) -> Clause:
    seconds = math.ceil(until - now)
    given = {"seconds": seconds, "until": until}
    match decision.limited_by[-1] if decision.limited_by else None:
        case Reason.UNABLE_TO_SCALE:
            return Clause("next.attemptIn", **given)
        case Reason.COOLING_DOWN | Reason.MESSAGES_LEFT:
            idle = facts.spec.effective_idle_replicas or 0
            return Clause("next.idleIn", replicas=idle, **given)
        case Reason.QUEUES_UNKNOWN:
            count = facts.spec.fallback.replicas if facts.spec.fallback else 0
            return Clause("next.fallbackIn", replicas=count, **given)
        case Reason.JOBS_FAILING:
            return Clause("next.jobIn", **given)
        case Reason.DRAINING:
            return Clause("next.drainedIn", **given)
        case _:
            return Clause("next.scalesDownIn", **given)


def _by_load(facts: Facts, decision: Decision) -> Iterator[Clause]:
    spec = facts.spec
    if spec.jobs is not None:
        if decision.desired >= spec.max_replicas:
            yield Clause("next.raiseMax", by=spec.max_set_by, max=spec.max_replicas)
        return
    if decision.reason is Reason.IDLE:
        yield Clause("next.activatesAt", messages=spec.activation_threshold + 1)
        return
    load = load_of(facts.queues)
    proposal_at = _proposals(facts, load, decision.desired)
    if proposal_at is None or isinstance(load.ready, Unknown):
        return
    # Of a direction that is paused or disabled, or that another limit blocks at the present load,
    # no number of messages is the reason.
    unacknowledged, uncounted = known(load.unacknowledged, 0), min(facts.uncounted, load.ready)
    counted = load.ready - uncounted
    grows, shrinks = _directions(facts)
    if decision.desired >= spec.max_replicas:
        yield Clause("next.raiseMax", by=spec.max_set_by, max=spec.max_replicas)
    elif grows and decision.reason is not Reason.TOO_MANY_REPLICAS:
        more = least(counted, lambda ready: proposal_at(ready).replicas > decision.desired)
        if more is not None and more > counted:
            yield Clause("next.scalesUpAt", messages=more + uncounted + unacknowledged)
    if shrinks and decision.desired > max(1, spec.min_replicas):
        enough = least(0, lambda ready: proposal_at(ready).replicas >= decision.desired) or 0
        if 0 < enough <= counted and proposal_at(enough - 1).allows_scale_down:
            yield Clause("next.scalesDownAt", messages=enough - 1 + unacknowledged)


def _directions(facts: Facts) -> tuple[bool, bool]:
    """Return whether the count may rise, and whether it may fall, whatever the messages are."""
    paused, behavior = facts.spec.paused, facts.spec.behavior
    grows = behavior.scale_up.select_policy is not SelectPolicy.DISABLED
    shrinks = behavior.scale_down.select_policy is not SelectPolicy.DISABLED
    return (
        grows and paused is not Pause.SCALE_OUT,
        shrinks and paused is not Pause.SCALE_IN and not facts.has_alarm,
    )


def _proposals(facts: Facts, load: Load, count: int) -> Callable[[int], Proposal] | None:
    """Return the largest proposal as a function of ready messages; None if it is unknown."""
    spec, ready = facts.spec, facts.ready
    workload = Workload(replicas=count) if ready is None else Workload(replicas=count, ready=ready)
    targets = [each for each in spec.targets if not getattr(each, "queues", ())]

    def proposal_at(ready_messages: int) -> Proposal:
        at, estimates = replace(load, ready=ready_messages), facts.estimates
        found = largest(
            [proposal_of(each, at, estimates, workload, spec.behavior) for each in targets]
        )
        return Proposal(-1, -1, found.clause) if isinstance(found, Unknown) else found

    return proposal_at if targets and proposal_at(0).replicas >= 0 else None
