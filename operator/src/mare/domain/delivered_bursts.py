"""Bursts of messages that were delivered at once, and that are no reason for more replicas.

A consumer without a prefetch limit holds what is delivered to it, such as the ETA and countdown
tasks of Celery until they are due. No other replica can take these messages: more replicas only
help for messages that arrive later. Counters cannot tell 200 held messages from 200 that are worked
on, so that held messages remove no replica with a message either.

So an increase of the unacknowledged messages within one update of the statistics counts up to twice
what the consuming replicas take by the target, and the rest is a burst. It is left out until it is
worked off. If three updates in a row have a burst, messages go on to arrive: then all count.

Example: a target of 4 messages for each replica, and one replica. Of 2 messages/s each takes 0.5 s,
so that 1 is unacknowledged. Then 200 tasks with a countdown arrive at once, and 201 messages are
unacknowledged. By themselves they need 51 replicas. Of the increase of 200 twice 4 count, and 192
are a burst: 201 - 192 = 9 messages are left, which are 3 replicas. Once the 200 tasks have run, 1
message is unacknowledged, and no burst is left.

If 10 messages/s arrive instead, of which the replica handles 2, each update of 5 s shows 40 more. A
burst of 32 is left out, then a second one. With the third update all of the 121 messages count.
"""

from dataclasses import dataclass, replace

from mare.domain.observation import Load
from mare.domain.unknown import Unknown

_FACTOR = 2
"""With 1, consumers without a prefetch limit at 60 messages/s had a wait of 10 % more (p95)."""
_UPDATES = 3
"""Updates in a row with a burst, which then is none. Messages that are sent within a second are in
two updates at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredBursts:
    """The unacknowledged messages that came in bursts."""

    at: float = float("-inf")
    """The time of the last statistics."""
    count: int | None = None
    """The unacknowledged messages of that time; None before the first statistics."""
    consuming: float = 0.0
    """The replicas that consumed then."""
    messages: float = 0.0
    """Those of them that were delivered in a burst and are not worked off."""
    others: float = 0.0
    """Those that were unacknowledged before the last burst, without bursts."""
    recent: tuple[float, ...] = ()
    """The bursts of the last updates in a row that had one."""

    def observe(self, load: Load, consuming: float, each: float) -> "DeliveredBursts":
        """Add a reading, where each consuming replica takes `each` messages by its target.

        The unacknowledged messages change with the statistics only.
        """
        at, count = load.statistics_at, load.unacknowledged
        if isinstance(at, Unknown) or isinstance(count, Unknown) or at <= self.at:
            return self
        new = replace(self, at=at, count=count, consuming=consuming)
        if self.count is None:  # Nothing shows when these messages came.
            taken = min(float(count), each * consuming)
            return replace(new, messages=count - taken, others=taken)
        taken = each * min(consuming, self.consuming)
        burst = count - self.count - _FACTOR * taken
        if burst <= 0:
            left = max(0.0, min(self.messages, count - self.others))
            return replace(new, messages=left, recent=())
        if len(self.recent) + 1 >= _UPDATES:
            return replace(new, messages=max(0.0, self.messages - sum(self.recent)), recent=(0, 0))
        others = self.count - self.messages if not self.recent else self.others
        recent = (*self.recent, burst)
        return replace(new, messages=self.messages + burst, others=others, recent=recent)
