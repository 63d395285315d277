"""Messages that arrive while replicas start, and that are no reason for more replicas.

The replicas that are starting were asked for a rate, and for the messages that were ready then. If
they do not start, the messages grow at the arrival rate: more replicas would not start either.
Example: 10 messages/s arrive, 12 replicas are asked for, and their image is missing. After ten
minutes 6,000 messages are ready, for which 100 replicas would be asked.

So messages count for one start-up time, within which the replicas should have started. After it,
they count only as far as they grow faster than the arrival rate explains: a burst is a reason for
more replicas at once. All messages count again when the replicas have started. A new leader goes on
with what the last one has stored.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mare.domain.absent_queues import AbsentQueues
from mare.domain.crash_loop import STARTED_SHARE, CrashLoop
from mare.domain.observation import STATISTICS_SECONDS, Load, QueueKey
from mare.domain.replica_starts import UNKNOWN_START
from mare.domain.unknown import Unknown, known, total

_START_UPS = 1.5
"""Start-up times for which all messages count: a batch of replicas starts later than one."""
_FASTER = 1.25
"""Growth per arrival rate that is none of the rate: noise has the time to even out below it."""
_BURST, _NOISE, _NOISE_SECONDS = 20.0, 4.0, 60.0
"""Messages beyond that growth which are a burst: 20, or 4 standard deviations of the messages of
a minute, if these are fewer. A Poisson process at `_FASTER` reaches 20 once in six hours at 10
messages/s."""
_GAP_SECONDS = 600.0
"""How long no operator may have run, beyond the time that was observed: what came in a longer gap
is not told from a burst."""


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
    rate: float = 0.0
    """The last known arrival rate, in messages/s."""
    alone_since: float = 0.0
    """Since when no queue has a consumer."""
    delivered: Mapping[QueueKey, int] | None = None
    """The counters in the first statistics of after `alone_since`; None before them."""
    is_polled: bool = False
    """Whether clients of basic.get, which are no consumers, take the messages."""
    surplus: float = 0.0
    """Messages by which the queues grew faster than `_FASTER`."""
    uncounted: int = 0
    """Ready messages that are no reason for more replicas."""
    crash_loop: CrashLoop = field(default_factory=CrashLoop)

    @property
    def is_starting(self) -> bool:
        """Whether the replicas that were asked for last have not started yet."""
        return self.since is not None

    @property
    def stored(self) -> "StartingBacklog | None":
        """What the next leader needs; None if all messages count."""
        return self if self.stored_periods else None

    @property
    def stored_periods(self) -> int:
        """How often the time since `since` has doubled: it is stored anew each time.

        So a new leader expects messages of no longer a time than was observed before it.
        """
        if self.since is None or self.uncounted == 0:
            return 0
        return int(self.at - self.since).bit_length()

    def at_start(self, now: float) -> "StartingBacklog | None":
        """Return what a leader that starts now continues; None if it was stored too long ago."""
        if self.since is None or self.at > now or self.at < self.since:
            return None
        is_old = now - self.at > self.at - self.since + _GAP_SECONDS
        return None if is_old else replace(self, uncounted=min(self.uncounted, self.ready))

    def observe(
        self,
        load: Load,
        now: float,
        *,
        replicas: int,
        consuming: float,
        arrival_rate: float | None,
        start_seconds: float | None,
        is_learning: bool,
        absent: AbsentQueues,
    ) -> "StartingBacklog":
        """Return the backlog after one more reading.

        While `is_learning`, the capacity of a replica is unknown: messages that did not count
        stay without a count until it is known, because the steps of that time follow the messages.
        `absent` queues count with the messages of their last readings.
        """
        ready = known(load.ready, 0)
        crash_loop = self.crash_loop.observe(replicas, consuming, now)
        may_be_polled = replicas > 0 and consuming == 0 and not crash_loop.is_seen
        is_polled = may_be_polled and self._finds_polling(load)
        has_started = consuming >= STARTED_SHARE * replicas and not crash_loop.is_seen
        if is_polled or has_started:
            left = min(self.uncounted, ready) if is_learning and replicas else 0
            if self._has_started_with(left, crash_loop, is_polled=is_polled):
                return self
            return StartingBacklog(uncounted=left, is_polled=is_polled, crash_loop=crash_loop)
        ready += absent.messages
        present: dict[str, Any] = {"at": now, "ready": ready, "crash_loop": crash_loop}
        if self.since is None:
            uncounted = min(self.uncounted, ready)
            return StartingBacklog(
                since=now, alone_since=now, first=ready, uncounted=uncounted, **present
            )
        seconds, passed = now - self.since, now - self.at
        rate = self.rate if arrival_rate is None else arrival_rate
        current = replace(self, rate=rate, **self._deliveries(load, consuming, now), **present)
        if seconds <= _counting_seconds(start_seconds, is_learning=is_learning):
            return replace(current, uncounted=min(self.uncounted, ready))
        rate = max(rate, self._growth_rate)
        grown = ready - self.ready
        surplus = max(0.0, self.surplus + grown - absent.returned - _FASTER * rate * passed)
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
        before = self.delivered
        return any(
            known(each.delivered, 0) > before.get(each.key, math.inf) for each in load.readings
        )

    def _deliveries(self, load: Load, consuming: float, now: float) -> dict[str, Any]:
        """Return since when no queue has a consumer, and the counter of deliveries since then."""
        if consuming > 0:
            return {"alone_since": now, "delivered": None}
        if self.delivered is not None or known(load.sampled_after, 0.0) <= self.alone_since:
            return {}
        return {"delivered": _delivered(load)}

    def _has_started_with(self, uncounted: int, crash_loop: CrashLoop, *, is_polled: bool) -> bool:
        """Return whether this is the backlog of replicas that have started, as given."""
        is_same = (uncounted, is_polled) == (self.uncounted, self.is_polled)
        return self.since is None and is_same and crash_loop is self.crash_loop


def _counting_seconds(start_seconds: float | None, *, is_learning: bool) -> float:
    """Return for how long all messages count from the moment on at which replicas start.

    Until the capacity is known, a step is for a share of the messages, so that fewer suffice.
    """
    if start_seconds is None:
        return STATISTICS_SECONDS if is_learning else UNKNOWN_START
    return _START_UPS * start_seconds + STATISTICS_SECONDS


def _delivered(load: Load) -> Mapping[QueueKey, int] | None:
    """Return the counters of delivered messages; None if one is unknown."""
    if isinstance(total(each.delivered for each in load.readings), Unknown):
        return None
    return {each.key: known(each.delivered, 0) for each in load.readings}
