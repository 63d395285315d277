"""What became of accepted work: lost, done twice, and how long after a fault it was late."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

LATE_SECONDS = 10.0
"""Work that takes longer, from its first submission to its end, is late."""


@dataclass(frozen=True, slots=True)
class Work:
    """A job or a task that was accepted; times are seconds since the epoch."""

    id: str
    kind: str
    submitted: float
    done: float | None
    """None: it has no end, so it is lost."""
    times: int = 1
    """How often it was done: above 1, a worker has done it again."""


SCALE_DOWN = "scale-down"


@dataclass(frozen=True, slots=True)
class Ending:
    """A Pod that was removed; `reason` is that of its condition DisruptionTarget, if it has one."""

    pod: str
    at: float
    reason: str = SCALE_DOWN

    @classmethod
    def of(cls, pod: Mapping[str, Any], at: float) -> Self:
        """Return the ending of a Pod as the API server has it: evictions set the condition."""
        reasons = [
            each["reason"]
            for each in pod["status"].get("conditions", ())
            if each["type"] == "DisruptionTarget" and each["status"] == "True"
        ]
        return cls(pod["metadata"]["name"], at, *reasons[:1])


@dataclass(frozen=True, slots=True)
class Window:
    """A fault, and the time until the next one."""

    name: str
    promise: str
    began: float
    ended: float
    until: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row of the result."""

    name: str
    promise: str
    submitted: int
    late: int
    recovery_seconds: float
    lost: int
    twice: int
    ended_busy: int


def works(
    kind: str,
    submitted: Mapping[str, float],
    done: Mapping[str, float],
    times: Mapping[str, int],
) -> list[Work]:
    """Match the ids of accepted work with those that are done."""
    return [
        Work(each, kind, at, done.get(each), times.get(each, 1)) for each, at in submitted.items()
    ]


def busy_endings(
    endings: Iterable[Ending],
    starts: Iterable[tuple[str, str, float]],
    ends: Iterable[tuple[str, str, float]],
    begun: Mapping[str, float],
    killed: Mapping[str, float],
) -> list[Ending]:
    """Return the Pods that a scale-down removed and that have not ended a task they had started.

    `starts` and `ends` have Pod, task and time. Tasks that were started before the Pod's last
    process began, or before the last SIGKILL of a fault, ended with the fault, also if it hit a Pod
    that was terminating. A Pod with a task at the time of its removal that ends the task within the
    grace period is not among them.
    """
    left = Counter(
        (pod, task)
        for pod, task, at in starts
        if at >= max(begun.get(pod, 0.0), killed.get(pod, 0.0))
    )
    left.subtract((pod, task) for pod, task, _ in ends)
    with_task = {pod for (pod, _), count in left.items() if count > 0}
    return [each for each in endings if each.reason == SCALE_DOWN and each.pod in with_task]


def outcome(window: Window, works: Sequence[Work], busy: Sequence[Ending]) -> Outcome:
    """Return what became of the work that was submitted, or in hand, in the window.

    The recovery lasts from the end of the fault to the end of the last late work. Work is counted
    in the window of its submission; work that is done twice in that of its end.
    """
    own = [each for each in works if window.began <= each.submitted < window.until]
    late = [each for each in own if each.done and each.done - each.submitted > LATE_SECONDS]
    last = max((each.done or 0.0 for each in late), default=0.0)
    return Outcome(
        name=window.name,
        promise=window.promise,
        submitted=len(own),
        late=len(late),
        recovery_seconds=round(max(0.0, last - window.ended), 1) if late else 0.0,
        lost=sum(each.done is None for each in own),
        twice=sum(
            each.times > 1 and window.began <= (each.done or each.submitted) < window.until
            for each in works
        ),
        ended_busy=sum(window.began <= each.at < window.until for each in busy),
    )
