"""What the fall of the ready messages shows of a capacity that is unknown yet.

Other estimates need two statistics updates between which the replicas stay the same. A burst for a
new workload changes them, and is over before. Ready messages and consumers are read four times a
second, and while messages are ready, every consumer works. So the messages that left the queue
since it had the most are processed, except those that new consumers hold. Messages that arrive
meanwhile are processed as well, so that replicas are faster; where they are many, it says nothing.

Example: 200 messages are ready, and 4 replicas with a prefetch count of 1 begin. After 3 s 172 are
ready. Of the 28 that left, 4 are in the replicas: 24 in 12 seconds of replicas are 2 messages/s for
each.

Messages also leave a queue without work: purged or expired ones, those of a queue that does not
count any more, and those that consumers hold whose prefetch count is not known yet. Then the result
is too high. So it may only add replicas, and a result that is too high adds none.
"""

from dataclasses import dataclass, replace

_LEAST_MESSAGES, _LEAST_EACH = 10.0, 5.0
"""Fewer processed messages, in all and of each consumer, are mostly noise. A consumer may be in
the middle of a message at both ends, so that the bound of 5 messages is up to a fifth too low."""
_MOST_ARRIVED = 0.5
"""Messages that arrived, as a share of the processed ones without them. Example: of 100 messages/s
that arrive replicas process 101. Without the arrivals that is 1, and 100 times too low."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FallingBacklog:
    """What was read since the queues had the most ready messages, which is 0 before the first.

    `prefetch` and `capacity` may be of the burst before, if this one began without a consumer.
    """

    most: int = 0
    consumers_before: int = 0
    """The consumers then: each already had the messages that its prefetch count allows."""
    consumers: int = 0
    ready: int = 0
    at: float = 0.0
    arrived: float = 0.0
    """Messages that arrived since then, by the arrival rate."""
    replica_seconds: float = 0.0
    """The sum over all replicas of the time in which they consumed."""
    prefetch: float = 0.0
    """The prefetch count of a consumer with which `capacity` was calculated."""
    capacity: float | None = None
    """Messages/s of a replica at least: the highest bound; None without enough evidence."""

    def observe(
        self,
        ready: int,
        consumers: int,
        now: float,
        *,
        consuming: float,
        prefetch: float | None,
        arrival_rate: float,
    ) -> "FallingBacklog":
        """Return the fall with one more reading; it begins anew with more ready messages.

        A burst for a workload without a consumer begins with what the last one has shown.
        `consuming` are replicas, `prefetch` is that of a consumer, None if it is unknown or has no
        limit, and `arrival_rate` is of all queues in messages/s.
        """
        if self.ready == 0 == ready:
            return self if prefetch == self.prefetch else self._with_capacity(prefetch)
        if ready >= self.most or self.ready == 0:
            begun = FallingBacklog(
                most=ready, consumers_before=consumers, consumers=consumers, ready=ready, at=now
            )
            if consumers:
                return begun
            return replace(begun, prefetch=self.prefetch, capacity=self.capacity)
        seconds = now - self.at
        fallen = replace(
            self,
            consumers=consumers,
            ready=ready,
            at=now,
            arrived=self.arrived + arrival_rate * seconds,
            replica_seconds=self.replica_seconds + consuming * seconds,
        )
        return fallen._with_capacity(prefetch)  # noqa: SLF001

    def _with_capacity(self, prefetch: float | None) -> "FallingBacklog":
        """Return the fall with the capacity that it shows, as far as the prefetch count is known.

        Each reading shows a bound. It is lower while new consumers begin their first messages.
        """
        if prefetch is None:
            return self
        held = prefetch * max(0, self.consumers - self.consumers_before)
        nearly_done = self.consumers_before  # one message of each, at most
        processed = self.most - self.ready - held - nearly_done
        enough = max(_LEAST_MESSAGES, _LEAST_EACH * self.consumers, self.arrived / _MOST_ARRIVED)
        bound = self.capacity if prefetch == self.prefetch else None
        if self.replica_seconds and processed >= enough:
            bound = max(bound or 0.0, processed / self.replica_seconds)
        return replace(self, prefetch=prefetch, capacity=bound)
