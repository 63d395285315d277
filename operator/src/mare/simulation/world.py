"""The clock of a simulation: who looks when, what they see, and what it came to."""

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from math import log, sqrt
from random import Random

from mare.simulation.scenario import Distribution, Scenario
from mare.simulation.station import Station, Statistics

STATISTICS_SECONDS = 5.0
"""collect_statistics_interval of RabbitMQ."""


class BrokerUnreachable(Exception):
    """Raised when somebody asks a broker that is down."""


@dataclass(frozen=True, slots=True)
class Change:
    """A count that somebody asked for."""

    second: float
    before: int
    after: int
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One second of a run, for pictures."""

    second: float
    ready: int
    wait: float
    """Age of the oldest message in the queue."""
    wanted: int
    consuming: int


class World:
    """A station in time, and the doors through which it may be looked at and changed."""

    def __init__(self, scenario: Scenario, arrivals: list[float], services: list[float]) -> None:
        self.scenario = scenario
        self.station = Station(scenario.worker, arrivals, services)
        self.random = Random(scenario.seed + 1)  # noqa: S311
        self.wanted = 0
        self.changes: list[Change] = []
        self.samples: list[Sample] = []
        self._statistics: Statistics | None = None
        self._agenda: list[tuple[float, int, float, Callable[[], None]]] = []
        self.begin_with(max(scenario.min_replicas, scenario.initial_replicas))

    def begin_with(self, replicas: int) -> None:
        """Have replicas that have long been there when the scenario begins."""
        self.wanted = replicas
        self.station.scale(replicas, idle_first=False)
        for replica in self.station.replicas:
            replica.ready_at = replica.told_ready_at = 0.0

    @property
    def now(self) -> float:
        return self.station.now

    def every(self, seconds: float, act: Callable[[], None], first: float) -> None:
        """Have something done again and again. Who comes first in a moment is who asked first."""
        heappush(self._agenda, (first, len(self._agenda), seconds, act))

    def declare(self) -> tuple[int, int]:
        """Ready messages and consumers at this moment, as a passive declare tells them."""
        if self.station.is_down:
            raise BrokerUnreachable
        return self.station.ready, self.station.consumers

    def statistics(self) -> Statistics:
        """What the management API tells: the broker's last statistics, up to 5 s old."""
        if self.station.is_down or self._statistics is None:
            raise BrokerUnreachable
        return self._statistics

    def scale(self, count: int, reason: str, message: str, *, idle_first: bool = False) -> None:
        """Carry out a change of spec.replicas."""
        self.changes.append(Change(self.now, self.wanted, count, reason, message))
        self.wanted = count
        self.station.scale(count, idle_first=idle_first)

    def run(self) -> None:
        """Live through the scenario."""
        scenario, station = self.scenario, self.station
        self.every(STATISTICS_SECONDS, self._renew, self.random.random() * STATISTICS_SECONDS)
        self.every(1.0, self._sample, 0.0)
        for outage in scenario.outages:
            self.every(scenario.seconds, station.turn_down, outage.start)
            self.every(scenario.seconds, station.turn_up, outage.start + outage.seconds)
        while self._agenda:
            moment, order, seconds, act = heappop(self._agenda)
            if moment > scenario.seconds:
                break
            station.advance(moment)
            act()
            heappush(self._agenda, (moment + seconds, order, seconds, act))
        station.advance(scenario.seconds)

    def _renew(self) -> None:
        if not self.station.is_down:
            self._statistics = self.station.statistics()

    def _sample(self) -> None:
        station = self.station
        self.samples.append(
            Sample(self.now, station.ready, station.oldest_wait(), self.wanted, station.consumers)
        )


def messages_of(scenario: Scenario) -> tuple[list[float], list[float]]:
    """The moments of arrival and the service times, the same for every contender."""
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
        case Distribution.PARETO:
            scale = mean * (variation - 1) / variation
            return lambda: scale * random.paretovariate(variation)
