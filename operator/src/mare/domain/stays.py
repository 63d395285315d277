"""How long messages stay unacknowledged, by the curves of deliveries and of what is finished.

A message that is no longer unacknowledged is finished, and messages finish in the order of their
delivery. If 60 messages were delivered in all and 40 of them are unacknowledged, 20 are finished,
and the time between the delivery of the twentieth and the moment at which 20 were finished is its
stay.

Little's law, busy seconds / acknowledged messages, needs a load that neither rises nor falls within
a stay. Example: 4 tasks of 20 s begin at second 0, and no others come. From second 15 to 20 all 4
are acknowledged in 5 x (4 + 0) / 2 = 10 busy seconds: 2.5 s each. By the curves it is 15 to 20 s.
"""

from dataclasses import dataclass
from itertools import pairwise

from mare.domain.interval import Increases, OpenInterval
from mare.domain.observation import Load
from mare.domain.unknown import Unknown, known

_MOST_POINTS = 64
"""Of the curve. Beyond, the one is left out at which the curve bends least."""
_ENOUGH_MESSAGES = 20.0
"""With 10 messages of a service time that varies by twice its mean, the shortest stay was half the
mean, and 20 such messages at work in 3 replicas took 12 % more replica-seconds."""
_ENOUGH_SAMPLES = 20
"""Unacknowledged messages, summed over updates. Of few messages of 0.1 s, most updates see none."""
_MOST_SAMPLES = 4
"""Of one update: 40 messages that are unacknowledged at one time are no 40 measurements."""


@dataclass(frozen=True, slots=True)
class Stays:
    deliveries: tuple[tuple[float, float], ...] = ()
    """Times of updates, and the messages that were delivered until then: from before the oldest
    unacknowledged one on, counted from the unacknowledged ones at the first update."""
    finished: float = 0.0
    """The most of them that were no longer unacknowledged. While messages that a killed consumer
    had are delivered again, it is more than now."""
    messages: float = 0.0
    """Finished since `mean` was new."""
    seconds: float = 0.0
    """The sum of their stays."""
    samples: int = 0
    mean: float | None = None
    """Seconds, over enough messages; None before them."""

    def observe(self, interval: OpenInterval, load: Load, grown: Increases) -> "Stays":
        """Return the stays up to the end of an interval. Unknown counts begin them anew."""
        end, delivered = known(load.statistics_at, interval.began), grown.delivered
        unacknowledged = load.unacknowledged
        if isinstance(delivered, Unknown) or isinstance(unacknowledged, Unknown):
            return Stays(mean=self.mean)
        points, before = self.deliveries, self.finished
        if not points or points[-1][0] != interval.began:
            begun = sum(known(each.unacknowledged, 0) for each in interval.readings)
            points, before = ((interval.began, begun),), 0.0
        total_before = points[-1][1]
        total = total_before + delivered
        points = (*points, (end, total))
        finished = max(before, total - unacknowledged)
        messages, seconds = self.messages, self.seconds
        went_back = known(grown.acknowledged, 0) < (finished - before) / 2
        was_seen = unacknowledged or total_before > before
        measured = pairwise(points) if was_seen and not went_back else ()
        for (earlier, fewer), (later, more) in measured:
            # Of these deliveries, those between `low` and `high` were finished in this interval.
            low, high = max(fewer, before), min(more, finished)
            if low >= high:
                continue
            middle = (low + high) / 2
            delivered_at = earlier + (later - earlier) * (middle - fewer) / (more - fewer)
            share = (middle - before) / (finished - before)
            finished_at = interval.began + (end - interval.began) * share
            messages += high - low
            seconds += (high - low) * max(0.0, finished_at - delivered_at)
        samples = self.samples + min(unacknowledged, _MOST_SAMPLES)
        mean = self.mean
        if messages >= _ENOUGH_MESSAGES and samples >= _ENOUGH_SAMPLES:
            messages, seconds, samples, mean = 0.0, 0.0, 0, seconds / messages
        while len(points) > 2 and points[1][1] <= finished:
            points = points[1:]
        if len(points) > _MOST_POINTS:
            least = min(range(1, len(points) - 1), key=lambda index: _bend(points, index))
            points = (*points[:least], *points[least + 1 :])
        return Stays(points, finished, messages, seconds, samples, mean)


def _bend(points: tuple[tuple[float, float], ...], index: int) -> float:
    """Return by how many messages the curve without a point is wrong there."""
    (before, fewer), (at, count), (after, more) = points[index - 1 : index + 2]
    return abs(fewer + (more - fewer) * (at - before) / (after - before) - count)
