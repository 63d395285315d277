"""The time between two statistics updates of the broker, and the readings in it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from operator import attrgetter

from mare.domain.capacity import ClosedInterval
from mare.domain.growth import DepthGrowth
from mare.domain.observation import NEW_QUEUES, Load, QueueReading
from mare.domain.unknown import Unknown, known, total

COUNTER_RESET = "CounterReset"
"""The reason of an increase that is unknown, because a counter has fallen."""
_NEW_QUEUES = Unknown(
    NEW_QUEUES, "a consumed queue is newer than the last statistics of the broker"
)
_FEW_CONSUMERS = 0.1
"""Share of the consumers up to which new queues leave the counts of the others as they are."""


class LoadRegime(Enum):
    CALM = auto()
    """The replicas stayed the same, and few messages were ready."""
    SATURATED = auto()
    """The replicas stayed the same, and messages were ready all the time."""
    MIXED = auto()
    """Neither. Acknowledged and unacknowledged messages can belong to different loads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Increases:
    """Messages by which the counters grew; unknown if a counter is unknown, or was reset."""

    published: int | Unknown
    delivered: int | Unknown
    """Without redeliveries, which are of messages that were delivered before."""
    acknowledged: int | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInterval:
    began: float
    readings: tuple[QueueReading, ...]
    """The queues at the beginning."""
    lowest_ready: int
    highest_ready: int
    fewest_consuming: float
    most_consuming: float
    before: LoadRegime
    """The load of the previous interval: the broker's statistics can be one interval old."""
    saturated_since: float | None = None
    """The beginning of the intervals in a row, up to `before`, that were saturated."""

    def observe(self, ready: int, consuming: float) -> "OpenInterval":
        is_between = self.lowest_ready <= ready <= self.highest_ready
        if is_between and self.fewest_consuming <= consuming <= self.most_consuming:
            return self
        return replace(
            self,
            lowest_ready=min(self.lowest_ready, ready),
            highest_ready=max(self.highest_ready, ready),
            fewest_consuming=min(self.fewest_consuming, consuming),
            most_consuming=max(self.most_consuming, consuming),
        )

    def regime(self, workers: float) -> LoadRegime:
        if self.fewest_consuming != self.most_consuming:
            return LoadRegime.MIXED
        if self.lowest_ready > 0:
            return LoadRegime.SATURATED
        # More ready messages than half the workers are a burst. Its messages can be acknowledged
        # without being unacknowledged in any sample, so that the service time would be too short.
        few = workers * self.most_consuming / 2
        return LoadRegime.CALM if self.highest_ready <= few else LoadRegime.MIXED

    def is_over(self, load: Load) -> bool:
        """Return whether every queue has newer statistics. Each virtual host has its own update."""
        return known(load.statistics_at, self.began) > self.began and all(
            known(after.statistics_at, 0.0) > known(before.statistics_at, 0.0)
            for before, after in self._pairs(load)
        )

    def increases(self, load: Load) -> Increases:
        """Return the increases of the counters, summed over queues that exist since the beginning.

        The increase of each queue is scaled from the time between its own two updates to the
        length of the interval. If other queues have more than a tenth of the consumers, such as
        with a queue for each job, they are unknown: what arrived in queues that have ended is not
        counted anywhere.
        """
        seconds, pairs = known(load.statistics_at, self.began) - self.began, self._pairs(load)
        scaled = [
            (
                earlier,
                later,
                seconds / (known(later.statistics_at, 0.0) - known(earlier.statistics_at, 0.0)),
            )
            for earlier, later in pairs
        ]

        known_before = {(each.vhost, each.name) for each in self.readings}
        new_consumers = sum(
            known(each.consumers, 0)
            for each in load.readings
            if (each.vhost, each.name) not in known_before
        )
        has_new = new_consumers > _FEW_CONSUMERS * known(load.consumers, 0)

        def increase(counter: Callable[[QueueReading], int | Unknown]) -> int | Unknown:
            if has_new or not scaled:
                return _NEW_QUEUES
            result = 0.0
            for earlier, later, scale in scaled:
                before, after = counter(earlier), counter(later)
                if isinstance(after, Unknown):
                    return after
                if isinstance(before, Unknown):
                    return before
                if after < before:
                    return Unknown(COUNTER_RESET, f"the counters of {later.name} were reset")
                result += (after - before) * scale
            return round(result)

        delivered = increase(attrgetter("delivered"))
        if not isinstance(delivered, Unknown):
            redelivered = known(increase(attrgetter("redelivered")), 0)
            delivered = max(0, delivered - redelivered)
        return Increases(
            published=increase(attrgetter("published")),
            delivered=delivered,
            acknowledged=increase(attrgetter("acknowledged")),
        )

    def growth(
        self, load: Load, grown: Increases, before: DepthGrowth, workers: float, service: float
    ) -> DepthGrowth:
        """Return the growth of the depth up to the end of the interval.

        It begins anew if replicas changed, or if ready messages show a saturation more exactly.
        """
        depth = total((load.ready, load.unacknowledged))
        published, acknowledged = grown.published, grown.acknowledged
        if (
            self.regime(workers) is not LoadRegime.CALM
            or isinstance(depth, Unknown)
            or isinstance(published, Unknown)
            or isinstance(acknowledged, Unknown)
        ):
            return DepthGrowth()
        seconds = known(load.statistics_at, self.began) - self.began
        return before.observe(depth, seconds, published, acknowledged, service)

    def _pairs(self, load: Load) -> Iterator[tuple[QueueReading, QueueReading]]:
        earlier = {(each.vhost, each.name): each for each in self.readings}
        for later in load.readings:
            before = earlier.get((later.vhost, later.name))
            if before is not None:
                yield before, later

    def closed(
        self,
        load: Load,
        grown: Increases,
        workers: float,
        most_in_progress: float | None,
        service_seconds: float = 0.0,
    ) -> ClosedInterval | None:
        """Return the evidence of the interval; None if load or replicas changed in it.

        More unacknowledged messages than are in progress are prefetched or held. They show no
        service time, unless messages are ready all the time: then each worker has one.
        Workers that began together acknowledge nothing for a service time. So an interval shows
        the rate at saturation only after that time. Example: with tasks of 20 s, the intervals from
        0 to 5, 10, 15 and 20 s are no evidence of it, and that from 20 to 25 s is the first one.
        """
        regime, acknowledged = self.regime(workers), grown.acknowledged
        if regime is LoadRegime.MIXED or regime is not self.before or self.most_consuming == 0:
            return None
        if isinstance(acknowledged, Unknown) or isinstance(load.unacknowledged, Unknown):
            return None
        before = sum(known(each.unacknowledged, 0) for each in self.readings)
        busy = (before + load.unacknowledged) / 2
        if most_in_progress is not None and busy > most_in_progress:
            if regime is not LoadRegime.SATURATED:
                return None
            busy = most_in_progress
        seconds = known(load.statistics_at, self.began) - self.began
        return ClosedInterval(
            seconds=seconds,
            acknowledged=acknowledged,
            busy_seconds=busy * seconds,
            replica_seconds=self.most_consuming * seconds,
            saturated=regime is LoadRegime.SATURATED
            and self.saturated_since is not None
            and self.began - self.saturated_since >= service_seconds,
        )


def open_interval(
    load: Load, consuming: float, before: OpenInterval | None, workers: float
) -> OpenInterval:
    """Begin an interval at the newest statistics update."""
    ready = known(load.ready, 0)
    since = None
    if before is not None and before.regime(workers) is LoadRegime.SATURATED:
        since = before.began if before.saturated_since is None else before.saturated_since
    return OpenInterval(
        began=known(load.statistics_at, 0.0),
        readings=load.readings,
        lowest_ready=ready,
        highest_ready=ready,
        fewest_consuming=consuming,
        most_consuming=consuming,
        before=LoadRegime.MIXED if before is None else before.regime(workers),
        saturated_since=since,
    )
