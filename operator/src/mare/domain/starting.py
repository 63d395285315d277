"""How long a replica takes to start, and how many consumers it has, from the consumers alone."""

from dataclasses import dataclass, replace

_SETTLED_SECONDS = 15.0
_UNKNOWN_START = 15.0
_WEIGHT = 0.3
"""Share of a new sighting in the mean."""


@dataclass(frozen=True, slots=True)
class Starting:
    """What is known of replicas that start, and of the last change of their number."""

    replicas: int | None = None
    changed_at: float = 0.0
    asked_at: float | None = None
    """When more were asked for, until the first of them consumes."""
    consumers_when_asked: int = 0
    start_seconds: float | None = None
    """From asking for a replica to its first consumer."""
    consumers_per_replica: float | None = None

    def seen(self, replicas: int, consumers: int, now: float) -> "Starting":
        """The same after one more look."""
        if self.replicas is None:
            return replace(self, replicas=replicas, changed_at=now)
        if replicas != self.replicas:
            return self._changed(replicas, consumers, now)
        if self.asked_at is not None and consumers > self.consumers_when_asked:
            took = now - self.asked_at
            before = took if self.start_seconds is None else self.start_seconds
            return replace(self, asked_at=None, start_seconds=before + _WEIGHT * (took - before))
        settling = _SETTLED_SECONDS + 2 * (self.start_seconds or _UNKNOWN_START)
        if now - self.changed_at > settling and consumers >= replicas > 0:
            each = consumers / replicas
            if each != self.consumers_per_replica:
                return replace(self, consumers_per_replica=each)
        return self

    def _changed(self, replicas: int, consumers: int, now: float) -> "Starting":
        assert self.replicas is not None
        waits = self.asked_at is not None
        grown = replicas > self.replicas
        return replace(
            self,
            replicas=replicas,
            changed_at=now,
            asked_at=(self.asked_at if waits else now) if grown else None,
            consumers_when_asked=self.consumers_when_asked if waits else consumers,
        )
