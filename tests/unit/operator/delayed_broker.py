"""A queue with its workers, and a RabbitMQ whose answers are as old as measured."""

import json
from bisect import bisect_right
from dataclasses import dataclass, field

from mare.broker.queue_statistics import QueueStatistics

PERIOD = 5.0


@dataclass(frozen=True, slots=True)
class State:
    """The queue between two events."""

    ready: int = 0
    unacknowledged: int = 0
    consumers: int = 1
    published: int = 0
    delivered: int = 0
    acknowledged: int = 0
    log: int = 0
    """The last index of the Raft log of a quorum queue."""


@dataclass
class DelayedBroker:
    """One queue, whose workers take a message at a time and acknowledge it at its end."""

    kind: str
    queue_phase: float
    """When the queue reports its counts, within each period."""
    channel_phase: float
    """When the channels report their counters."""
    plugin_phase: float
    """When the management plugin copies both."""
    arrivals: list[tuple[float, float]]
    """Times and service times, in their order."""
    replicas: int = 1
    cached_seconds: float = 0.0
    """How old the cached list is at most."""
    _times: list[float] = field(default_factory=lambda: [0.0])
    _states: list[State] = field(default_factory=lambda: [State()])
    _waiting: list[float] = field(default_factory=list)
    _ends: list[float] = field(default_factory=list)

    def advance(self, now: float) -> None:
        """Publish, deliver and acknowledge what is due."""
        while True:
            arrival = self.arrivals[0][0] if self.arrivals else now + 1
            end = min(self._ends, default=now + 1)
            if min(arrival, end) > now:
                return
            if arrival <= end:
                at, service = self.arrivals.pop(0)
                self._waiting.append(service)
                self._become(at, published=1, ready=1)
            else:
                at = end
                self._ends.remove(end)
                self._become(at, unacknowledged=-1, acknowledged=1)
            self._deliver(at)

    def scale(self, replicas: int, now: float) -> None:
        change = replicas - self.replicas
        self.replicas = replicas
        self._become(now, consumers=change)
        self._deliver(now)

    def _deliver(self, at: float) -> None:
        while self._waiting and len(self._ends) < self.replicas:
            self._ends.append(at + self._waiting.pop(0))
            self._become(at, ready=-1, unacknowledged=1, delivered=1)

    def _become(self, at: float, **changes: int) -> None:
        last = self._states[-1]
        values = {name: getattr(last, name) for name in State.__slots__}
        values |= {name: values[name] + change for name, change in changes.items()}
        self._times.append(at)
        self._states.append(State(**{**values, "log": last.log + 1}))

    def at(self, time: float) -> State:
        return self._states[max(0, bisect_right(self._times, time) - 1)]

    @property
    def busy(self) -> int:
        return len(self._ends)

    def statistics(self, now: float) -> QueueStatistics:
        """What the management API returns: two periods old at most, or older from its cache."""
        copied_at = _last(now - self.cached_seconds, self.plugin_phase)
        counts = self.at(_last(copied_at, self.queue_phase))
        counters = self.at(_last(copied_at, self.channel_phase))
        return QueueStatistics(
            ready=counts.ready,
            consumers=counts.consumers,
            unacknowledged=counts.unacknowledged,
            prefetch=1.0,
            published=counters.published,
            delivered=counters.delivered,
            acknowledged=counters.acknowledged,
        )

    def answer(self, path: str, now: float) -> bytearray:
        """The responses to the requests of `QuietCheck`."""
        state = self.at(now)
        if path.endswith("/status"):
            leader = {"Raft State": "leader", "Term": 1, "Last Log Index": state.log}
            return bytearray(json.dumps([leader]).encode())
        if self.kind == "quorum":
            state = self.at(_last(now, self.queue_phase))
        counts = {
            "messages_ready": state.ready,
            "messages_unacknowledged": state.unacknowledged,
        }
        return bytearray(json.dumps({"type": self.kind, **counts}).encode())


def _last(now: float, phase: float) -> float:
    """The last time of a periodic event."""
    return (now - phase) // PERIOD * PERIOD + phase
