"""Maré and KEDA on one cluster, with the same broker, workers and messages, in turn.

``make compare`` runs all loads five times, which takes two days, and ``make compare LOADS="burst
--runs 3"`` one of them. A load is a scenario of `mare simulate`: the name of one of the package, or
a file. The runs are in .cache/compare, with the table, the plots and the page index.html. Runs that
are there are not run again: the command goes on after an interruption. A run that fails is reported
and left out, and the command ends with 1; the next one tries it again. With --together all runs of
a number are at the same time, each half a minute after the one before: for loads of an hour whose
replicas leave room on the machine.
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from devcluster.choosing import cluster_for_tests
from mare.simulation.comparison import compare
from mare.simulation.reading import packaged, read_scenario
from mare.simulation.scenario import Scenario
from mare.simulation.simulation import generate_messages
from tests.load.compare.autoscalers import autoscalers
from tests.load.compare.measured import needed_replicas, reaction, result_of
from tests.load.compare.plan import planned, run_all, simulated_peak
from tests.load.compare.readme_picture import readme_pictures
from tests.load.compare.report import Comparison, Measured, csv_text, markdown, page, plots
from tests.load.compare.running import Stage
from tests.load.compare.storing import StoredRuns
from tests.load.keda_stage import stage

_FOLDER = Path(".cache/compare")
_HERE = Path(__file__).parent
_MOST_REPLICAS = 150
"""The kubelet takes 200 Pods, and a Pod that waits for room counts as a replica."""
LOADS = ("burst", "square-40s", "pika", "azfn-halfhour-s3", "llm-code-s3")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("loads", nargs="*", default=LOADS, help=", ".join(LOADS))
    parser.add_argument("--runs", type=int, default=5, help="of each load and autoscaler (5)")
    parser.add_argument("--seconds", type=float, default=3600, help="of each load at most (3600)")
    parser.add_argument(
        "--together", action="store_true", help="all loads and autoscalers at the same time"
    )
    parser.add_argument("--draw", action="store_true", help="from the runs of before: no cluster")
    parser.add_argument("--only", help="this autoscaler only, such as Maré")
    parser.add_argument("--seed", type=int, default=1, help="of messages and order (1)")
    given = parser.parse_args()
    scenarios = [read(name, given.seconds, given.seed, given.only) for name in given.loads]
    if given.together:
        scenarios = [replace(each, name=f"{each.name}-together") for each in scenarios]
        if any(each.outages for each in scenarios):
            parser.error("an outage of the broker would be one for all runs at the same time")
    _FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        loads = [(scenario, StoredRuns(_FOLDER, scenario)) for scenario in scenarios]
    except ValueError as error:
        parser.error(str(error))
    failed: list[str] = []
    groups = planned(loads, given.runs, together=given.together)
    if groups and not given.draw:
        if given.together and (most := simulated_peak(max(groups, key=len))) > _MOST_REPLICAS:
            parser.error(f"{most} replicas together; the node has room for {_MOST_REPLICAS}")
        with (
            cluster_for_tests() as cluster,
            stage(cluster) as (shop, image),
            closing(Stage(shop, image)) as place,
        ):
            failed = run_all(place, groups)
    comparisons = [comparison(*each) for each in loads]
    write([each for each in comparisons if each.measured])
    sys.exit(f"Failed: {'; '.join(failed)}" if failed else 0)


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


def comparison(scenario: Scenario, stored: StoredRuns) -> Comparison:
    """Return what is there of the autoscalers of the scenario."""
    messages = generate_messages(scenario)
    needed = needed_replicas(scenario, *messages)
    names = [each.name for each in scenario.autoscalers]
    measured: dict[str, list[Measured]] = {}
    for run in sorted(stored.runs, key=lambda each: each.number):
        result = result_of(run, scenario, *messages)
        until = run.until(scenario.seconds)
        reacted = None if scenario.min_replicas else reaction(until, messages[1], needed)
        measured.setdefault(run.autoscaler, []).append(Measured(run, result, reacted))
    in_order = {name: measured[name] for name in names if name in measured}
    simulated = {each.autoscaler: each for each in compare(scenario)} if in_order else {}
    return Comparison(scenario, in_order, simulated, needed)


def write(comparisons: Sequence[Comparison]) -> None:
    """Write everything to .cache/compare, and the tables to the terminal."""
    for comparison in comparisons:
        name = comparison.scenario.name
        for theme, svg in plots(comparison).items():
            (_FOLDER / f"{name}-{theme}.svg").write_text(svg)
        middle = [comparison.middle(each).result for each in comparison.measured]
        for end, svg in readme_pictures(middle, comparison.scenario.seconds).items():
            (_FOLDER / f"{name}-readme-{end}.svg").write_text(svg)
        sys.stdout.write(f"{markdown(comparison)}\n\n")
    (_FOLDER / "runs.csv").write_text(csv_text(comparisons))
    (_FOLDER / "index.html").write_text(page(comparisons))
    sys.stderr.write(f"Everything is in {_FOLDER}; open index.html.\n")


if __name__ == "__main__":
    main()
