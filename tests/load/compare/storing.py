"""The runs of a load in a file: each is added when it ends, and a new start goes on after them."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from random import Random
from typing import Any

from mare.simulation.scenario import Scenario, SimulatedAutoscaler
from tests.load.compare.measured import Run


class StoredRuns:
    """The runs of one load by all autoscalers, also those that are not run now."""

    def __init__(self, folder: Path, scenario: Scenario) -> None:
        """Read the file; raise ValueError if its messages were others."""
        self._file = folder / f"{scenario.name}.json"
        self._load = {"seed": scenario.seed, "seconds": scenario.seconds}
        stored = json.loads(self._file.read_text()) if self._file.exists() else []
        if isinstance(stored, list):  # as before runs had numbers
            stored = {**self._load, "runs": stored}
        of = {key: stored[key] for key in self._load}
        if of != self._load:
            raise ValueError(f"{self._file} has runs with {of}, not {self._load}. Move it away.")
        self.runs = list(_numbered(stored["runs"]))

    def add(self, run: Run) -> None:
        self.runs.append(run)
        text = json.dumps({**self._load, "runs": [asdict(each) for each in self.runs]})
        part = self._file.with_suffix(".part")
        part.write_text(text)
        part.replace(self._file)

    def left(
        self, scenario: Scenario, rounds: int
    ) -> Iterator[tuple[int, float, SimulatedAutoscaler]]:
        """Yield number, phase and autoscaler of each run that the file does not have.

        All autoscalers run once, in random order, before the next round. The phases of the rounds
        are spread over KEDA's periods, and the same for all autoscalers.
        """
        there = {(each.autoscaler, each.number) for each in self.runs}
        for number in range(1, rounds + 1):
            random = Random(f"{scenario.seed} {scenario.name} {number}")
            phase = (number - 1 + random.random()) / rounds
            for autoscaler in random.sample(scenario.autoscalers, len(scenario.autoscalers)):
                if (autoscaler.name, number) not in there:
                    yield number, phase, autoscaler


def _numbered(stored: list[dict[str, Any]]) -> Iterator[Run]:
    """Yield the runs; those without a number get that of their order."""
    counts: Counter[str] = Counter()
    for each in stored:
        run = Run.read(each)
        counts[run.autoscaler] += 1
        yield run if run.number else replace(run, number=counts[run.autoscaler])
