"""Simulates a queue and the replicas that consume it, message by message.

RabbitMQ delivers round-robin to the consumers below their prefetch. A replica processes `workers`
of its messages at a time and buffers the others. This is the hot loop of the simulation: one push
and one pop of a heap per message.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import inf

from mare.simulation.scenario import Worker

NO_COSTS: Mapping[str, float] = {}


@dataclass(slots=True, eq=False)
class Replica:
    name: str
    created: float
    ready_at: float
    """When it starts to consume."""
    reported_ready_at: float
    """When Kubernetes reports it Ready, which may be earlier or later."""
    is_ready: bool = False
    is_terminating: bool = False
    busy: int = 0
    unacknowledged: int = 0
    waiting: deque[int] = field(default_factory=deque)
    """Delivered messages that no worker has started."""
    terminated_at: float = inf


@dataclass(frozen=True, slots=True)
class Statistics:
    """The statistics of the queue, which the broker updates every 5 s."""

    at: float
    ready: int
    unacknowledged: int
    consumers: int
    prefetch: int
    """The sum of the consumers; 0 if they have no limit."""
    published: int
    delivered: int
    """With the redelivered ones, as RabbitMQ counts."""
    redelivered: int
    acknowledged: int
    held: Mapping[str, int]
    """The unacknowledged messages of each consuming replica."""


class WorkerPool:
    def __init__(
        self, worker: Worker, arrivals: Sequence[float], services: Sequence[float]
    ) -> None:
        self._worker = worker
        self._arrivals = list(arrivals)
        self._services = services
        self.now = 0.0
        self.replicas: list[Replica] = []
        """Starting and running replicas, without terminating ones."""
        self.terminated: list[Replica] = []
        self.waits: list[float] = [-1.0] * len(arrivals)
        """Seconds in the queue of each message; -1 before a worker starts it."""
        self.busy_seconds = 0.0
        self.requeued = 0
        self.ended_busy = 0
        self.is_down = False
        self.published = self.delivered = self.acknowledged = 0
        self._queue: deque[int] = deque()
        self._queued_again = 0
        """The first messages of the queue, which a replica had."""
        self._with_room: deque[Replica] = deque()
        self._finishing: list[tuple[float, int, Replica]] = []

    @property
    def ready(self) -> int:
        return len(self._queue)

    @property
    def unacknowledged(self) -> int:
        return self.delivered - self.requeued - self.acknowledged

    @property
    def consumers(self) -> int:
        return sum(replica.is_ready for replica in self.replicas)

    @property
    def reported_ready(self) -> int:
        return sum(replica.reported_ready_at <= self.now for replica in self.replicas)

    def statistics(self, offset: int = 0) -> Statistics:
        """Return the statistics, with an offset that is added to the counters."""
        return Statistics(
            at=self.now,
            ready=self.ready,
            unacknowledged=self.unacknowledged,
            consumers=self.consumers,
            prefetch=0
            if self._worker.prefetch == 0
            else self.consumers * self._worker.consumer_prefetch,
            published=max(0, self.published + offset),
            delivered=max(0, self.delivered + offset),
            redelivered=self.requeued - self._queued_again,
            acknowledged=max(0, self.acknowledged + offset),
            held={each.name: each.unacknowledged for each in self.replicas if each.is_ready},
        )

    def oldest_wait(self) -> float:
        return self.now - self._arrivals[self._queue[0]] if self._queue else 0.0

    def waits_until(self, end: float) -> Iterator[float]:
        """Return the wait of each published message; until `end` for one that has not started."""
        for message in range(self.published):
            wait = self.waits[message]
            yield wait if wait >= 0 else end - self._arrivals[message]

    def advance(self, until: float) -> None:
        while True:
            starting = [replica for replica in self.replicas if not replica.is_ready]
            first = min(starting, key=lambda replica: replica.ready_at, default=None)
            if first is None or first.ready_at > until:
                break
            self._run(first.ready_at)
            first.is_ready = True
            self._offer(first)
        self._run(until)

    def scale(self, count: int, costs: Mapping[str, float] = NO_COSTS) -> None:
        """Start or terminate replicas: first those not Ready, then by lower cost, as Kubernetes."""
        while len(self.replicas) < count:
            worker, now = self._worker, self.now
            name = f"{len(self.replicas) + len(self.terminated)}"
            self.replicas.append(
                Replica(name, now, now + worker.start_seconds, now + worker.ready_seconds)
            )
        if len(self.replicas) == count:
            return

        def order(replica: Replica) -> tuple[bool, float, float]:
            is_reported = replica.reported_ready_at <= self.now
            return (is_reported, costs.get(replica.name, 0.0), -replica.ready_at)

        victims = sorted(self.replicas, key=order)[: len(self.replicas) - count]
        for victim in victims:
            self._terminate(victim)

    def stop_broker(self) -> None:
        self.is_down = True

    def start_broker(self) -> None:
        self.is_down = False
        for replica in list(self.replicas):
            self._offer(replica)

    def _terminate(self, replica: Replica) -> None:
        replica.is_terminating = True
        self.replicas.remove(replica)
        self.terminated.append(replica)
        self.ended_busy += replica.busy > 0
        if replica in self._with_room:
            self._with_room.remove(replica)
        returned = len(replica.waiting)
        if returned:
            self._queue.extendleft(reversed(replica.waiting))
            replica.waiting.clear()
            replica.unacknowledged -= returned
            self.requeued += returned
            self._queued_again += returned
            for other in list(self._with_room):
                self._offer(other)
        if replica.busy == 0:
            replica.terminated_at = self.now

    def _offer(self, replica: Replica) -> None:
        """Deliver up to the prefetch of a replica, and note the replica if it can take more."""
        if not replica.is_ready or replica.is_terminating or self.is_down:
            return
        room = self._worker.consumer_prefetch
        while self._queue and replica.unacknowledged < room:
            self._deliver(self._next(), replica)
        if replica.unacknowledged < room and replica not in self._with_room:
            self._with_room.append(replica)

    def _next(self) -> int:
        if self._queued_again:
            self._queued_again -= 1
        return self._queue.popleft()

    def _deliver(self, message: int, replica: Replica) -> None:
        self.delivered += 1
        replica.unacknowledged += 1
        if replica.busy < self._worker.workers:
            self._begin(message, replica)
        else:
            replica.waiting.append(message)

    def _begin(self, message: int, replica: Replica) -> None:
        replica.busy += 1
        self.waits[message] = self.now - self._arrivals[message]
        service = self._services[message]
        self.busy_seconds += service
        heappush(self._finishing, (self.now + service, message, replica))

    def _run(self, until: float) -> None:
        arrivals, finishing, with_room = self._arrivals, self._finishing, self._with_room
        queue, room, count = self._queue, self._worker.consumer_prefetch, len(self._arrivals)
        while True:
            published = self.published
            arrival = arrivals[published] if published < count and not self.is_down else inf
            finish = finishing[0][0] if finishing else inf
            if arrival <= finish:
                if arrival > until:
                    break
                if arrival < self.now:  # the publisher retried while the broker was down
                    arrivals[published] = arrival = self.now
                self.now = arrival
                self.published = published + 1
                if with_room:
                    replica = with_room.popleft()
                    self._deliver(published, replica)
                    if replica.unacknowledged < room:
                        with_room.append(replica)
                else:
                    queue.append(published)
                continue
            if finish > until:
                break
            self.now, _, replica = heappop(finishing)
            self._finish(replica, room)
        self.now = until

    def _finish(self, replica: Replica, room: int) -> None:
        self.acknowledged += 1
        replica.busy -= 1
        was_full = replica.unacknowledged == room
        replica.unacknowledged -= 1
        if replica.waiting:
            self._begin(replica.waiting.popleft(), replica)
        if replica.is_terminating:
            if replica.busy == 0:
                replica.terminated_at = self.now
        elif self.is_down:
            if was_full:
                return
        elif self._queue:
            self._deliver(self._next(), replica)
        elif was_full:
            self._with_room.append(replica)
