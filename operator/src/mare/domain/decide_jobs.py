"""Decides how many Jobs an object creates for the ready messages of its queues.

1. Each unfinished Job claims the messages that it will take (`job_claims`). Ready messages beyond
   the claims need a Job for each `messagesPerJob`.
2. Unfinished Jobs and new ones are `maxReplicas` at most, and 50 are created at a time.
3. Jobs that failed delay new ones, or let one Job alone try (`job_failures`).
4. A pause, a dry run, another operator and a failed request stop new Jobs.

No rule ends a Job: the count falls only because Jobs end.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mare.domain.clause import Clause
from mare.domain.decision import Decision, DecisionTrace, Stage
from mare.domain.evidence import Evidence
from mare.domain.job_claims import JobClaims
from mare.domain.job_failures import JobFailures
from mare.domain.jobs import Job, JobState
from mare.domain.observation import QueueReading, load_of
from mare.domain.reason import Reason
from mare.domain.spec import JobRules, Pause, ScalingSpec
from mare.domain.unknown import Unknown
from mare.domain.unready import UNREADY_SECONDS
from mare.domain.vetoes import stop_change

AT_A_TIME = 50
"""Jobs of one decision. Their requests take a second, and the next decision has a newer reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobHistory:
    """What decisions on the Jobs of one object learn."""

    claims: JobClaims = field(default_factory=JobClaims)
    failures: JobFailures = field(default_factory=JobFailures)
    unstarted: int = 0
    """Jobs that have had no ready Pod for `UNREADY_SECONDS`: no others get their messages."""
    unstarted_seconds: float = 0.0
    """The age of the oldest of them."""


def decide_jobs(
    spec: ScalingSpec,
    jobs: Sequence[Job],
    queues: tuple[QueueReading, ...] | Unknown,
    *,
    evidence: Evidence,
    history: JobHistory,
    now: float,
    offset: float = 0.0,
) -> tuple[Decision, JobHistory]:
    """Decide how many unfinished Jobs there are to be, and return the history for the next call.

    `offset` is what the clock of the API server is ahead of `now`.
    """
    rules = spec.jobs or JobRules()
    unfinished = [each for each in jobs if not each.is_finished]
    history = replace(
        history,
        claims=history.claims.observe(jobs, queues, rules, now),
        failures=history.failures.observe(jobs, now + offset, history.claims.has_run),
    )
    ages = [now + offset - each.created for each in history.claims.unstarted(unfinished)]
    late = [each for each in ages if each >= UNREADY_SECONDS]
    history = replace(history, unstarted=len(late), unstarted_seconds=max(late, default=0.0))
    trace = DecisionTrace(len(unfinished), "Jobs")
    _record_jobs(trace, unfinished)
    if spec.paused is Pause.ALL:
        trace.record(Stage.PROPOSAL, None, Clause("paused.notCalculated"))
        trace.limit(Stage.PAUSE, trace.current, Reason.PAUSED, Clause("paused.all"))
        return trace.decided(), history
    ready = load_of(queues).ready
    if isinstance(ready, Unknown):
        remark = ready.in_clause("jobs.unknown")
        trace.limit(Stage.UNKNOWN, trace.current, Reason.QUEUES_UNKNOWN, remark)
        return trace.decided(), history
    _propose(trace, ready, history.claims.messages, rules)
    _limit(trace, spec, unfinished, history, now=now + offset, offset=offset)
    _stop(trace, spec, evidence, now)
    return trace.decided(), history


def _record_jobs(trace: DecisionTrace, unfinished: Sequence[Job]) -> None:
    starting = sum(each.state is JobState.STARTING for each in unfinished)
    clause = Clause("jobs.counted", jobs=len(unfinished), starting=starting)
    trace.record(Stage.MEASURED, len(unfinished), clause)


def _propose(trace: DecisionTrace, ready: int, claimed: int, rules: JobRules) -> None:
    """Propose a Job for each `messagesPerJob` messages that no Job will take."""
    more = math.ceil(max(0, ready - claimed) / rules.messages_per_job)
    count = trace.current + more
    if not ready:
        clause = Clause("jobs.quiet")
    elif not more:
        clause = Clause("jobs.claimed", ready=ready, claimed=claimed)
    else:
        clause = Clause(
            "jobs.needed",
            ready=ready,
            claimed=claimed,
            each=rules.messages_per_job,
            jobs=more,
        )
    trace.raw = count
    trace.set_formula(clause)
    trace.move_to(Stage.PROPOSAL, count, clause)


def _limit(
    trace: DecisionTrace,
    spec: ScalingSpec,
    unfinished: Sequence[Job],
    history: JobHistory,
    *,
    now: float,
    offset: float,
) -> None:
    most = max(spec.max_replicas, trace.current)
    if trace.count > most:
        remark = Clause("bounds.max", by=spec.max_set_by, max=spec.max_replicas)
        trace.limit(Stage.BOUNDS, most, Reason.TOO_MANY_REPLICAS, remark)
    if trace.count > trace.current + AT_A_TIME:
        remark = Clause("jobs.atATime", jobs=AT_A_TIME)
        trace.move_to(Stage.POLICY, trace.current + AT_A_TIME, remark)
        trace.add_remark(remark)
    if trace.count == trace.current:
        return
    failures = history.failures
    allowed, until = failures.allowed(unfinished, now, history.claims.has_run), failures.until
    if allowed is None or trace.current + allowed >= trace.count:
        return
    trace.desired = trace.count
    if until is not None and now < until:
        seconds = math.ceil(until - now)
        remark = Clause("jobs.delayed", failures=failures.in_turn, seconds=seconds)
        trace.limit(Stage.RETRY, trace.current, Reason.JOBS_FAILING, remark, until=until - offset)
    else:
        remark = Clause("jobs.alone", failures=failures.in_turn)
        trace.limit(Stage.RETRY, trace.current + allowed, Reason.JOBS_FAILING, remark)


def _stop(trace: DecisionTrace, spec: ScalingSpec, evidence: Evidence, now: float) -> None:
    """Keep the count if something stops the change."""
    if trace.count == trace.current:
        return
    if spec.paused is Pause.SCALE_OUT:
        trace.limit(Stage.PAUSE, trace.current, Reason.PAUSED, Clause("jobs.paused"))
    elif not spec.dry_run:
        stop_change(trace, evidence, now)
