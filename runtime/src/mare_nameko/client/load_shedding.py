"""Load shedding: no further calls to a service whose queue is too deep or too old.

A refused caller can try again later. One that is queued behind thousands of others waits for its
deadline in vain, and its call is work without a use.
"""

from dataclasses import dataclass

COUNT_SECONDS = 1.0
"""A depth is requested once in this time while there are calls, and used for twice as long."""


@dataclass(slots=True)
class _Queue:
    requested_at: float = float("-inf")
    reason: str = ""
    until: float = float("-inf")


class LoadShedder:
    """Decides from the depth of the queue and from the age of its oldest message.

    All times are in seconds of one monotonic clock.

    Args:
        max_depth: messages that wait in the queue of a service; 0 means no limit.
        max_age: seconds for which the oldest of them may wait; 0 means no limit.
    """

    def __init__(self, *, max_depth: int, max_age: float) -> None:
        self._max_depth = max_depth
        self._max_age = max_age
        self._queues: dict[str, _Queue] = {}

    def must_count(self, service: str, now: float) -> bool:
        """Return whether to request the depth of the service's queue now."""
        queue = self._queues.setdefault(service, _Queue())
        if now - queue.requested_at < COUNT_SECONDS:
            return False
        queue.requested_at = now
        return True

    def counted(self, service: str, depth: int, age: float, now: float) -> None:
        """Record a depth, and the seconds for which the oldest known message has waited."""
        queue = self._queues.setdefault(service, _Queue())
        queue.reason = ""
        if self._max_depth and depth > self._max_depth:
            queue.reason = f"{depth} messages wait for {service}"
        elif self._max_age and depth and age > self._max_age:
            queue.reason = f"messages wait for {service} for {age:.1f} s"
        queue.until = now + 2 * COUNT_SECONDS

    def refusal(self, service: str, now: float) -> str | None:
        """Return why ``service`` must not be called now, or None."""
        queue = self._queues.get(service)
        return queue.reason if queue and queue.reason and now < queue.until else None
