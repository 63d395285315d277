"""The runs of a load in a file: each is added when it ends, and a new start goes on after them."""

import json
import threading
from collections.abc import Iterator
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from random import Random

from mare.simulation.scenario import Scenario, SimulatedAutoscaler
from mare.simulation.simulation import generate_messages
from tests.load.compare.autoscalers import manifest
from tests.load.compare.measured import Run

_LOAD = "the load"
_STEP = (5**0.5 - 1) / 4
"""Half the golden ratio. Multiples of it and of its double are spread evenly modulo 1, however many
there are: over the 30 s in which KEDA polls, and over the 15 s in which an HPA is synchronized."""


class StoredRuns:
    """The runs of one load by all autoscalers, also those that are not run now."""

    def __init__(self, folder: Path, scenario: Scenario) -> None:
        """Read the file; raise ValueError if its runs had another load or other settings."""
        self._file = folder / f"{scenario.name}.json"
        self._settings = _settings(scenario)
        self._lock = threading.Lock()
        self._stored: dict[str, str] = {}
        self.runs: list[Run] = []
        if not self._file.exists():
            return
        stored = json.loads(self._file.read_text())
        if "settings" not in stored:
            raise ValueError(f"{self._file} has runs without their settings. Move it away.")
        self._stored = stored["settings"]
        differ = [
            of for of, digest in self._settings.items() if self._stored.get(of, digest) != digest
        ]
        if differ:
            names = ", ".join(differ)
            raise ValueError(f"{self._file} has runs with other settings of {names}. Move it away.")
        self.runs = list(map(Run.read, stored["runs"]))

    def add(self, run: Run) -> None:
        """Add a run; several threads may."""
        with self._lock:
            self.runs.append(run)
            self._stored |= {of: self._settings[of] for of in (_LOAD, run.autoscaler)}
            runs = [asdict(each) for each in self.runs]
            part = self._file.with_suffix(".part")
            part.write_text(json.dumps({"settings": self._stored, "runs": runs}))
            part.replace(self._file)

    def left(
        self, scenario: Scenario, rounds: int
    ) -> Iterator[tuple[int, float, SimulatedAutoscaler]]:
        """Yield number, phase and autoscaler of each run that the file does not have.

        All autoscalers run once, in random order, before the next round. The phases of the rounds
        are spread over both periods of KEDA, and the same for all autoscalers.
        """
        there = {(each.autoscaler, each.number) for each in self.runs}
        first = Random(f"{scenario.seed} {scenario.name}").random()
        for number in range(1, rounds + 1):
            random = Random(f"{scenario.seed} {scenario.name} {number}")
            phase = (first + number * _STEP) % 1
            for autoscaler in random.sample(scenario.autoscalers, len(scenario.autoscalers)):
                if (autoscaler.name, number) not in there:
                    yield number, phase, autoscaler


def _settings(scenario: Scenario) -> dict[str, str]:
    """Return digests of what a cluster gets: of the load, and of each autoscaler by its name."""
    worker = (scenario.worker.workers, scenario.worker.prefetch)
    replicas = (scenario.min_replicas, scenario.initial_replicas, scenario.max_replicas)
    load = (scenario.seed, scenario.seconds, generate_messages(scenario), worker, replicas)
    objects = {each.name: manifest(each, "work", scenario) for each in scenario.autoscalers}
    return {of: _digest(each) for of, each in {_LOAD: load, **objects}.items()}


def _digest(given: object) -> str:
    return sha256(repr(given).encode()).hexdigest()[:16]
