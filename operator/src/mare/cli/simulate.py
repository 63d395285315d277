"""`mare simulate`: what a policy would have done, next to KEDA and an HPA."""

import json
from pathlib import Path

import click

from mare.drawing.png import NoRenderer, png_of
from mare.simulation.contest import repeated
from mare.simulation.fields import InvalidScenario
from mare.simulation.packaged import packaged
from mare.simulation.picture import picture
from mare.simulation.reading import read_scenario
from mare.simulation.report import data, markdown, table
from mare.simulation.scenario import Scenario


class _ScenarioFile(click.ParamType[Path]):
    """A file, or the name of a scenario that comes with the package."""

    name = "scenario"

    def convert(
        self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        path, known = Path(value), packaged()
        if not path.is_file() and str(value) not in known:
            names = ", ".join(known)
            self.fail(f"There is no file {value}, and no scenario among {names}", param, ctx)
        return path if path.is_file() else known[str(value)]


@click.command()
@click.argument("scenarios", metavar="SCENARIO...", nargs=-1, required=True, type=_ScenarioFile())
@click.option("--json", "form", flag_value="json", help="All figures and changes, a line each.")
@click.option("--markdown", "form", flag_value="markdown", help="A table for a page.")
@click.option("--table", "form", flag_value="table", default="table", help="The default.")
@click.option("--decisions", is_flag=True, help="List what the first contender decided, and why.")
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Draw depth, wait and replicas to a .png or .svg file.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Another seed than the scenario's.")
@click.option("--seeds", type=click.IntRange(1, 100), default=1, help="Mean of so many seeds.")
def simulate(
    *,
    scenarios: tuple[Path, ...],
    form: str,
    decisions: bool,
    plot: Path | None,
    seed: int | None,
    seeds: int,
) -> None:
    """Replay each scenario message by message, and compare who scales how.

    SCENARIO is a YAML file, or a name such as square of those that come with the package. The same
    seed gives the same messages and the same figures.
    """
    if plot is not None and plot.suffix not in {".png", ".svg"}:
        raise click.BadParameter("has to end in .png or .svg", param_hint="--plot")
    if plot is not None and len(scenarios) > 1:
        raise click.BadParameter("draws one scenario", param_hint="--plot")
    for path in scenarios:
        scenario = _read(path, seed)
        results = repeated(scenario, seeds)
        match form:
            case "json":
                click.echo(json.dumps(data(scenario, results), ensure_ascii=False))
            case "markdown":
                text = f"### {scenario.name}\n\n{scenario.description}\n\n{markdown(results)}\n"
                click.echo(text)
            case _:
                click.echo(f"{scenario.name}: {scenario.description}\n\n{table(results)}\n")
        if decisions:
            for change in results[0].changes:
                click.echo(f"{change.second:8.1f} s  {change.reason}  {change.message}")
        if plot is not None:
            _draw(plot, picture(scenario, results))


def _read(path: Path, seed: int | None) -> Scenario:
    try:
        return read_scenario(path, seed)
    except InvalidScenario as error:
        listed = "\n  ".join(error.problems)
        raise click.ClickException(f"{path} is not a scenario:\n  {listed}") from error


def _draw(plot: Path, svg: str) -> None:
    try:
        plot.write_bytes(png_of(svg) if plot.suffix == ".png" else svg.encode())
    except NoRenderer as error:
        raise click.ClickException(str(error)) from error
