"""Processor use of the replicas, as metrics-server tells it to an HPA that knows no queue.

A worker uses its share of the replica's request while it has a message. metrics-server looks every
15 s and tells the mean since its look before; a pod without two looks has no metric yet.
"""

from dataclasses import dataclass

from mare.simulation.station import Replica
from mare.simulation.world import World

_SCRAPE_SECONDS = 15.0


@dataclass(slots=True)
class _Usage:
    busy_seconds: float = 0.0
    looks: int = 0


class MetricsServer:
    def __init__(self, world: World) -> None:
        self._world = world
        self._usage: dict[int, _Usage] = {}
        self._busy: dict[int, float] = {}
        world.every(0.5, self._accumulate, 0.25)
        world.every(_SCRAPE_SECONDS, self._scrape, world.random.random() * _SCRAPE_SECONDS)
        self._told: dict[int, float] = {}

    def use(self) -> tuple[float, int, int]:
        """Share used by the pods with a metric, their number, and the number without one."""
        replicas = self._world.station.replicas
        told = [self._told[id(replica)] for replica in replicas if id(replica) in self._told]
        share = sum(told) / len(told) if told else 0.0
        return share, len(told), len(replicas) - len(told)

    def _accumulate(self) -> None:
        for replica in self._ready():
            self._busy[id(replica)] = self._busy.get(id(replica), 0.0) + replica.busy * 0.5

    def _scrape(self) -> None:
        workers = self._world.scenario.worker.workers
        told = {}
        for replica in self._ready():
            usage = self._usage.setdefault(id(replica), _Usage())
            busy = self._busy.get(id(replica), 0.0)
            if usage.looks:
                told[id(replica)] = (busy - usage.busy_seconds) / (_SCRAPE_SECONDS * workers)
            usage.busy_seconds, usage.looks = busy, usage.looks + 1
        self._told = told

    def _ready(self) -> list[Replica]:
        return [replica for replica in self._world.station.replicas if replica.is_ready]
