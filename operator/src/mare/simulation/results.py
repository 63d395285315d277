"""The result of a simulation."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from statistics import fmean
from typing import Any

from mare.simulation.simulation import Change, Sample, Simulation


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    autoscaler: str
    messages: float
    replica_seconds: float
    """From start to end, summed over all replicas."""
    work_seconds: float
    """Replica-seconds of processing: service times divided by workers."""
    wait_p50: float
    wait_p95: float
    wait_p99: float
    wait_max: float
    largest_backlog: float
    reversals: float
    """Changes of direction between scaling up and down."""
    redelivered: float
    ended_busy: float
    """Replicas that were terminated while they processed a message."""
    unstarted: float
    """Messages not started at the end; their wait until then counts."""
    changes: tuple[Change, ...]
    samples: tuple[Sample, ...]

    @property
    def efficiency(self) -> float:
        """Share of the replica-seconds spent on messages."""
        return self.work_seconds / self.replica_seconds if self.replica_seconds else 0.0


def result_of(autoscaler: str, simulation: Simulation) -> Result:
    pool = simulation.pool
    end = simulation.now
    replicas = [*pool.replicas, *pool.terminated]
    waits = sorted(pool.waits_until(end))
    return Result(
        autoscaler=autoscaler,
        messages=len(waits),
        replica_seconds=sum(min(end, each.terminated_at) - each.created for each in replicas),
        work_seconds=pool.busy_seconds / simulation.scenario.worker.workers,
        wait_p50=percentile(waits, 0.50),
        wait_p95=percentile(waits, 0.95),
        wait_p99=percentile(waits, 0.99),
        wait_max=waits[-1] if waits else 0.0,
        largest_backlog=max((sample.ready for sample in simulation.samples), default=0),
        reversals=reversals(simulation.changes),
        redelivered=pool.redelivered,
        ended_busy=pool.ended_busy,
        unstarted=sum(1 for wait in pool.waits if wait < 0),
        changes=tuple(simulation.changes),
        samples=tuple(simulation.samples),
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value that a share of the ordered values does not exceed."""
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def reversals(changes: Sequence[Change]) -> int:
    directions = [change.after > change.before for change in changes]
    return sum(1 for before, after in pairwise(directions) if before is not after)


_MEASURES = [field.name for field in fields(Result) if field.type is float]


def mean_of(runs: Sequence[Result]) -> Result:
    means: dict[str, Any] = {name: fmean(getattr(run, name) for run in runs) for name in _MEASURES}
    return replace(runs[0], **means)
