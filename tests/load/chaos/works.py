"""What became of accepted work: lost, done twice, and how long after a fault it was late."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
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
TaskTime = tuple[str, str, float]
"""Pod, task, and when it began or ended the task."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A Pod that was removed; `reason` is that of its condition DisruptionTarget, if it has one."""

    pod: str
    at: float
    """The latest time at which it may have been removed."""
    reason: str = SCALE_DOWN
    uncertainty: float = 0.0
    """How many seconds before `at` it may have been removed."""

    @classmethod
    def of(cls, pod: Mapping[str, Any], seen: float) -> Self:
        """Return the ending of a Pod that was seen to terminate: evictions set the condition.

        The API server notes the end of the grace period in whole seconds, which gives the second of
        the removal, by the clock of the node that the workers of Celery have too.
        """
        metadata = pod["metadata"]
        reasons = [
            each["reason"]
            for each in pod["status"].get("conditions", ())
            if each["type"] == "DisruptionTarget" and each["status"] == "True"
        ]
        over = datetime.fromisoformat(metadata["deletionTimestamp"]).timestamp()
        earliest = over - metadata.get("deletionGracePeriodSeconds", 0)
        latest = max(earliest, min(earliest + 1, seen))
        reason = reasons[0] if reasons else SCALE_DOWN
        return cls(metadata["name"], latest, reason, latest - earliest)


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


def of_last_lives(
    starts: Iterable[TaskTime], begun: Mapping[str, float], killed: Mapping[str, float]
) -> list[TaskTime]:
    """Return the starts since a Pod's last process began, and since the last SIGKILL of a fault.

    Earlier tasks ended with the fault, also if it hit a Pod that was terminating.
    """
    return [
        (pod, task, at)
        for pod, task, at in starts
        if at >= max(begun.get(pod, 0.0), killed.get(pod, 0.0))
    ]


def busy_endings(
    endings: Iterable[Ending], starts: Iterable[TaskTime], ends: Iterable[TaskTime]
) -> list[Ending]:
    """Return the Pods that a scale-down removed and that have not ended a task they had started.

    `starts` are those of last lives. A Pod with a task at the time of its removal that ends the
    task within the grace period is not among them.
    """
    left = Counter((pod, task) for pod, task, _ in starts)
    left.subtract((pod, task) for pod, task, _ in ends)
    with_task = {pod for (pod, _), count in left.items() if count > 0}
    return [each for each in endings if each.reason == SCALE_DOWN and each.pod in with_task]


def busy_choices(
    endings: Iterable[Ending], starts: Collection[TaskTime], ends: Collection[TaskTime]
) -> dict[str, tuple[float, float]]:
    """Return the Pods that a scale-down removed while they had a task, whatever became of it.

    `starts` are those of last lives. The values are the least and the most seconds from the start
    of the task to the removal: if the least is below 0, the task may have begun after the removal.
    A worker has one task at a time, so that a start also shows that the task before has ended.
    """
    found = {}
    for each in endings:
        earliest = each.at - each.uncertainty
        mine = [(task, at) for pod, task, at in starts if pod == each.pod and at < each.at]
        ended = [(task, at) for pod, task, at in ends if pod == each.pod and at <= earliest]
        in_hand = [
            began
            for task, began in mine
            if not any(other == task and at >= began for other, at in ended)
            and not any(began < at <= earliest for _, at in mine)
        ]
        if each.reason == SCALE_DOWN and in_hand:
            began = min(in_hand)
            found[each.pod] = (round(earliest - began, 2), round(each.at - began, 2))
    return found


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
