"""Messages that arrive while replicas start, and that are no reason for more replicas.

The replicas that are starting were asked for a rate, and for the messages that were ready then. If
they do not start, the messages grow at the arrival rate: more replicas would not start either.
Example: 10 messages/s arrive, 12 replicas are asked for, and their image is missing. After ten
minutes 6,000 messages are ready, for which 100 replicas would be asked.

So messages count for one start-up time, within which the replicas should have started. After it,
they count only as far as they grow faster than the arrival rate explains: a burst is a reason for
more replicas at once. All messages count again when the replicas have started.
"""

import math
from dataclasses import dataclass, replace

from mare.domain.observation import STATISTICS_SECONDS, Load
from mare.domain.replica_starts import UNKNOWN_START
from mare.domain.unknown import Unknown, known, total

_STARTED_SHARE = 0.75
"""Share of the replicas that have to consume. A single one that never starts stops nothing."""
_START_UPS = 1.5
"""Start-up times for which all messages count: a batch of replicas starts later than one."""
_FASTER = 1.25
"""Growth per arrival rate that is none of the rate: noise has the time to even out below it."""
_BURST, _NOISE, _NOISE_SECONDS = 20.0, 4.0, 60.0
"""Messages beyond that growth which are a burst: 20, or 4 standard deviations of a minute's if
those are fewer. A Poisson process at `_FASTER` reaches 20 once in six hours at 10 messages/s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartingBacklog:
    since: float | None = None
    """Since when too few replicas consume; None if enough do."""
    at: float = 0.0
    """When the queues were read last, since `since`."""
    ready: int = 0
    """The ready messages of that reading."""
    first: int = 0
    """The ready messages at `since`."""
    delivered: int | None = None
    """The counter in the first statistics of after `since`; None before them."""
    is_polled: bool = False
    """Whether clients of basic.get, which are no consumers, take the messages."""
    surplus: float = 0.0
    """Messages by which the queues grew faster than `_FASTER`."""
    uncounted: int = 0
    """Ready messages that are no reason for more replicas."""

    @property
    def is_starting(self) -> bool:
        """Whether the replicas that were asked for last have not started yet."""
        return self.since is not None

    def observe(
        self,
        ready: int,
        load: Load,
        now: float,
        *,
        replicas: int,
        consuming: float,
        arrival_rate: float,
        start_seconds: float | None,
        is_learning: bool,
    ) -> "StartingBacklog":
        """Return the backlog after one more reading.

        While `is_learning`, the capacity of a replica is unknown: messages that did not count
        stay without a count until it is known, because the steps of that time follow the messages.
        """
        is_polled = replicas > 0 and consuming == 0 and self._finds_polling(load)
        if is_polled or consuming >= _STARTED_SHARE * replicas:
            left = min(self.uncounted, ready) if is_learning and replicas else 0
            started = StartingBacklog(uncounted=left, is_polled=is_polled)
            return self if started == self else started
        if self.since is None:
            uncounted = min(self.uncounted, ready)
            return StartingBacklog(since=now, at=now, ready=ready, first=ready, uncounted=uncounted)
        seconds, passed = now - self.since, now - self.at
        current = replace(self, at=now, ready=ready, delivered=self._first_delivered(load))
        if seconds <= _counting_seconds(start_seconds, is_learning=is_learning):
            return replace(current, uncounted=min(self.uncounted, ready))
        rate = max(arrival_rate, self._growth_rate)
        grown = ready - self.ready
        surplus = max(0.0, self.surplus + grown - _FASTER * rate * passed)
        uncounted = min(max(0, self.uncounted + grown), ready)
        if surplus > min(_BURST, _NOISE * math.sqrt(rate * _NOISE_SECONDS)):
            return replace(current, surplus=0.0, uncounted=max(0, uncounted - round(surplus)))
        return replace(current, surplus=surplus, uncounted=uncounted)

    @property
    def _growth_rate(self) -> float:
        """The messages/s by which the queues have grown; it stands in for an unknown rate."""
        if self.since is None or self.at <= self.since:
            return 0.0
        return max(0.0, (self.ready - self.first) / (self.at - self.since))

    def _finds_polling(self, load: Load) -> bool:
        """Return whether messages are delivered although no queue has a consumer.

        Replicas that have ended acknowledge what they had, but nothing is delivered to them.
        """
        if self.is_polled or self.delivered is None:
            return self.is_polled
        delivered = _delivered(load)
        return delivered is not None and delivered > self.delivered

    def _first_delivered(self, load: Load) -> int | None:
        """Return the counter of the first statistics that were sampled after `since`."""
        if self.delivered is not None or self.since is None:
            return self.delivered
        return _delivered(load) if known(load.sampled_after, 0.0) > self.since else None


def _counting_seconds(start_seconds: float | None, *, is_learning: bool) -> float:
    """Return for how long all messages count from the moment on at which replicas start.

    Until the capacity is known, a step is for a share of the messages, so that fewer suffice.
    """
    if start_seconds is None:
        return STATISTICS_SECONDS if is_learning else UNKNOWN_START
    return _START_UPS * start_seconds + STATISTICS_SECONDS


def _delivered(load: Load) -> int | None:
    """Return the counter of delivered messages of all queues; None if it is unknown."""
    delivered = total(reading.delivered for reading in load.readings)
    return None if isinstance(delivered, Unknown) else delivered
