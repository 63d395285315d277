"""Simulates the metrics server: the CPU utilization of the replicas.

A worker uses its share of the CPU request while it processes a message. The metrics server scrapes
every 15 s and reports the mean since the scrape before; a pod has no metric before its second.
"""

from dataclasses import dataclass

from mare.simulation.simulation import Simulation
from mare.simulation.worker_pool import Replica

_SCRAPE_SECONDS = 15.0


@dataclass(slots=True)
class _Usage:
    busy_seconds: float = 0.0
    scrapes: int = 0


class MetricsServer:
    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._usage: dict[int, _Usage] = {}
        self._busy: dict[int, float] = {}
        simulation.every(0.5, self._accumulate, 0.25)
        simulation.every(
            _SCRAPE_SECONDS, self._scrape, simulation.random.random() * _SCRAPE_SECONDS
        )
        self._reported: dict[int, float] = {}

    def use(self) -> tuple[float, int, int]:
        """Mean utilization of the pods with a metric, their number, and the number without one."""
        replicas = self._simulation.pool.replicas
        reported = [
            self._reported[id(replica)] for replica in replicas if id(replica) in self._reported
        ]
        share = sum(reported) / len(reported) if reported else 0.0
        return share, len(reported), len(replicas) - len(reported)

    def _accumulate(self) -> None:
        for replica in self._ready():
            self._busy[id(replica)] = self._busy.get(id(replica), 0.0) + replica.busy * 0.5

    def _scrape(self) -> None:
        workers = self._simulation.scenario.worker.workers
        reported = {}
        for replica in self._ready():
            usage = self._usage.setdefault(id(replica), _Usage())
            busy = self._busy.get(id(replica), 0.0)
            if usage.scrapes:
                reported[id(replica)] = (busy - usage.busy_seconds) / (_SCRAPE_SECONDS * workers)
            usage.busy_seconds, usage.scrapes = busy, usage.scrapes + 1
        self._reported = reported

    def _ready(self) -> list[Replica]:
        return [replica for replica in self._simulation.pool.replicas if replica.is_ready]
