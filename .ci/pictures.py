"""Make all pictures of the documentation from the running software: ``make pictures``.

``PYTHONPATH=. python .ci/pictures.py simulations page`` takes seconds. With ``dashboard``
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
from mare.drawing.figure import DARK, LIGHT, Column, Figure, Panel, Series, Shape
from mare.drawing.png import png_renderer
from mare.simulation.advice import choose, simulate_settings, with_waits
from mare.simulation.advice_plot import advice_svg
from mare.simulation.advice_text import advice_text
from mare.simulation.comparison import compare
from mare.simulation.folding import fold
from mare.simulation.plot import plot_svg
from mare.simulation.reading import packaged, read_scenario
from mare.simulation.scenario import SimulatedAutoscaler

FOLDER = Path("docs/pictures")
STATIC = Path("gateway/src/mare_gateway/page/static")
SHOWN = ("square", "sine", "bursts", "ramp", "prefetch", "outage", "unlimited-prefetch")
"""Scenarios of docs/simulation.md."""
WAITED = ("sine", "square", "azfn-halfhour-s3", "llm-conv-s3")
WAITS = (0.5, 2.0, 10.0, 30.0, 60.0)
"""Values of waitSeconds."""
GITHUB = {"light": LIGHT, "dark": replace(DARK, background="#0d1117")}
"""Themes by the scheme of the reader's browser."""
WIDE = 840
"""The width of a page on GitHub, in pixels."""


def simulations() -> None:
    """Draw the scenarios."""
    for name in SHOWN:
        scenario = read_scenario(packaged()[name])
        svg = plot_svg(scenario, compare(scenario))
        (FOLDER / f"simulation-{name}.png").write_bytes(png_renderer()(svg))


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


PICTURES: dict[str, Callable[[], None]] = {
    "simulations": simulations,
    "waits": waits,
    "advice": advice,
    "dashboard": lambda: dashboard(FOLDER),
    "page": lambda: page(FOLDER),
    "previews": lambda: previews(STATIC),
}

if __name__ == "__main__":
    for part in sys.argv[1:] or PICTURES:
        PICTURES[part]()
