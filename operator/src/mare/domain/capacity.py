"""The capacity of one replica, estimated from unacknowledged messages and acknowledgements.

Little's law: busy workers = acknowledgements per second x service time. So a replica with `workers`
has a capacity of workers x acknowledged / busy-seconds; the prefetch of its consumers is the number
of workers. If the prefetch is greater than the number of workers, that capacity is too high:
prefetched messages count as busy. Then the rate at saturation, measured while messages were always
ready, is lower and is used instead.

That rate says something only once each worker has had the time for a message, and it never stands
for less than one worker. Example: 15 replicas with one worker each begin a backlog of tasks of
30 s. In the first 25 s they acknowledge 3 messages, which were begun before: 3 / 375 s = 0.008
messages/s per replica, or a quarter of a worker. The truth is one worker and 0.033 messages/s.
"""

import math
from dataclasses import dataclass, field, replace

from mare.domain.crowd import Crowd
from mare.domain.observation import STATISTICS_SECONDS

_MAX_ERROR = 0.5
_LONG_SECONDS = 900.0
"""Age at which a sample has the weight 1/e. A mean of 60 s has several percent of noise."""
_SHORT_SECONDS = 60.0
_SURPRISE = 0.25
"""Relative difference of the short mean beyond which it replaces the long mean."""
_SHORTEST_SECONDS = 3600.0
"""Within which the shortest stay grows by the factor e, if none is as short. A load that is steady
for half an hour does not hide that messages wait."""
_LONGER = 2.0
"""Multiple of the shortest stay beyond which messages wait inside the replicas."""
_CONTRADICTION = 0.8
"""Share of the capacity by Little's law below which the rate at saturation is used."""
_MUCH_FEWER = 0.5
"""Share of the prefetch count below which the workers count, and not the prefetch count."""
_CERTAIN = 4.0
"""Standard deviations beyond which more acknowledgements are no noise."""
_RELAXATION = 1.0 / 6000
"""Growth of `doubt` per second: an old rate at saturation must not hide faster workers."""
_MOST_DOUBT = 4.0
"""After 8 h at a quarter of the load, an unbounded doubt made one replica count as 60."""
_HIDING_USE = 0.1
"""Share of the measured capacity from which on `doubt` grows at the full rate; below half of it, it
falls. Replicas that work less are there for another reason, such as `minReplicas`: a higher
capacity would end none of them, and is a guess when the load comes back. A short wait of slow tasks
alone needs a use of 25 %: 4 workers with tasks of 5 s, at waitSeconds 1 and 0.4 messages/s."""
_ENOUGH_MESSAGES = 10.0
_ENOUGH_SECONDS = 50.0
"""Least evidence for a service time. Few slow messages are acknowledged, and few quick messages are
unacknowledged in a sample, so both limits are needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedInterval:
    """Evidence from the time between two statistics updates."""

    seconds: float
    acknowledged: int
    busy_seconds: float
    """Sum over all workers of the time in which they had a message."""
    replica_seconds: float
    """Sum over all replicas of the time in which they consumed."""
    saturated: bool
    """Whether messages were always ready, for longer than a service time."""
    stay: float | None = None
    """Mean seconds for which messages stayed unacknowledged, of the last time that enough of them
    were measured; None before that."""
    is_growing: bool = False
    """Whether there are probably more messages than at the least with these replicas, so that they
    may wait inside the replicas."""
    is_growing_long: bool = False
    """Whether that takes longer than a message is at work: a step of the load is no reason then."""
    busy_is_known: bool = True
    """Whether unacknowledged messages were those that workers had begun."""


@dataclass(frozen=True, slots=True)
class DecayingSums:
    """Sums whose parts lose weight with age: acknowledged messages and the seconds they took."""

    acknowledged: float = 0.0
    seconds: float = 0.0

    def add(self, acknowledged: float, seconds: float, decay: float) -> "DecayingSums":
        return DecayingSums(
            self.acknowledged * decay + acknowledged, self.seconds * decay + seconds
        )

    def fade(self, factor: float) -> "DecayingSums":
        """Return the sums with less weight, but still enough to be evidence."""
        left = max(self.acknowledged * factor, min(self.acknowledged, 2 * _ENOUGH_MESSAGES))
        share = left / self.acknowledged if self.acknowledged else factor
        return DecayingSums(left, self.seconds * share)

    @property
    def seconds_per_message(self) -> float | None:
        """Seconds per message; None without enough evidence."""
        if self.acknowledged < _ENOUGH_MESSAGES or self.seconds < _ENOUGH_SECONDS:
            return None
        return self.seconds / self.acknowledged


@dataclass(frozen=True, slots=True)
class Capacity:
    """The evidence for the capacity of a replica."""

    long: DecayingSums = DecayingSums()
    short: DecayingSums = DecayingSums()
    saturated: DecayingSums = DecayingSums()
    """The seconds are those of replicas, not of workers."""
    shortest: float | None = None
    """The shortest stay, in seconds, of the last hour or so: at least a service time."""
    doubt: float = 1.0
    """Factor by which the capacity can exceed the last rate at saturation."""
    crowd: Crowd = field(default_factory=Crowd)

    @property
    def is_unknown(self) -> bool:
        return self.per_replica(1.0) is None

    @property
    def service_seconds(self) -> float | None:
        """How long a message stays unacknowledged: at least a service time. None if unknown."""
        return self.shortest or self.long.seconds_per_message

    @property
    def most_service_seconds(self) -> float:
        """The mean stay, without what messages certainly wait inside replicas; 0 if unknown.

        Example: messages stay for 110 s, and stayed for 12 s before. Up to 24 s may be work.
        """
        mean = self.long.seconds_per_message or 0.0
        return min(mean, _LONGER * (self.service_seconds or 0.0))

    def per_replica(self, workers: float | None, fewest: float = 1.0) -> float | None:
        """Return the messages/s of a replica that is always busy; None if unknown.

        Example: 20 messages may be unacknowledged, each for 2 s: 20 / 2 s = 10 messages/s. The
        rate at saturation is 4 messages/s, below 80 % of 10, so that it is used. If it is 0.1
        messages/s, the replica has at least the `fewest` workers: 1 / 2 s = 0.5 messages/s.
        """
        at_saturation, service = self._at_saturation, self.long.seconds_per_message
        if not service or workers is None:
            return at_saturation
        by_little = workers / service
        if at_saturation is not None and at_saturation * self.doubt < _CONTRADICTION * by_little:
            return min(max(at_saturation * self.doubt, fewest / service), by_little)
        return by_little

    @property
    def _at_saturation(self) -> float | None:
        if self.saturated.acknowledged < _ENOUGH_MESSAGES or self.saturated.seconds == 0:
            return None
        return self.saturated.acknowledged / self.saturated.seconds

    def workers(self, prefetch: float | None, fewest: float = 1.0) -> float | None:
        """Return how many messages a replica works on, if that differs from the prefetch count.

        None if it does not differ, or if that is not known yet. Example: at saturation a replica
        acknowledges 8 messages/s, each of which takes 0.5 s: it works on 8 x 0.5 s = 4. The mean
        stay is no service time: of 250 prefetched messages nearly all wait inside the replica.
        Without a prefetch count `per_replica` has no doubt, and the workers have none either.
        """
        at_saturation, service = self._at_saturation, self.service_seconds
        if at_saturation is None or not service:
            return None
        if prefetch is None:
            return max(at_saturation * service, fewest)
        workers = max(at_saturation * self.doubt * service, fewest)
        return workers if workers < _MUCH_FEWER * prefetch else None

    @property
    def error(self) -> float:
        """The relative standard error, from the number of unacknowledged messages in samples."""
        samples = self.long.seconds / STATISTICS_SECONDS
        return min(_MAX_ERROR, 1 / math.sqrt(samples)) if samples else _MAX_ERROR

    def observe(self, interval: ClosedInterval) -> "Capacity":
        seconds, acknowledged = interval.seconds, interval.acknowledged
        if not interval.busy_is_known:
            return replace(self, saturated=self._more_saturated(interval, self.doubt), doubt=1.0)
        busy, shortest = interval.busy_seconds, self._shortest(interval)
        stay, crowd = interval.stay or 0.0, Crowd()
        waits = shortest is not None and stay > _LONGER * shortest
        if waits:
            crowd = self.crowd.observe(busy / interval.replica_seconds, stay, seconds)
            if crowd.is_slow_work(stay):
                # Replicas that only looked saturated did less than they can.
                return Capacity(self.long, self.short, shortest=stay).observe(interval)
            if interval.is_growing:
                # More and more messages wait inside: these replicas do no more than was measured.
                # With the doubt of before, 70 messages/s for 4 workers of 0.125 s and a prefetch
                # count of 250 changed direction 58 times an hour; now they do 4 or 5 times.
                certain = replace(self, shortest=shortest, doubt=1.0, crowd=crowd)
                if not interval.is_growing_long:
                    return certain
                return replace(certain, saturated=self._more_saturated(interval, 1.0))
        long = self.long.add(acknowledged, busy, math.exp(-seconds / _LONG_SECONDS))
        short = self.short.add(acknowledged, busy, math.exp(-seconds / _SHORT_SECONDS))
        if (
            short.seconds_per_message
            and long.seconds_per_message
            and abs(short.seconds_per_message / long.seconds_per_message - 1) > _SURPRISE
        ):
            long = short
        if interval.saturated:
            saturated, doubt = self._more_saturated(interval, self.doubt), 1.0
        else:
            use, growth = 0.0 if waits else self._use(interval), _RELAXATION * seconds
            saturated = self._corrected(interval).fade(1 / (1 + growth * (1 - use)))
            doubt = min(_MOST_DOUBT, max(1.0, self.doubt * (1 + growth * (2 * use - 1))))
        return Capacity(long, short, saturated, shortest, doubt, crowd)

    def _more_saturated(self, interval: ClosedInterval, doubt: float) -> DecayingSums:
        """Return the evidence at saturation, including one more interval, without doubt."""
        decay = math.exp(-interval.seconds / _LONG_SECONDS)
        doubted = DecayingSums(self.saturated.acknowledged, self.saturated.seconds / doubt)
        return doubted.add(interval.acknowledged, interval.replica_seconds, decay / doubt)

    def _use(self, interval: ClosedInterval) -> float:
        """Return how much the capacity matters to the count: 1 from `_HIDING_USE` on.

        Example: by the time alone, 8 h without messages made the doubt 121, and a replica of 8
        messages/s counted as one of 500 with the first messages of the morning.
        """
        measured = self._most_expected(interval) / self.doubt
        return min(1.0, interval.acknowledged / (_HIDING_USE * measured))

    def _most_expected(self, interval: ClosedInterval) -> float:
        """Return the acknowledgements of replicas that are always busy; infinite if unknown."""
        return (self._at_saturation or math.inf) * self.doubt * interval.replica_seconds

    def _corrected(self, interval: ClosedInterval) -> DecayingSums:
        """Return the evidence at saturation, without it if replicas were faster for certain."""
        expected = self._most_expected(interval)
        if interval.acknowledged > expected + _CERTAIN * math.sqrt(expected):
            return DecayingSums(interval.acknowledged, interval.replica_seconds)
        return self.saturated

    def _shortest(self, interval: ClosedInterval) -> float | None:
        """Return the shortest stay, including that of one more interval."""
        if not interval.stay:
            return self.shortest
        relaxed = (self.shortest or math.inf) * (1 + interval.seconds / _SHORTEST_SECONDS)
        return min(interval.stay, relaxed)


def remembered(per_replica: float, workers: float) -> Capacity:
    """Return a stored capacity with just enough evidence, so that new evidence replaces it soon."""
    each = workers / per_replica
    messages = max(_ENOUGH_MESSAGES, _ENOUGH_SECONDS / each)
    return Capacity(long=DecayingSums(messages, messages * each))
