"""The Jobs of one object, as the API server shows them."""

from dataclasses import dataclass
from enum import StrEnum


class JobState(StrEnum):
    STARTING = "starting"
    """No Pod of it is ready."""
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    name: str
    version: str
    """The resourceVersion with which it was read."""
    number: int
    """Numbers of an object's Jobs rise, and no two Jobs have the same one; 0 for a Job with a name
    that the operator does not give."""
    state: JobState
    created: float
    """In seconds since the epoch, by the clock of the API server."""
    finished: float | None = None
    """When it succeeded or failed; None before."""
    failed_pods: int = 0
    """Pods that failed and were replaced."""
    terminating: bool = False
    """Whether it is being deleted."""
    restarts_containers: bool = False
    """Whether a container that fails restarts in its Pod: restartPolicy OnFailure."""

    @property
    def is_finished(self) -> bool:
        return self.state is JobState.SUCCEEDED or self.state is JobState.FAILED

    @property
    def life_seconds(self) -> float:
        """The time from its creation to its end; 0 before the end."""
        return 0.0 if self.finished is None else max(0.0, self.finished - self.created)


def removable(
    jobs: tuple[Job, ...], *, successful: int, failed: int, halved: bool = False
) -> tuple[Job, ...]:
    """Return the finished Jobs beyond the history limits, the oldest first.

    With `halved`, also the older half of those that the limits keep, except for one of each state.
    The Job with the highest number stays: the number of the next one follows from it. Of Jobs that
    all have the number 0 none has to stay.
    """
    last = max((each.number for each in jobs if not each.terminating), default=0)
    found: list[Job] = []
    for state, limit in ((JobState.SUCCEEDED, successful), (JobState.FAILED, failed)):
        ended = [each for each in jobs if each.state is state and not each.terminating]
        ended.sort(key=lambda each: (each.finished or 0.0, each.number), reverse=True)
        kept = max(min(limit, len(ended)) // 2, min(limit, 1)) if halved else limit
        found += (each for each in ended[kept:] if each.number != last or not last)
    return tuple(sorted(found, key=lambda each: each.number))
