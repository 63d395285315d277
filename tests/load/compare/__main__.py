"""Maré and KEDA on one cluster, with the same broker, workers and messages, in turn.

``make compare`` runs all loads five times, which takes two days, and ``make compare LOADS="burst
--runs 3"`` one of them. A load is a scenario of `mare simulate`: the name of one of the package, or
a file. The runs are in .cache/compare, with the table, the plots and the page index.html.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from random import Random

from devcluster.choosing import cluster_for_tests
from mare.simulation.comparison import compare
from mare.simulation.reading import packaged, read_scenario
from mare.simulation.scenario import Scenario
from mare.simulation.simulation import generate_messages
from tests.load.compare.autoscalers import autoscalers
from tests.load.compare.measured import Run, reaction, result_of
from tests.load.compare.report import Comparison, Measured, csv_text, markdown, page, plots
from tests.load.compare.running import Stage
from tests.load.keda_stage import stage

_FOLDER = Path(".cache/compare")
_HERE = Path(__file__).parent
LOADS = ("burst", "square-40s", "pika", "azfn-halfhour-s3", "llm-code-s3")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("loads", nargs="*", default=LOADS, help=", ".join(LOADS))
    parser.add_argument("--runs", type=int, default=5, help="of each load and autoscaler (5)")
    parser.add_argument("--seconds", type=float, default=3600, help="of each load at most (3600)")
    parser.add_argument("--draw", action="store_true", help="from the runs of before: no cluster")
    parser.add_argument("--only", help="this autoscaler only, such as Maré")
    parser.add_argument("--seed", type=int, default=1, help="of messages and order (1)")
    given = parser.parse_args()
    scenarios = [read(name, given.seconds, given.seed, given.only) for name in given.loads]
    _FOLDER.mkdir(parents=True, exist_ok=True)
    if not given.draw:
        with (
            cluster_for_tests() as cluster,
            stage(cluster) as (shop, image),
            closing(Stage(shop, image)) as place,
        ):
            _run_all(place, scenarios, given.runs, Random(given.seed))
    write([_comparison(scenario) for scenario in scenarios])


def read(name: str, seconds: float, seed: int, only: str | None = None) -> Scenario:
    own, of_package = _HERE / f"{name}.yaml", packaged()
    path = own if own.exists() else of_package.get(name, Path(name))
    scenario = read_scenario(path, seed)
    return replace(
        scenario,
        name=path.stem,
        seconds=min(scenario.seconds, seconds),
        autoscalers=tuple(each for each in autoscalers(scenario) if only in {None, each.name}),
    )


def _run_all(place: Stage, scenarios: Sequence[Scenario], runs: int, random: Random) -> None:
    """Run all autoscalers once, in random order, before the next round; keep each run.

    The phases of the rounds are spread over KEDA's periods, and the same for all autoscalers.
    """
    left = sum(len(each.autoscalers) for each in scenarios) * runs
    for scenario in scenarios:
        messages = generate_messages(scenario)
        done: list[Run] = []
        for number in range(runs):
            phase = (number + random.random()) / runs
            for autoscaler in random.sample(scenario.autoscalers, len(scenario.autoscalers)):
                title = f"{scenario.name}, run {number + 1}, {autoscaler.name}"
                sys.stderr.write(f"{time.strftime('%H:%M:%S')} {title}; {left} left\n")
                done.append(
                    place.run(scenario, autoscaler, list(zip(*messages, strict=True)), phase)
                )
                _file(scenario).write_text(json.dumps([asdict(each) for each in done]))
                left -= 1
                result = result_of(done[-1], scenario, *messages)
                figures = f"p95 {result.wait_p95:.2f} s, {result.replica_seconds:,.0f} replica-s"
                sys.stderr.write(f"    {figures}\n")


def _file(scenario: Scenario) -> Path:
    return _FOLDER / f"{scenario.name}.json"


def _comparison(scenario: Scenario) -> Comparison:
    arrivals, takes = generate_messages(scenario)
    measured: dict[str, list[Measured]] = {each.name: [] for each in scenario.autoscalers}
    for each in json.loads(_file(scenario).read_text()):
        run = Run.read(each)
        result = result_of(run, scenario, arrivals, takes)
        reacted = None if scenario.min_replicas else reaction(run, takes)
        measured[run.autoscaler].append(Measured(run, result, reacted))
    return Comparison(scenario, measured, {each.autoscaler: each for each in compare(scenario)})


def write(comparisons: Sequence[Comparison]) -> None:
    """Write everything to .cache/compare, and the tables to the terminal."""
    for comparison in comparisons:
        name = comparison.scenario.name
        for theme, svg in plots(comparison).items():
            (_FOLDER / f"{name}-{theme}.svg").write_text(svg)
        sys.stdout.write(f"{markdown(comparison)}\n\n")
    (_FOLDER / "runs.csv").write_text(csv_text(comparisons))
    (_FOLDER / "index.html").write_text(page(comparisons))
    sys.stderr.write(f"Everything is in {_FOLDER}; open index.html.\n")


if __name__ == "__main__":
    main()
