"""What happened between two statistics of the broker, put together from the looks in between."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto

from mare.domain.capacity import Interval
from mare.domain.observation import Load, QueueReading
from mare.domain.unknown import Unknown, known


class LoadRegime(Enum):
    """How an interval went."""

    CALM = auto()
    """The replicas stayed the same, and few messages were ready."""
    SATURATED = auto()
    """The replicas stayed the same, and messages were ready all the time."""
    MIXED = auto()
    """Neither. What was acknowledged and what was seen may then belong to different times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInterval:
    """An interval that has begun."""

    began: float
    readings: tuple[QueueReading, ...]
    """The queues when it began."""
    lowest_ready: int
    highest_ready: int
    fewest_working: float
    most_working: float
    before: LoadRegime
    """How the interval before went: the broker's statistics may be a whole interval old."""

    def observe(self, ready: int, working: float) -> "OpenInterval":
        """The same after one more look, in which `working` replicas consumed."""
        return replace(
            self,
            lowest_ready=min(self.lowest_ready, ready),
            highest_ready=max(self.highest_ready, ready),
            fewest_working=min(self.fewest_working, working),
            most_working=max(self.most_working, working),
        )

    def regime(self, workers: float) -> LoadRegime:
        if self.fewest_working != self.most_working:
            return LoadRegime.MIXED
        if self.lowest_ready > 0:
            return LoadRegime.SATURATED
        # In a calm queue some messages are ready at times; half as many as there are workers
        # means that a burst was worked off, whose acknowledgements no sighting shows as work.
        few = workers * self.most_working / 2
        return LoadRegime.CALM if self.highest_ready <= few else LoadRegime.MIXED

    def is_over(self, load: Load) -> bool:
        """Whether there are newer statistics of every queue: each virtual host has its own time."""
        return known(load.statistics_at, self.began) > self.began and all(
            known(after.statistics_at, 0.0) > known(before.statistics_at, 0.0)
            for before, after in self._pairs(load)
        )

    def increase(self, counter: str, load: Load) -> int | Unknown:
        """What a counter grew by, over the queues that were there all the time.

        What a queue's counter grew by between its own two statistics is taken as the rate of the
        whole interval.
        """
        seconds = known(load.statistics_at, self.began) - self.began
        result = 0.0
        for earlier, later in self._pairs(load):
            before: int | Unknown = getattr(earlier, counter)
            after: int | Unknown = getattr(later, counter)
            if isinstance(after, Unknown):
                return after
            if isinstance(before, Unknown):
                return before
            if after < before:
                return Unknown("CounterReset", f"the counters of {later.name} began anew")
            own_seconds = known(later.statistics_at, 0.0) - known(earlier.statistics_at, 0.0)
            result += (after - before) * seconds / own_seconds
        return round(result)

    def _pairs(self, load: Load) -> Iterator[tuple[QueueReading, QueueReading]]:
        earlier = {(each.vhost, each.name): each for each in self.readings}
        for later in load.readings:
            before = earlier.get((later.vhost, later.name))
            if before is not None:
                yield before, later

    def closed(self, load: Load, workers: float, known_workers: int | None) -> Interval | None:
        """The interval as evidence, None if it is none."""
        regime = self.regime(workers)
        acknowledged = self.increase("acknowledged", load)
        if regime is LoadRegime.MIXED or regime is not self.before or self.most_working == 0:
            return None
        if isinstance(acknowledged, Unknown) or isinstance(load.unacknowledged, Unknown):
            return None
        before = sum(known(each.unacknowledged, 0) for each in self.readings)
        busy = (before + load.unacknowledged) / 2
        if known_workers is not None:
            busy = min(busy, self.most_working * known_workers)
        seconds = known(load.statistics_at, self.began) - self.began
        return Interval(
            seconds=seconds,
            acknowledged=acknowledged,
            busy_seconds=busy * seconds,
            replica_seconds=self.most_working * seconds,
            saturated=regime is LoadRegime.SATURATED,
        )


def open_interval(
    load: Load, working: float, before: OpenInterval | None, workers: float
) -> OpenInterval:
    """Begin an interval with the newest statistics."""
    ready = known(load.ready, 0)
    return OpenInterval(
        began=known(load.statistics_at, 0.0),
        readings=load.readings,
        lowest_ready=ready,
        highest_ready=ready,
        fewest_working=working,
        most_working=working,
        before=LoadRegime.MIXED if before is None else before.regime(workers),
    )
