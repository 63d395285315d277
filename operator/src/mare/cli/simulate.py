"""`mare simulate`: compares a spec with KEDA and an HPA on the same messages."""

import json
from difflib import get_close_matches
from pathlib import Path

import click

from mare.cli.plot_file import plot_encoder, plot_option
from mare.documents.tree import InputError
from mare.local_run.terminal import Terminal
from mare.simulation.comparison import compare_seeds
from mare.simulation.plot import plot_svg
from mare.simulation.reading import packaged, read_scenario
from mare.simulation.results import data, markdown, table


class _ScenarioFile(click.ParamType[Path]):
    """A file, or the name of a scenario of the package."""

    name = "scenario"

    def convert(
        self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        path, known = Path(value), packaged()
        if not path.is_file() and str(value) not in known:
            near = get_close_matches(str(value), known, 1)
            hint = f"Did you mean {near[0]}?" if near else f"Scenarios: {', '.join(known)}"
            self.fail(f"There is neither a file nor a scenario {value}. {hint}", param, ctx)
        return path if path.is_file() else known[str(value)]


@click.command()
@click.argument("scenarios", metavar="SCENARIO...", nargs=-1, required=True, type=_ScenarioFile())
@click.option(
    "--json",
    "form",
    flag_value="json",
    help="Print all figures and changes as JSON instead, one line per scenario.",
)
@click.option("--markdown", "form", flag_value="markdown", help="Print the table in Markdown.")
@click.option(
    "--decisions",
    is_flag=True,
    help="List the decisions of the first autoscaler.",
)
@plot_option("Plot depth, wait and replicas to a .png or .svg file.")
@click.option(
    "--seed", type=click.IntRange(min=0), help="Use this seed instead of the one of the scenario."
)
@click.option(
    "--seeds",
    type=click.IntRange(1, 100),
    default=1,
    help="Print the means of this number of seeds.",
)
@click.option(
    "--without-forecast",
    is_flag=True,
    help="Compare each Maré with itself without its forecast as well.",
)
def simulate(
    *,
    scenarios: tuple[Path, ...],
    form: str | None,
    decisions: bool,
    plot: Path | None,
    seed: int | None,
    seeds: int,
    without_forecast: bool,
) -> None:
    """Simulate each scenario message by message and print a table that compares autoscalers.

    SCENARIO is a YAML file, or the name of a scenario of the package, such as square. The same
    seed gives the same messages and the same figures.
    """
    if plot is not None and len(scenarios) > 1:
        raise click.BadParameter("needs exactly one scenario", param_hint="--plot")
    encode = plot_encoder(plot) if plot is not None else str.encode
    for path in scenarios:
        try:
            scenario = read_scenario(path, seed)
        except InputError as error:
            raise click.ClickException(f"The scenario is not valid:\n{error}") from error
        if without_forecast:
            scenario = scenario.with_and_without_forecast()
        results = compare_seeds(scenario, seeds)
        match form:
            case "json":
                click.echo(json.dumps(data(scenario, results), ensure_ascii=False))
            case "markdown":
                text = f"### {scenario.name}\n\n{scenario.description}\n\n{markdown(results)}\n"
                click.echo(text)
            case _:
                text = table(results, Terminal().columns)
                click.echo(f"{scenario.name}: {scenario.description}\n\n{text}\n")
        if decisions:
            for change in results[0].changes:
                click.echo(f"{change.second:8.1f} s  {change.reason}  {change.message}")
        if plot is not None:
            plot.write_bytes(encode(plot_svg(scenario, results)))
