"""The clock of a simulation, its scheduled actions, and the recorded samples."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from math import log, sqrt
from random import Random

from mare.simulation.scenario import Distribution, Scenario
from mare.simulation.worker_pool import NO_COSTS, Statistics, WorkerPool

STATISTICS_SECONDS = 5.0
"""collect_statistics_interval of RabbitMQ."""


class BrokerUnreachable(Exception):
    """Raised by a read while the broker is down."""


@dataclass(frozen=True, slots=True)
class Change:
    second: float
    before: int
    after: int
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Sample:
    second: float
    ready: int
    wait: float
    """Age of the oldest message in the queue."""
    wanted: int
    consuming: int


class Simulation:
    """A worker pool over time, with the interfaces to read and scale it."""

    def __init__(self, scenario: Scenario, arrivals: list[float], services: list[float]) -> None:
        self.scenario = scenario
        self.pool = WorkerPool(scenario.worker, arrivals, services)
        self.random = Random(scenario.seed + 1)  # noqa: S311
        self.wanted = 0
        self.changes: list[Change] = []
        self.samples: list[Sample] = []
        self._statistics: Statistics | None = None
        self._agenda: list[tuple[float, int, float, Callable[[], None]]] = []
        self.start_with(max(scenario.min_replicas, scenario.initial_replicas))

    def start_with(self, replicas: int) -> None:
        self.wanted = replicas
        self.pool.scale(replicas)
        for replica in self.pool.replicas:
            replica.ready_at = replica.reported_ready_at = 0.0

    @property
    def now(self) -> float:
        return self.pool.now

    def every(self, seconds: float, act: Callable[[], None], first: float) -> None:
        """Run an action periodically. At equal times, actions run in the order of registration."""
        heappush(self._agenda, (first, len(self._agenda), seconds, act))

    def declare(self) -> tuple[int, int]:
        """Ready messages and consumers, as a passive declare returns them."""
        if self.pool.is_down:
            raise BrokerUnreachable
        return self.pool.ready, self.pool.consumers

    def statistics(self) -> Statistics:
        """Return the last statistics, up to 5 s old, as the management API returns them."""
        if self.pool.is_down or self._statistics is None or not self.scenario.has_statistics:
            raise BrokerUnreachable
        return self._statistics

    def scale(
        self, count: int, reason: str, message: str, costs: Mapping[str, float] = NO_COSTS
    ) -> None:
        self.changes.append(Change(self.now, self.wanted, count, reason, message))
        self.wanted = count
        self.pool.scale(count, costs)

    def run(self) -> None:
        scenario, pool = self.scenario, self.pool
        self.every(STATISTICS_SECONDS, self._renew, self.random.random() * STATISTICS_SECONDS)
        self.every(1.0, self._sample, 0.0)
        for outage in scenario.outages:
            self.every(scenario.seconds, pool.stop_broker, outage.start)
            self.every(scenario.seconds, pool.start_broker, outage.start + outage.seconds)
        while self._agenda:
            moment, order, seconds, act = heappop(self._agenda)
            if moment > scenario.seconds:
                break
            pool.advance(moment)
            act()
            heappush(self._agenda, (moment + seconds, order, seconds, act))
        pool.advance(scenario.seconds)

    def _renew(self) -> None:
        if not self.pool.is_down:
            jumps = self.scenario.counter_jumps
            now = [each.messages for each in jumps if 0 <= self.now - each.at < each.seconds]
            self._statistics = self.pool.statistics(offset=sum(now))

    def _sample(self) -> None:
        pool = self.pool
        self.samples.append(
            Sample(self.now, pool.ready, pool.oldest_wait(), self.wanted, pool.consumers)
        )


def generate_messages(scenario: Scenario) -> tuple[list[float], list[float]]:
    """Arrival and service time of each message, the same for all autoscalers."""
    random = Random(scenario.seed)  # noqa: S311
    arrivals = scenario.load.arrivals(scenario.seconds, random)
    draw = _service_times(scenario, random)
    return arrivals, [draw() for _ in arrivals]


def _service_times(scenario: Scenario, random: Random) -> Callable[[], float]:
    mean, variation = scenario.worker.service_seconds, scenario.worker.variation
    match scenario.worker.distribution:
        case Distribution.CONSTANT:
            return lambda: mean
        case Distribution.EXPONENTIAL:
            return lambda: random.expovariate(1 / mean)
        case Distribution.LOGNORMAL:
            sigma = sqrt(log(1 + variation**2))
            mu = log(mean) - sigma**2 / 2
            return lambda: random.lognormvariate(mu, sigma)
        case Distribution.BIMODAL:
            slow, share = scenario.worker.slow_seconds, scenario.worker.slow_share
            quick = (mean - share * slow) / (1 - share)
            return lambda: slow if random.random() < share else quick
        case Distribution.PARETO:
            scale = mean * (variation - 1) / variation
            return lambda: scale * random.paretovariate(variation)
