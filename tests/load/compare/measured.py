"""A run on a cluster as the result of a simulation has it, and what only a cluster shows."""

from bisect import bisect_right
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, inf
from typing import Any, Self

from mare.simulation.results import Result, percentile, reversals
from mare.simulation.scenario import Scenario
from mare.simulation.simulation import Change, Sample

_BUSIEST_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A worker starts with a message. Times are seconds since the run began."""

    message: int
    published: float
    started: float
    pod: str
    redelivered: bool


@dataclass(frozen=True, slots=True)
class Count:
    """A Deployment at a time: wanted, created and ready replicas."""

    at: float
    wanted: int
    created: int
    ready: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    autoscaler: str
    starts: Sequence[Start]
    counts: Sequence[Count]
    """The first one is from the time 0 or before."""
    sentences: Sequence[tuple[float, str]]
    """What the autoscaler said, as Events."""
    cores: float
    """Processor time of the autoscaler per second; NaN, as the next two, if others ran with it."""
    manager_cores: float
    """That of kube-controller-manager."""
    memory_mib: float
    number: int = 0
    """From 1 on; runs of one number have one phase."""
    ended_busy: Sequence[tuple[float, str]] = ()
    """When a Pod has ended with messages that were begun and not acknowledged, and its name."""

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """Return a run from what `asdict` has made of it, also after JSON."""
        starts = [Start(**each) for each in given["starts"]]
        counts = [Count(**each) for each in given["counts"]]
        pairs = {key: list(map(tuple, given.get(key, ()))) for key in ("sentences", "ended_busy")}
        return cls(**{**given, "starts": starts, "counts": counts, **pairs})

    def until(self, end: float) -> Self:
        """Return what happened until then: workers and the watch report until all is removed."""
        return replace(
            self,
            starts=[each for each in self.starts if each.started <= end],
            counts=[each for each in self.counts if each.at <= end],
            sentences=[each for each in self.sentences if each[0] <= end],
            ended_busy=[each for each in self.ended_busy if each[0] <= end],
        )


NOTHING = Run(
    autoscaler="", starts=(), counts=(), sentences=(), cores=0.0, manager_cores=0.0, memory_mib=0.0
)


@dataclass(frozen=True, slots=True)
class Reaction:
    """Seconds from the first message to what follows; infinite if it does not."""

    first_patch: float
    patch: float
    """The PATCH for all replicas that the load needs, whatever the run had."""
    ready: float
    first_ack: float


def needed_replicas(scenario: Scenario, arrivals: Sequence[float], takes: Sequence[float]) -> int:
    """Return how many replicas do the work of the busiest 10 s in as long; maxReplicas at most."""
    needed, work, oldest = 0.0, 0.0, 0
    for newest, arrival in enumerate(arrivals):
        work += takes[newest]
        while arrivals[oldest] <= arrival - _BUSIEST_SECONDS:
            work -= takes[oldest]
            oldest += 1
        needed = max(needed, work / _BUSIEST_SECONDS / scenario.worker.workers)
    return max(1, min(scenario.max_replicas, ceil(round(needed, 6))))


def reaction(run: Run, takes: Sequence[float], needed: int) -> Reaction:
    """Return how a run from zero replicas reacted.

    Args:
        takes: the seconds of each message.
        needed: replicas, the same for all autoscalers.
    """
    first = min((each.published for each in run.starts), default=0.0)
    acks = [each.started + takes[each.message] for each in run.starts]
    moments = (
        next((each.at for each in run.counts if each.wanted), None),
        next((each.at for each in run.counts if each.wanted >= needed), None),
        next((each.at for each in run.counts if each.ready >= needed), None),
        min(acks, default=None),
    )
    return Reaction(*(inf if each is None else each - first for each in moments))


def result_of(
    run: Run, scenario: Scenario, arrivals: Sequence[float], takes: Sequence[float]
) -> Result:
    """Return the figures of a run; messages that no worker started wait until its end."""
    end = scenario.seconds
    run = run.until(end)
    first = _first_starts(run.starts)
    waits = [
        first[number].started - first[number].published if number in first else end - arrival
        for number, arrival in enumerate(arrivals)
    ]
    ordered = sorted(waits)
    changes = _changes(run)
    samples = _samples(run, first, arrivals, end)
    return Result(
        autoscaler=run.autoscaler,
        messages=len(waits),
        replica_seconds=_replica_seconds(run.counts, end),
        work_seconds=sum(takes[each] for each in first) / scenario.worker.workers,
        wait_p50=percentile(ordered, 0.50),
        wait_p95=percentile(ordered, 0.95),
        wait_p99=percentile(ordered, 0.99),
        wait_max=ordered[-1] if ordered else 0.0,
        largest_backlog=max((each.ready for each in samples), default=0),
        reversals=reversals(changes),
        redelivered=sum(each.redelivered for each in run.starts),
        ended_busy=len(_ended_busy(run)),
        unstarted=len(arrivals) - len(first),
        changes=changes,
        samples=samples,
    )


def _first_starts(starts: Sequence[Start]) -> Mapping[int, Start]:
    return {each.message: each for each in sorted(starts, key=lambda one: -one.started)}


def _ended_busy(run: Run) -> set[str]:
    """Return the Pods that started a message which another Pod started after it, or that said so.

    A Pod that is killed says nothing, and a message may wait until the end of the run. One that
    starts messages later has only lost the broker.
    """
    ordered = sorted(run.starts, key=lambda one: one.started)
    last = {each.message: each for each in ordered}
    seen = {each.pod: each.started for each in ordered}
    restarted = {
        each.pod
        for each in ordered
        if each.pod != last[each.message].pod and seen[each.pod] < last[each.message].started
    }
    return restarted | {pod for _, pod in run.ended_busy}


def _replica_seconds(counts: Sequence[Count], end: float) -> float:
    closed = [*counts, Count(end, 0, 0, 0)]
    return sum(
        before.created * (min(end, after.at) - max(0.0, before.at))
        for before, after in pairwise(closed)
        if after.at > 0.0 and before.at < end
    )


def _changes(run: Run) -> tuple[Change, ...]:
    """Return the changes of the count, each with the next sentence of the autoscaler."""
    return tuple(
        Change(
            after.at,
            before.wanted,
            after.wanted,
            "Scaled",
            next((text for at, text in run.sentences if at >= after.at - 1.0), ""),
        )
        for before, after in pairwise(run.counts)
        if before.wanted != after.wanted and after.at >= 0.0
    )


def _samples(
    run: Run, first: Mapping[int, Start], arrivals: Sequence[float], end: float
) -> tuple[Sample, ...]:
    """Return a sample of each second; messages are ready until they are started."""
    arriving = deque(
        sorted(
            (first[number].published, first[number].started)
            if number in first
            else (arrival, float("inf"))
            for number, arrival in enumerate(arrivals)
        )
    )
    waiting: list[tuple[float, float]] = []
    """When each was started, and published."""
    times = [each.at for each in run.counts]
    samples = []
    for second in range(int(end) + 1):
        while arriving and arriving[0][0] <= second:
            published, started = arriving.popleft()
            waiting.append((started, published))
        waiting = [each for each in waiting if each[0] > second]
        oldest = second - min((published for _, published in waiting), default=second)
        count = run.counts[max(0, bisect_right(times, second) - 1)]
        samples.append(Sample(second, len(waiting), oldest, count.wanted, count.ready))
    return tuple(samples)
