"""What a run came to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean
from typing import Any

from mare.simulation.world import Change, Sample, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One contender's run of a scenario."""

    contender: str
    messages: float
    replica_seconds: float
    """From being asked for to the end, over all replicas."""
    work_seconds: float
    """Replica-seconds that the messages needed: service times over workers."""
    wait_p50: float
    wait_p95: float
    wait_p99: float
    wait_max: float
    largest_backlog: float
    reversals: float
    """Changes of direction, from growing to shrinking and back."""
    redelivered: float
    unstarted: float
    """Messages that nobody had begun at the end; their wait so far counts."""
    changes: tuple[Change, ...]
    samples: tuple[Sample, ...]

    @property
    def efficiency(self) -> float:
        """Work done over replica-seconds."""
        return self.work_seconds / self.replica_seconds if self.replica_seconds else 0.0


def result_of(contender: str, world: World) -> Result:
    station = world.station
    end = world.now
    everyone = [*station.replicas, *station.gone]
    waits = sorted(station.waits_until(end))
    return Result(
        contender=contender,
        messages=len(waits),
        replica_seconds=sum(min(end, each.gone_at) - each.created for each in everyone),
        work_seconds=station.busy_seconds / world.scenario.worker.workers,
        wait_p50=percentile(waits, 0.50),
        wait_p95=percentile(waits, 0.95),
        wait_p99=percentile(waits, 0.99),
        wait_max=waits[-1] if waits else 0.0,
        largest_backlog=max((sample.ready for sample in world.samples), default=0),
        reversals=reversals(world.changes),
        redelivered=station.redelivered,
        unstarted=sum(1 for wait in station.waits if wait < 0),
        changes=tuple(world.changes),
        samples=tuple(world.samples),
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value that `share` of the ordered values do not exceed."""
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def reversals(changes: Sequence[Change]) -> int:
    directions = [change.after > change.before for change in changes]
    return sum(1 for before, after in pairwise(directions) if before is not after)


_MEASURES = (
    "messages",
    "replica_seconds",
    "work_seconds",
    "wait_p50",
    "wait_p95",
    "wait_p99",
    "wait_max",
    "largest_backlog",
    "reversals",
    "redelivered",
    "unstarted",
)


def mean_of(runs: Sequence[Result]) -> Result:
    """The mean of a contender's runs with several seeds; changes and samples are the first's."""
    means: dict[str, Any] = {name: fmean(getattr(run, name) for run in runs) for name in _MEASURES}
    return replace(runs[0], **means)
