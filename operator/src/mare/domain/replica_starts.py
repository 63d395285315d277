"""The start-up time of a replica and its consumers, measured from the number of consumers."""

from dataclasses import dataclass, replace

from mare.domain.observation import STATISTICS_SECONDS, Workload
from mare.domain.unknown import Unknown, known

UNKNOWN_START = 15.0
"""Seconds that count until a start is measured."""
_SETTLED_SECONDS = 15.0
_WEIGHT = 0.3
"""Weight of a new measurement in the moving mean: 4 s before and 8 s now are 5.2 s."""
_MOST_LONGER = 4.0
"""Multiple of the mean as which a start counts at most: one slow pull of an image is no start-up
time. Example: starts take 3 s, and one takes 540 s. It counts as 15 s, and the mean becomes 6.6 s.
With 164 s, backlogs would be emptied in 55 s. That needs no further replica, so that no other start
would correct the mean."""
_LONGEST_START = 600.0
"""Time after which a start has failed, as the default of a Deployment (`progressDeadlineSeconds`).
Example: an image is missing for an hour. The hour until the first consumer is no start-up time."""
_LONGEST_FIRST_START = 120.0
"""The same for replicas that were there already: what they waited for may be a repair."""

_OUTAGE_SECONDS = 2.0
"""Time without a reading after which a start is not measured. A late answer takes less."""


@dataclass(frozen=True, slots=True)
class ReplicaStarts:
    """Measures the start-up time and the consumers of a replica from the number of consumers."""

    replicas: int | None = None
    changed_at: float = 0.0
    scaled_at: float = float("-inf")
    """When the replicas changed last; minus infinity before the first change."""
    scaled_to: int | None = None
    """The last replicas; unlike `replicas` also those of a time with unknown consumers."""
    is_first: bool = False
    """Whether replicas are starting that were there already."""
    scaled_up_at: float | None = None
    """When replicas were added, or first seen without consumers; None once one of them consumes, or
    their consumers were unknown for long."""
    unknown_since: float | None = None
    """Since when the consumers are unknown."""
    consumers_before: int = 0
    start_seconds: float | None = None
    """Seconds from a scale-up to the first new consumer."""
    consumers_per_replica: float | None = None

    def observe(self, workload: Workload, consumers: int | Unknown, now: float) -> "ReplicaStarts":
        """Return the starts after one more reading."""
        replicas = workload.replicas
        if replicas != self.scaled_to:
            scaled_at = self.scaled_at if self.scaled_to is None else now
            counted = replace(self, scaled_to=replicas, scaled_at=scaled_at)
            return counted.observe(workload, consumers, now)
        if isinstance(consumers, Unknown):
            return self._without_reading(replicas, now)
        if self.unknown_since is not None:
            known_again = replace(self._without_reading(replicas, now), unknown_since=None)
            return known_again.observe(workload, consumers, now)
        return self._observe_consumers(workload, consumers, now)

    def has_passed(self, now: float) -> bool:
        """Return whether the start-up time has passed since the replicas changed."""
        return now - self.scaled_at >= max(STATISTICS_SECONDS, self.start_seconds or 0.0)

    def _observe_consumers(self, workload: Workload, consumers: int, now: float) -> "ReplicaStarts":
        replicas = workload.replicas
        if self.replicas is None:
            # Without a consumer, the first one shows how long these replicas take at least, and
            # nothing of replicas that are added meanwhile.
            starts = self.start_seconds is None and replicas > 0 and consumers == 0
            began = now if starts else None
            return replace(
                self, replicas=replicas, changed_at=now, scaled_up_at=began, is_first=starts
            )
        if replicas != self.replicas:
            return self._changed(replicas, consumers, now)
        if self.scaled_up_at is not None and consumers > self.consumers_before:
            return self._started(now - self.scaled_up_at)
        settling = _SETTLED_SECONDS + 2 * (self.start_seconds or UNKNOWN_START)
        all_ready = known(workload.ready, replicas) >= replicas
        if now - self.changed_at > settling and all_ready and consumers >= replicas > 0:
            each = consumers / replicas
            if each != self.consumers_per_replica:
                return replace(self, consumers_per_replica=each)
        return self

    def _without_reading(self, replicas: int, now: float) -> "ReplicaStarts":
        """Return the starts after a moment in which the consumers were unknown.

        After 2 s none is measured: replicas cannot consume while the broker is away. Example:
        replicas that start in 3 s, in an outage of 100 s, would count as ones of 100 s.
        """
        since = now if self.unknown_since is None else self.unknown_since
        if now - since < _OUTAGE_SECONDS:
            return self if since == self.unknown_since else replace(self, unknown_since=since)
        if self.replicas is None:
            return self
        is_same = self.replicas == replicas
        changed_at = self.changed_at if is_same else now
        return replace(self, replicas=replicas, changed_at=changed_at, scaled_up_at=None)

    def _started(self, took: float) -> "ReplicaStarts":
        if took > (_LONGEST_FIRST_START if self.is_first else _LONGEST_START):
            return replace(self, scaled_up_at=None, is_first=False)
        mean = UNKNOWN_START if self.start_seconds is None else self.start_seconds
        counted = min(took, max(UNKNOWN_START, _MOST_LONGER * mean))
        before = counted if self.start_seconds is None else mean
        start = before + _WEIGHT * (counted - before)
        return replace(self, scaled_up_at=None, is_first=False, start_seconds=start)

    def _changed(self, replicas: int, consumers: int, now: float) -> "ReplicaStarts":
        assert self.replicas is not None
        waits = self.scaled_up_at is not None
        grown = replicas > self.replicas
        return replace(
            self,
            replicas=replicas,
            changed_at=now,
            scaled_up_at=(self.scaled_up_at if waits else now) if grown else None,
            consumers_before=self.consumers_before if waits else consumers,
            is_first=self.is_first and waits and grown,
        )
