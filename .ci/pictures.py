"""Make all pictures of the documentation from the running software: ``make pictures``.

``PYTHONPATH=. python .ci/pictures.py simulations compared page`` takes seconds. With ``dashboard``
it runs the whole system as ``make run`` does, under ten minutes of load, and takes pictures in
Chromium.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pictures_dashboard import dashboard
from pictures_page import page, previews

from mare.domain.spec import QueueWaitTime, ScalingSpec
from mare.drawing.drawing import draw
from mare.drawing.figure import DARK, LIGHT, Column, Figure, Level, Panel, Series, Shape, Theme
from mare.drawing.png import png_renderer
from mare.simulation.advice import choose, simulate_settings, with_waits
from mare.simulation.advice_plot import advice_svg
from mare.simulation.advice_text import advice_text
from mare.simulation.comparison import compare, compare_seeds
from mare.simulation.folding import fold
from mare.simulation.plot import plot_svg
from mare.simulation.reading import packaged, read_scenario
from mare.simulation.results import Result
from mare.simulation.scenario import SimulatedAutoscaler

FOLDER = Path("docs/pictures")
STATIC = Path("gateway/src/mare_gateway/page/static")
SHOWN = ("square", "sine", "bursts", "ramp", "prefetch", "outage", "unlimited-prefetch")
"""Scenarios of docs/simulation.md."""
COMPARED = ("Maré", "KEDA default", "KEDA expert")
"""Autoscalers of the first picture of the README."""
SEEDS = 3
"""As in the tables of docs/simulation.md."""
WAITED = ("sine", "square", "azfn-halfhour-s3", "llm-conv-s3")
WAITS = (0.5, 2.0, 10.0, 30.0, 60.0)
"""Values of waitSeconds."""
GITHUB = {"light": LIGHT, "dark": replace(DARK, background="#0d1117")}
"""Themes by the scheme of the reader's browser."""
WIDE, NARROW = 840, 400
"""Widths in pixels: a README on a desktop, and on a phone."""


def simulations() -> None:
    """Draw the scenarios."""
    for name in SHOWN:
        scenario = read_scenario(packaged()[name])
        svg = plot_svg(scenario, compare(scenario))
        (FOLDER / f"simulation-{name}.png").write_bytes(png_renderer()(svg))


def compared() -> None:
    """Draw the first picture of the README: curves of the first seed, figures of all."""
    scenario = read_scenario(packaged()["square"])
    chosen = {each.name: each for each in scenario.autoscalers}
    shown = replace(scenario, autoscalers=tuple(chosen[name] for name in COMPARED))
    results = compare_seeds(shown, SEEDS)
    for scheme, theme in GITHUB.items():
        wide = _drawn(results, scenario.seconds, theme, WIDE)
        (FOLDER / f"compared-{scheme}.svg").write_text(wide)
        rows = [_drawn((result,), scenario.seconds, theme, NARROW, results) for result in results]
        (FOLDER / f"compared-{scheme}-narrow.svg").write_text(_stacked(rows, NARROW, theme))


def waits() -> None:
    """Draw what waitSeconds costs: the 95th percentile of the wait, and the replica-seconds."""
    columns = []
    for name in WAITED:
        scenario = read_scenario(packaged()[name])
        results = compare(replace(scenario, autoscalers=tuple(map(_accepting, WAITS))))
        reached = [(wait, each.wait_p95) for wait, each in zip(WAITS, results, strict=True)]
        least = min(each.replica_seconds for each in results)
        cost = [
            (wait, 100 * each.replica_seconds / least)
            for wait, each in zip(WAITS, results, strict=True)
        ]
        accepted = Series("accepted", [(wait, wait) for wait in WAITS], Shape.LINE, 0)
        panels = (
            Panel(title="p95 wait, s", series=(accepted, Series("p95 wait", reached, colour=1))),
            Panel(title="Replica-seconds, %", series=(Series("cost", cost, colour=2),)),
        )
        columns.append(Column(title=name, subtitle="by waitSeconds", panels=panels))
    figure = Figure(
        title="What waitSeconds costs",
        description="For each load the wait and the replica-seconds at waitSeconds 0.5 to 60.",
        columns=tuple(columns),
        start=0.0,
        end=WAITS[-1],
    )
    for scheme, theme in GITHUB.items():
        svg = draw(figure, theme, width=WIDE, panel_height=110)
        (FOLDER / f"wait-seconds-{scheme}.svg").write_text(svg)


