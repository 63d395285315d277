"""Failed Jobs: how they delay the next ones, so that a Job that always fails is no storm.

After a success a Job is created at once. After a Job of which a Pod was ready for a minute, the
next one follows after 10 s. After a Job that failed sooner, one Job alone follows, after 10 s,
20 s, 40 s ... up to 300 s, until a Job succeeds or runs for a minute. The time until a Pod is ready
does not count: each try can need a new node, for minutes. Where no operator saw the Pods, the life
of the Job counts instead.

Jobs that were created before the last failure fail for the same reason: together they count once.
Kubernetes delays the Pods of one Job in the same way, and CrashLoopBackOff the starts of a
container.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from mare.domain.count import MAX_COUNT
from mare.domain.jobs import Job, JobState

HasRun = Callable[[Job], bool | None]
"""Returns whether a Pod of a Job was ready for a minute; None if that is not known."""

_FIRST_SECONDS, _LONGEST_SECONDS = 10.0, 300.0
AT_ONCE_SECONDS = 60.0
"""A Job that fails sooner than this after a Pod of it was ready fails at once."""
_CLOCK_SECONDS = 60.0
"""How far a time in a status may be ahead of the clock; a later one, which a user can write, counts
as this one, or Jobs would be delayed until then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFailures:
    """All times are those of the API server."""

    in_turn: int = 0
    """Failures since the last success; those of Jobs that ran together are one."""
    last: float | None = None
    """When the last Job failed."""
    at_once: bool = False
    """Whether it failed within a minute of its start."""
    succeeded: int = 0
    failed: int = 0
    counted_until: float = float("-inf")
    """The end of the last Job that is counted, for a new leader that finds it in the list."""
    counted: frozenset[str] = frozenset()
    """The names of the finished Jobs in the list that are counted."""

    def observe(
        self, jobs: Iterable[Job], now: float, has_run: HasRun = lambda _: None
    ) -> "JobFailures":
        """Count the Jobs that have ended."""
        latest = now + _CLOCK_SECONDS
        if (self.last or 0.0) > latest or self.counted_until > latest:
            last = None if self.last is None else min(self.last, latest)
            until = self.counted_until if self.counted_until <= latest else now
            return replace(self, last=last, counted_until=until).observe(jobs, now, has_run)
        finished = [each for each in jobs if each.is_finished]
        names = frozenset(each.name for each in finished)
        if names == self.counted:
            return self
        first = not self.counted
        new = [
            each
            for each in finished
            if each.name not in self.counted
            and not (first and (each.finished or 0.0) <= self.counted_until)
        ]
        after = self
        for job in sorted(new, key=lambda each: (each.finished or 0.0, each.number)):
            after = after._ended(job, latest, has_run)
        return replace(after, counted=names)

    def _ended(self, job: Job, latest: float, has_run: HasRun) -> "JobFailures":
        at = min(job.finished or 0.0, latest)
        until = max(at, self.counted_until)
        if job.state is JobState.SUCCEEDED:
            return replace(
                self, counted_until=until, succeeded=self.succeeded + 1, in_turn=0, at_once=False
            )
        ran = has_run(job)
        at_once = job.life_seconds < AT_ONCE_SECONDS if ran is None else not ran
        is_next = self.last is None or job.created >= self.last or not self.in_turn
        in_turn = self.in_turn + is_next if at_once else 1
        return replace(
            self,
            counted_until=until,
            failed=self.failed + 1,
            in_turn=min(in_turn, MAX_COUNT),
            last=max(at, self.last or at),
            at_once=at_once,
        )

    @property
    def until(self) -> float | None:
        """When the next Job may be created; None without a failure since the last success."""
        if not self.in_turn or self.last is None:
            return None
        exponent = min(self.in_turn - 1, 16)
        return self.last + min(_LONGEST_SECONDS, _FIRST_SECONDS * 2.0**exponent)

    def allowed(
        self, jobs: Iterable[Job], now: float, has_run: HasRun = lambda _: None
    ) -> int | None:
        """Return how many Jobs may be created now; None without a limit."""
        until = self.until
        if until is None or self.last is None:
            return None
        if now < until:
            return 0
        if not self.at_once:
            return None
        later = [each for each in jobs if not each.is_finished and each.created >= self.last]
        if any(_is_proven(each, now, has_run) for each in later):
            return None
        return 0 if later else 1


def _is_proven(job: Job, now: float, has_run: HasRun) -> bool:
    ran = has_run(job)
    is_old = now - job.created >= AT_ONCE_SECONDS
    return job.state is JobState.RUNNING and (is_old if ran is None else ran)
