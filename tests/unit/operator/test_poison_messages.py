"""Messages that come back to the queue again and again need a worker each, and no more."""

import heapq
import math
from itertools import pairwise
from random import Random

import pytest

from mare.domain.spec import PublishedToDeliveredRatio, QueueWaitTime, ScalingSpec, Target
from tests.unit.operator.building import Timeline, reading

RATE = 2.0
POISON = 3
TRY_SECONDS = POISON / 40
"""After this time such a message fails and is delivered again: 40 times a second, all together."""
SECONDS = 900


class Queue:
    """Two messages arrive each second, beside three that always fail."""

    def __init__(self, service_seconds: float, random: Random) -> None:
        self._service_seconds, self._random = service_seconds, random
        self._arrival = 0.0
        self._fails = [True] * POISON
        """Of each ready message, whether it fails."""
        self._ends: list[tuple[float, bool]] = []
        """When each message in progress ends, and whether it fails."""
        self._statistics: dict[str, float] = {}
        self.published, self.delivered, self.acknowledged, self.redelivered = POISON, 0, 0, 0

    def advance(self, now: float, until: float, workers: int) -> None:
        while now < until:
            while self._fails and len(self._ends) < workers:
                self._begin(now, fails=self._fails.pop(0))
            end = self._ends[0][0] if self._ends else math.inf
            now = min(self._arrival, end, until)
            if now == end:
                _, fails = heapq.heappop(self._ends)
                self.acknowledged += not fails
                self.redelivered += fails
                self._fails[:0] = [True] * fails  # It returns to its place in the queue.
            elif now == self._arrival:
                self.published += 1
                self._fails.append(False)
                self._arrival += self._random.expovariate(RATE)

    def _begin(self, now: float, *, fails: bool) -> None:
        self.delivered += 1
        service = self._random.expovariate(1 / self._service_seconds)
        heapq.heappush(self._ends, (now + (TRY_SECONDS if fails else service), fails))

    def read(self, now: float, replicas: int, workers: int):
        if now % 5 == 0:
            self._statistics = {
                "statistics_at": now,
                "sampled_after": now,
                "unacknowledged": len(self._ends),
                "published": self.published,
                "delivered": self.delivered,
                "acknowledged": self.acknowledged,
                "redelivered": self.redelivered,
            }
        fields = {"consumers": replicas, "prefetch": float(workers), **self._statistics}
        return reading(len(self._fails), at=now, **fields)


def replicas_of(target: Target, *, workers: int, service_seconds: float) -> list[int]:
    """Return the replicas of each second, of which each has these workers."""
    time = Timeline(ScalingSpec(min_replicas=1, max_replicas=100, targets=(target,)), 3)
    queue = Queue(service_seconds, Random(1))
    for second in range(SECONDS):
        queue.advance(time.now, float(second), time.replicas * workers)
        time.now = float(second)
        time.read(queue.read(time.now, time.replicas, workers))
    assert time.history.redeliveries.are_endless
    return [decision.replicas for decision in time.decisions]


def changes_of(replicas: list[int]) -> int:
    return sum(before != after for before, after in pairwise(replicas))


@pytest.mark.parametrize(
    ("workers", "service_seconds", "most", "later"),
    [
        (1, 0.1, 7, 5),
        (1, 1.0, 12, 8),
        (1, 3.0, 18, 13),
        (4, 0.1, 3, 2),
        (4, 1.0, 3, 2),
        (4, 3, 5, 4),
    ],
)
def test_redeliveries_need_no_more_workers_than_there_are_messages(
    workers, service_seconds, most, later
):
    """Counted as arrivals, 40 messages/s of 3 s each need 100 replicas.

    `most` is for what waits behind the three messages at first. `later` is what the wait
    needs: 2 messages/s of 3 s and the three messages keep 9 workers busy, of 13.
    """
    replicas = replicas_of(QueueWaitTime(), workers=workers, service_seconds=service_seconds)
    assert max(replicas) <= most
    assert replicas[-1] <= later
    assert changes_of(replicas) <= 12


def test_redeliveries_do_not_lower_the_ratio_of_published_and_delivered_messages():
    """Counted as deliveries, they make the ratio 2 / 42, for which one replica is enough."""
    target = PublishedToDeliveredRatio(ratio=1.0)
    assert min(replicas_of(target, workers=4, service_seconds=1.0)) == 3
