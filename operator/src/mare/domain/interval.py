"""What happened between two statistics of the broker, put together from the looks in between."""

from dataclasses import dataclass, replace
from enum import Enum, auto

from mare.domain.capacity import Interval
from mare.domain.observation import Load, QueueReading
from mare.domain.unknown import Unknown, known


class _Going(Enum):
    """How an interval went."""

    CALM = auto()
    """The replicas stayed the same, and few messages were ready."""
    SATURATED = auto()
    """The replicas stayed the same, and messages were ready all the time."""
    MIXED = auto()
    """Neither. What was acknowledged and what was seen may then belong to different times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """An interval that has begun."""

    began: float
    readings: tuple[QueueReading, ...]
    """The queues when it began."""
    lowest_ready: int
    highest_ready: int
    fewest_working: float
    most_working: float
    before: _Going
    """How the interval before went: the broker's statistics may be a whole interval old."""

    def looked(self, ready: int, working: float) -> "Open":
        """The same after one more look, in which `working` replicas consumed."""
        return replace(
            self,
            lowest_ready=min(self.lowest_ready, ready),
            highest_ready=max(self.highest_ready, ready),
            fewest_working=min(self.fewest_working, working),
            most_working=max(self.most_working, working),
        )

    def going(self, workers: float) -> _Going:
        if self.fewest_working != self.most_working:
            return _Going.MIXED
        if self.lowest_ready > 0:
            return _Going.SATURATED
        # In a calm queue some messages are ready at times; half as many as there are workers
        # means that a burst was worked off, whose acknowledgements no sighting shows as work.
        few = workers * self.most_working / 2
        return _Going.CALM if self.highest_ready <= few else _Going.MIXED

    def increase(self, counter: str, readings: tuple[QueueReading, ...]) -> int | Unknown:
        """What a counter grew by, over the queues that were there all the time."""
        earlier = {(each.vhost, each.name): getattr(each, counter) for each in self.readings}
        result = 0
        for reading in readings:
            after: int | Unknown = getattr(reading, counter)
            before: int | Unknown | None = earlier.get((reading.vhost, reading.name))
            if before is None:
                continue
            if isinstance(after, Unknown):
                return after
            if isinstance(before, Unknown):
                return before
            if after < before:
                return Unknown("CounterReset", f"the counters of {reading.name} began anew")
            result += after - before
        return result

    def closed(self, load: Load, workers: float, known_workers: int | None) -> Interval | None:
        """The interval as evidence, None if it is none."""
        going = self.going(workers)
        acknowledged = self.increase("acknowledged", load.readings)
        if going is _Going.MIXED or going is not self.before:
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
            saturated=going is _Going.SATURATED,
        )


def opened(load: Load, working: float, before: Open | None, workers: float) -> Open:
    """Begin an interval with the newest statistics."""
    ready = known(load.ready, 0)
    return Open(
        began=known(load.statistics_at, 0.0),
        readings=load.readings,
        lowest_ready=ready,
        highest_ready=ready,
        fewest_working=working,
        most_working=working,
        before=_Going.MIXED if before is None else before.going(workers),
    )