def advice() -> None:
    """Draw the advice of docs/advise.md, and print its text."""
    scenario = with_waits(read_scenario(packaged()["llm-code-s3"]))
    folded = fold(scenario)
    advised = choose(simulate_settings(folded, lambda run, count: map(run, range(count))))
    print(advice_text(scenario, folded, advised))
    for scheme, theme in GITHUB.items():
        (FOLDER / f"advice-{scheme}.svg").write_text(advice_svg(scenario, advised, theme))


def _accepting(wait_seconds: float) -> SimulatedAutoscaler:
    spec = ScalingSpec(max_replicas=30, targets=(QueueWaitTime(wait_seconds=wait_seconds),))
    return SimulatedAutoscaler(f"{wait_seconds:g} s", replace(spec, min_replicas=1))


def _drawn(
    shown: tuple[Result, ...],
    seconds: float,
    theme: Theme,
    width: int,
    results: tuple[Result, ...] | None = None,
) -> str:
    """Draw results side by side, with the axes of all ``results``."""
    compared = results or shown
    longest = max(sample.wait for each in compared for sample in each.samples)
    most = max(sample.wanted for each in compared for sample in each.samples)
    top_wait, top_replicas = 4.0 * (longest // 4 + 1), 2.0 * ((most + 1) // 2)
    figure = Figure(
        title="Simulated wait and replicas",
        description=" ".join(f"{each.autoscaler}: {_summary(each)}." for each in shown),
        columns=tuple(_column(each, top_wait, top_replicas) for each in shown),
        start=0.0,
        end=seconds,
    )
    return draw(figure, theme, width=width, panel_height=110 if len(shown) > 1 else 80)


def _column(result: Result, longest: float, most: float) -> Column:
    wait = Series("wait", [(s.second, s.wait) for s in result.samples], Shape.LINE, 1)
    replicas = Series(
        "replicas", [(s.second, float(s.wanted)) for s in result.samples], Shape.AREA, 2
    )
    return Column(
        title=result.autoscaler,
        subtitle=_summary(result),
        panels=(
            Panel(title="Wait, s", series=(wait,), levels=(Level(2, "goal 2 s"),), top=longest),
            Panel(title="Replicas", series=(replicas,), top=most),
        ),
    )


def _summary(result: Result) -> str:
    return f"simulated: p95 wait {result.wait_p95:.1f} s, {result.replica_seconds:,.0f} replica-s"


def _stacked(drawings: list[str], width: int, theme: Theme) -> str:
    """Return drawings of the same size above one another."""
    height = int(drawings[0].split('height="')[1].split('"')[0])
    whole = height * len(drawings)
    inner = "".join(
        svg.replace("<svg ", f'<svg y="{index * height}" ', 1) for index, svg in enumerate(drawings)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {whole}" width="{width}"'
        f' height="{whole}" role="img"><rect width="{width}" height="{whole}"'
        f' fill="{theme.background}"/>{inner}</svg>'
    )


PICTURES: dict[str, Callable[[], None]] = {
    "simulations": simulations,
    "compared": compared,
    "waits": waits,
    "advice": advice,
    "dashboard": lambda: dashboard(FOLDER),
    "page": lambda: page(FOLDER),
    "previews": lambda: previews(STATIC),
}

if __name__ == "__main__":
    for part in sys.argv[1:] or PICTURES:
        PICTURES[part]()
