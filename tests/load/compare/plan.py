"""The runs that are not there yet, in groups, and what runs and stores them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import ceil, nan
from operator import add

from mare.simulation.comparison import compare
from mare.simulation.scenario import Scenario, SimulatedAutoscaler
from mare.simulation.simulation import generate_messages
from tests.load.compare.measured import result_of
from tests.load.compare.progress import FAILURES, log, progress
from tests.load.compare.running import PERIOD, Stage
from tests.load.compare.storing import StoredRuns


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A run that is not there yet."""

    scenario: Scenario
    stored: StoredRuns
    autoscaler: SimulatedAutoscaler
    number: int
    phase: float
    together: bool
    """Whether others run with it: what the controllers have used is of all of them."""

    def __str__(self) -> str:
        return f"{self.scenario.name}, run {self.number}, {self.autoscaler.name}"

    def run(self, place: Stage, periods: int) -> bool:
        """Run it so many of KEDA's periods later than usual; store it, or say why it failed."""
        messages = generate_messages(self.scenario)
        pairs = list(zip(*messages, strict=True))
        try:
            with progress(str(self), self.scenario.seconds):
                run = place.run(self.scenario, self.autoscaler, pairs, self.phase + periods)
            result = result_of(run, self.scenario, *messages)
        except FAILURES as error:
            log(f"{self} failed: {error!r}")
            return False
        if self.together:
            run = replace(run, cores=nan, manager_cores=nan, memory_mib=nan)
        self.stored.add(replace(run, number=self.number))
        log(f"    {self}: p95 {result.wait_p95:.2f} s, {result.replica_seconds:,.0f} replica-s")
        return True


def planned(
    loads: Sequence[tuple[Scenario, StoredRuns]], rounds: int, *, together: bool
) -> list[list[Planned]]:
    """Return what is not there, in groups that run at the same time."""
    every = [
        Planned(
            scenario=scenario,
            stored=stored,
            autoscaler=autoscaler,
            number=number,
            phase=phase,
            together=together,
        )
        for scenario, stored in loads
        for number, phase, autoscaler in stored.left(scenario, rounds)
    ]
    if not together:
        return [[each] for each in every]
    numbers = sorted({each.number for each in every})
    return [[each for each in every if each.number == number] for number in numbers]


def simulated_peak(group: Sequence[Planned]) -> int:
    """Return about the most replicas at a time that the runs of a group have in a simulation.

    The highest counts of half a minute are added up, because runs do not begin to the second. The
    first replicas wait for the begin of their run, and the last ones for the reports of all.
    """
    ends = [at + ceil(each.scenario.seconds / PERIOD) for at, each in enumerate(group)]
    totals = [0] * (max(ends) + 1)
    for begin, (each, end) in enumerate(zip(group, ends, strict=True)):
        (result,) = compare(replace(each.scenario, autoscalers=(each.autoscaler,)))
        first, last = result.samples[0].wanted, result.samples[-1].wanted
        most = [first] * begin + [0] * (end - begin) + [last] * (len(totals) - end)
        for sample in result.samples:
            period = begin + int(sample.second / PERIOD)
            most[period] = max(most[period], sample.wanted)
        totals = list(map(add, totals, most))
    return max(totals)


def run_all(place: Stage, groups: Sequence[Sequence[Planned]]) -> list[str]:
    """Run everything; return those that failed. What ends is stored, whatever ends the others."""
    failed: list[str] = []
    for at, group in enumerate(groups):
        log(f"{'; '.join(map(str, group))}; {len(groups) - at} left")
        with ThreadPoolExecutor(len(group)) as pool:
            runs = [pool.submit(each.run, place, periods) for periods, each in enumerate(group)]
        failed += [str(each) for each, run in zip(group, runs, strict=True) if not run.result()]
    return failed
