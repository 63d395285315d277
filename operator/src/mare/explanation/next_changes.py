"""The next changes of a count: by more or fewer messages, by time, or by an edit of the spec."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

from mare.domain.clause import Clause
from mare.domain.count import least
from mare.domain.decision import Decision
from mare.domain.observation import Load, Workload, load_of
from mare.domain.reason import Reason
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
    unacknowledged = known(load.unacknowledged, 0)
    if decision.desired >= spec.max_replicas:
        yield Clause("next.raiseMax", by=spec.max_set_by, max=spec.max_replicas)
    elif decision.reason is not Reason.TOO_MANY_REPLICAS:
        uncounted = min(facts.uncounted, load.ready)
        counted = load.ready - uncounted
        more = least(counted, lambda ready: proposal_at(ready) > decision.desired)
        if more is not None:
            yield Clause("next.scalesUpAt", messages=more + uncounted + unacknowledged)
    if proposal_at(0) < decision.desired and decision.desired > max(1, spec.min_replicas):
        enough = least(0, lambda ready: proposal_at(ready) >= decision.desired)
        if enough is not None and enough > 0:
            yield Clause("next.scalesDownAt", messages=enough - 1 + unacknowledged)


def _proposals(facts: Facts, load: Load, count: int) -> Callable[[int], int] | None:
    """Return the largest proposal as a function of ready messages; None if it is unknown."""
    spec, ready = facts.spec, facts.ready
    workload = Workload(replicas=count) if ready is None else Workload(replicas=count, ready=ready)

    def proposal_at(ready_messages: int) -> int:
        proposals = [
            proposal_of(
                target,
                replace(load, ready=ready_messages),
                facts.estimates,
                workload,
                spec.behavior,
            )
            for target in spec.targets
            if not getattr(target, "queues", ())
        ]
        return max(
            (each.replicas for each in proposals if not isinstance(each, Unknown)), default=-1
        )

    return proposal_at if proposal_at(0) >= 0 else None
