"""The runs that are not there yet, in groups, and what runs and stores them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from math import nan

from mare.simulation.scenario import Scenario, SimulatedAutoscaler
from mare.simulation.simulation import generate_messages
from tests.load.compare.measured import Run, result_of
from tests.load.compare.progress import FAILURES, log, progress
from tests.load.compare.running import Stage
from tests.load.compare.storing import StoredRuns


@dataclass(frozen=True, slots=True)
class Planned:
    """A run that is not there yet."""

    scenario: Scenario
    stored: StoredRuns
    autoscaler: SimulatedAutoscaler
    number: int
    phase: float

    def __str__(self) -> str:
        return f"{self.scenario.name}, run {self.number}, {self.autoscaler.name}"

    def run(self, place: Stage, periods: int) -> Run:
        """Run it so many of KEDA's periods later than usual."""
        messages = generate_messages(self.scenario)
        pairs = list(zip(*messages, strict=True))
        with progress(str(self), self.scenario.seconds):
            run = place.run(self.scenario, self.autoscaler, pairs, self.phase + periods)
        result = result_of(run, self.scenario, *messages)
        log(f"    {self}: p95 {result.wait_p95:.2f} s, {result.replica_seconds:,.0f} replica-s")
        return replace(run, number=self.number)


def planned(
    loads: Sequence[tuple[Scenario, StoredRuns]], rounds: int, *, together: bool
) -> list[list[Planned]]:
    """Return what is not there, in groups that run at the same time."""
    every = [
        Planned(scenario, stored, autoscaler, number, phase)
        for scenario, stored in loads
        for number, phase, autoscaler in stored.left(scenario, rounds)
    ]
    if not together:
        return [[each] for each in every]
    numbers = sorted({each.number for each in every})
    return [[each for each in every if each.number == number] for number in numbers]


def run_all(place: Stage, groups: Sequence[Sequence[Planned]]) -> list[str]:
    """Run everything, and store each run; return those that failed."""
    failed = []
    for at, group in enumerate(groups):
        log(f"{'; '.join(map(str, group))}; {len(groups) - at} left")
        with ThreadPoolExecutor(len(group)) as pool:
            running = {
                pool.submit(each.run, place, periods): each for periods, each in enumerate(group)
            }
            for future in as_completed(running):
                each = running[future]
                try:
                    run = future.result()
                except FAILURES as error:
                    failed.append(str(each))
                    log(f"{each} failed: {error!r}")
                    continue
                if len(group) > 1:  # what the controllers have used is of all these runs
                    run = replace(run, cores=nan, manager_cores=nan, memory_mib=nan)
                each.stored.add(run)
    return failed
