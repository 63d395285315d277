"""The ready messages that unfinished Jobs will still take: no other Job is created for them.

A Job claims `messagesPerJob` messages from its creation on. Kubernetes does not show when it takes
them, so that the queues have to: a fall of the ready messages, or a delivery in the statistics,
frees as many claims, of the Job that has been ready for longest. A Job without a ready Pod has
taken nothing. Both kinds of evidence are lower bounds: an arrival hides a fall until the
statistics show the delivery. Without statistics, a ready Job that still claims all of its messages
`startSeconds` after it could take one counts as busy.

A Job whose container fails and restarts in the same Pod (restartPolicy OnFailure) takes a message
again. It claims what the queues rose by in the seconds in which its Pod stopped being ready.

Counts of unacknowledged messages are not used: a consumer may acknowledge a message before it works
on it, and may hold two.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from mare.domain.job_failures import AT_ONCE_SECONDS
from mare.domain.jobs import Job, JobState
from mare.domain.observation import QueueKey, QueueReading
from mare.domain.spec import JobRules
from mare.domain.unknown import Unknown

_STATISTICS_SECONDS = 15.0
"""Time after which a delivery is in the statistics: RabbitMQ renews them every 5 s."""


_UNSEEN_SECONDS = 5.0
"""Time after which a change of a Pod is in the status of its Job, which is updated every 1 s."""

_RESTART_SECONDS = 600.0
"""Time after which a container that failed runs again: Kubernetes delays it by 300 s at most. A Pod
that is not ready for longer works, and its readiness probe fails: the API server does not show the
difference before."""


@dataclass(frozen=True, slots=True)
class Claim:
    messages: int
    """The messages that the Job will still take."""
    ready_since: float | None = None
    """Since when a Pod of it is ready; None while none is."""
    failed_pods: int = 0
    stopped_at: float | None = None
    """Since when no Pod of it is ready any more; None if one is, or none was."""
    was_running: bool = False
    """Whether the Job ran at the first reading, so that it may have taken any of its messages."""
    has_run: bool = False
    """Whether a Pod of it was ready for a minute."""


@dataclass(frozen=True, slots=True)
class _Counts:
    """The counts of one queue at the last reading."""

    ready: int
    delivered: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobClaims:
    claims: Mapping[str, Claim] = field(default_factory=dict)
    """By the name of an unfinished Job."""
    ended: tuple[tuple[float, int], ...] = ()
    """When Jobs were found to have ended, and what they had claimed until then: a reading from
    before does not show yet what they have taken."""
    expected: tuple[tuple[float, int], ...] = ()
    """Deliveries that have freed claims already and that the statistics will show, each with the
    time until which they are expected."""
    taken: tuple[tuple[float, int], ...] = ()
    """Messages that were taken by Jobs whose Pods are not seen to be ready yet, each with the time
    until which they are considered."""
    requeued: tuple[tuple[float, int], ...] = ()
    """Messages by which the queues rose, each with the time until which a container that ends is
    taken as the cause."""
    finished: frozenset[str] | None = None
    """The names of the finished Jobs of the last reading; None before the first one."""
    queues: Mapping[QueueKey, _Counts] = field(default_factory=dict)
    has_messages_since: float | None = None

    @property
    def messages(self) -> int:
        """The claimed messages."""
        claimed = sum(each.messages for each in self.claims.values())
        return claimed + _sum(self.ended)

    def has_run(self, job: Job) -> bool | None:
        """Return whether a Pod of a Job was ready for a minute; None if that was not observed."""
        claim = self.claims.get(job.name)
        if claim is None or (claim.was_running and not claim.has_run):
            return None
        return claim.has_run

    def unstarted(self, jobs: Iterable[Job]) -> Iterable[Job]:
        """Yield the unfinished Jobs that have had no ready Pod yet, and of which no Pod failed."""
        for job in jobs:
            claim = self.claims.get(job.name)
            if claim and not (claim.ready_since or claim.stopped_at or job.failed_pods):
                yield job

    def observe(
        self,
        jobs: Iterable[Job],
        queues: tuple[QueueReading, ...] | Unknown,
        rules: JobRules,
        now: float,
    ) -> "JobClaims":
        """Return the claims after a reading of Jobs and queues."""
        read = () if isinstance(queues, Unknown) else queues
        counts = {each.key: found for each in read if (found := _counts(each)) is not None}
        rises, falls, deliveries = self._changes(counts)
        expected = tuple(each for each in self.expected if each[0] > now)
        deliveries, expected = _settle(deliveries, expected)
        known = {each.name: each for each in jobs}
        finished = frozenset(name for name, each in known.items() if each.is_finished)
        at_once = Claim(rules.messages_per_job, ready_since=now)
        ended = dict.fromkeys(finished - (self.finished or frozenset()), at_once)
        ended |= {
            name: _at_end(each, known.get(name), now)
            for name, each in self.claims.items()
            if _has_ended(known.get(name))
        }
        taken = (
            *(e for e in self.taken if e[0] > now),
            (now + _UNSEEN_SECONDS, falls + deliveries),
        )
        left, ended = _free(_sum(taken), ended)
        requeued = (*(e for e in self.requeued if e[0] > now), (now + _UNSEEN_SECONDS, rises))
        unclaimed, claims = _renew(_sum(requeued), self._of(known, rules, now), known, rules, now)
        left, claims = _free(left, claims)
        since = (self.has_messages_since or now) if any(c.ready for c in counts.values()) else None
        given_up = {
            name
            for name, each in claims.items()
            if each.messages and _is_busy(each, since or now, rules, now)
        }
        presumed = sum(claims[name].messages for name in given_up)
        if self.finished is not None:  # the first reading shows Jobs that ended long ago
            succeeded = [name for name in ended if _has_succeeded(known.get(name))]
            presumed += sum(ended[name].messages for name in succeeded)
        if (owed := falls + presumed) and any(c.delivered is not None for c in counts.values()):
            expected = (*expected, (now + _STATISTICS_SECONDS, owed))
        read_at = min((each.read_at for each in read), default=0.0)
        still_claimed = sum(each.messages for each in ended.values())
        return JobClaims(
            claims={
                name: replace(each, messages=0) if name in given_up else each
                for name, each in claims.items()
            },
            ended=(
                *(each for each in self.ended if each[0] >= read_at),
                *(((now, still_claimed),) if still_claimed else ()),
            ),
            expected=expected,
            taken=_newest(taken, left),
            requeued=_newest(requeued, unclaimed),
            finished=finished,
            queues=counts if read else self.queues,
            has_messages_since=since,
        )

    def _changes(self, counts: Mapping[QueueKey, _Counts]) -> tuple[int, int, int]:
        """Return by how much ready messages rose and fell, and how many deliveries are new."""
        rises = falls = deliveries = 0
        for key, after in counts.items():
            if (before := self.queues.get(key)) is None:
                continue
            rises += max(0, after.ready - before.ready)
            falls += max(0, before.ready - after.ready)
            if before.delivered is not None and after.delivered is not None:
                deliveries += max(0, after.delivered - before.delivered)
        return rises, falls, deliveries

    def _of(self, jobs: Mapping[str, Job], rules: JobRules, now: float) -> dict[str, Claim]:
        """Return the claims of the unfinished Jobs before new evidence."""
        claims = {}
        for name, job in jobs.items():
            if job.is_finished:
                continue
            before, is_ready = self.claims.get(name), job.state is JobState.RUNNING
            if before is None or job.failed_pods > before.failed_pods:
                # The Pod that replaces one takes the message that the broker requeues.
                before = Claim(
                    rules.messages_per_job,
                    failed_pods=job.failed_pods,
                    was_running=is_ready and self.finished is None,
                    has_run=before is not None and before.has_run,
                )
            ready_since = (before.ready_since or now) if is_ready else None
            stopped_at = before.stopped_at if before.ready_since is None else now
            if is_ready or job.terminating:
                stopped_at = None
            messages = 0 if job.terminating else min(before.messages, rules.messages_per_job)
            has_run = before.has_run or now - (ready_since or now) >= AT_ONCE_SECONDS
            after = Claim(
                messages, ready_since, job.failed_pods, stopped_at, before.was_running, has_run
            )
            claims[name] = before if after == before else after
        return claims


def _counts(reading: QueueReading) -> _Counts | None:
    if isinstance(reading.ready, Unknown):
        return None
    delivered = reading.delivered
    return _Counts(reading.ready, None if isinstance(delivered, Unknown) else delivered)


def _settle(
    deliveries: int, expected: tuple[tuple[float, int], ...]
) -> tuple[int, tuple[tuple[float, int], ...]]:
    """Take expected deliveries from those that the statistics add; return what is left of both."""
    left = []
    for until, messages in expected:
        settled = min(deliveries, messages)
        deliveries -= settled
        if messages > settled:
            left.append((until, messages - settled))
    return deliveries, tuple(left)


def _renew(
    requeued: int,
    claims: Mapping[str, Claim],
    jobs: Mapping[str, Job],
    rules: JobRules,
    now: float,
) -> tuple[int, dict[str, Claim]]:
    """Let Jobs whose containers restart claim as many messages; return what is left."""
    renewed = dict(claims)
    for name, each in claims.items() if requeued else ():
        has_stopped = each.stopped_at is not None and now - each.stopped_at < _UNSEEN_SECONDS
        if has_stopped and jobs[name].restarts_containers:
            messages = min(requeued, rules.messages_per_job - each.messages)
            requeued -= messages
            renewed[name] = replace(each, messages=each.messages + messages)
    return requeued, renewed


def _free(taken: int, claims: Mapping[str, Claim]) -> tuple[int, dict[str, Claim]]:
    """Free as many claims of Jobs with a ready Pod; return what was taken beyond them."""
    freed = dict(claims)
    if not taken:
        return 0, freed
    ready = [n for n, each in claims.items() if each.ready_since is not None and each.messages]
    for name in sorted(ready, key=lambda name: claims[name].ready_since or 0.0):
        if not taken:
            break
        messages = min(taken, claims[name].messages)
        taken -= messages
        freed[name] = replace(claims[name], messages=claims[name].messages - messages)
    return taken, freed


def _is_busy(claim: Claim, has_messages_since: float, rules: JobRules, now: float) -> bool:
    """Return whether a Job that could take a message for `startSeconds` must have taken one."""
    if claim.stopped_at is not None:
        return now - max(claim.stopped_at, has_messages_since) >= _RESTART_SECONDS
    is_certain = claim.messages < rules.messages_per_job and not claim.was_running
    if claim.ready_since is None or is_certain:
        return False
    return now - max(claim.ready_since, has_messages_since) >= rules.start_seconds


def _sum(entries: Iterable[tuple[float, int]]) -> int:
    return sum(messages for _, messages in entries)


def _newest(entries: tuple[tuple[float, int], ...], left: int) -> tuple[tuple[float, int], ...]:
    """Return the newest entries, as many messages as are left."""
    kept = []
    for until, messages in reversed(entries):
        if part := min(left, messages):
            kept.append((until, part))
            left -= part
    return tuple(reversed(kept))


def _has_ended(job: Job | None) -> bool:
    return job is None or job.is_finished


def _at_end(claim: Claim, job: Job | None, now: float) -> Claim:
    """Return what a Job claimed when it ended.

    A Pod can be not ready for a moment before its Job has succeeded. No container of it restarted,
    so that it took none of the messages that rose in that moment and that `_renew` let it claim.
    The claim of any other Job is to a message that the statistics will still show.
    """
    is_renewed = claim.stopped_at is not None and job is not None and job.restarts_containers
    if is_renewed and _has_succeeded(job):
        return replace(claim, messages=0)
    return claim if claim.ready_since else replace(claim, ready_since=now)


def _has_succeeded(job: Job | None) -> bool:
    return job is not None and job.state is JobState.SUCCEEDED
