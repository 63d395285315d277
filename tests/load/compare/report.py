"""The table, the plots and the page of a comparison."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite, isnan
from statistics import median

from mare.drawing.figure import DARK, LIGHT
from mare.simulation.plot import plot_svg
from mare.simulation.results import Result
from mare.simulation.scenario import Scenario
from tests.load.compare.measured import NOTHING, Reaction, Run

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 84rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .75rem; border-bottom: 1px solid #8884; text-align: right; }
th:first-child, td:first-child { text-align: left; white-space: nowrap; }
small { white-space: nowrap; opacity: .75; }
.wide { overflow-x: auto; } svg { max-width: 100%; height: auto; }
.said { display: block; width: 100%; overflow: visible; fill: #2a78d6; stroke: #8888; }
ul { list-style: none; padding-left: 1rem; }
.dark { display: none; }
@media (prefers-color-scheme: dark) {
  body { background: #12181f; color: #e6ebf0; } .light { display: none; } .dark { display: block; }
}
"""
_PIXELS = 1200
"""The width on which the marks of a run are placed."""


@dataclass(frozen=True, slots=True)
class Measured:
    run: Run
    result: Result
    reaction: Reaction | None
    """None if the run does not begin at zero replicas."""


@dataclass(frozen=True, slots=True)
class Comparison:
    scenario: Scenario
    measured: Mapping[str, Sequence[Measured]]
    """By autoscaler, the repetitions: at least one."""
    simulated: Mapping[str, Result]
    needed: int
    """Replicas."""

    def middle(self, autoscaler: str) -> Measured:
        """Return the repetition whose p95 of the wait is the median."""
        ordered = sorted(self.measured[autoscaler], key=lambda each: each.result.wait_p95)
        return ordered[(len(ordered) - 1) // 2]


_Of = Callable[[Measured], float]
_COLUMNS: Mapping[str, tuple[str, _Of]] = {
    "wait p50, s": (".2f", lambda each: each.result.wait_p50),
    "p95": (".2f", lambda each: each.result.wait_p95),
    "p99": (".2f", lambda each: each.result.wait_p99),
    "replica-s": (",.0f", lambda each: each.result.replica_seconds),
    "reversals": (".0f", lambda each: each.result.reversals),
    "redelivered": (".0f", lambda each: each.result.redelivered),
    "ended busy": (".0f", lambda each: each.result.ended_busy),
    "not begun, wait until the end": (".0f", lambda each: each.result.unstarted),
}
"""Those that a simulation has as well."""
_REACTION: Mapping[str, tuple[str, Callable[[Reaction], float]]] = {
    "first PATCH, s": (".2f", lambda each: each.first_patch),
    "PATCH for N": (".1f", lambda each: each.patch),
    "N Ready": (".1f", lambda each: each.ready),
    "first ack": (".1f", lambda each: each.first_ack),
}
_USED: Mapping[str, tuple[str, _Of]] = {
    "millicores": (".0f", lambda each: each.run.cores * 1000),
    "controller manager": (".0f", lambda each: each.run.manager_cores * 1000),
    "MiB": (".0f", lambda each: each.run.memory_mib),
}
_OURS, _LESS_OURS = "Maré", "p95 less Maré's"
_LEGEND = (
    "Waits are from the publication of a message to the start of its processing, or to the end of"
    " the run for one that is not begun. The p95 less Maré's is that of two runs of one number:"
    " in both the first message comes at the same time of KEDA's periods. Replica-seconds are"
    " those that the Deployment has. A Pod that is ended busy had a message, which is redelivered."
    " The times of a burst count from its first message: to the first PATCH, to the one for N"
    " replicas, until N are Ready, to the first acknowledgement. N is what the load needs: the"
    " replicas that do the work of its busiest 10 s in as long, maxReplicas at most. Millicores"
    " and MiB are of all Pods of the autoscaler: two replicas of Maré's operator, one of KEDA's"
    " operator and one of its metrics server; kube-controller-manager, which runs HPAs, is apart."
    " They are left out of runs at the same time."
)


def rows(comparison: Comparison) -> list[list[str]]:
    """Return a head and a row for each autoscaler: medians, with ranges where they differ."""
    reactions = _REACTION if _react(comparison) else {}
    heads = [name.replace("N", str(comparison.needed)) for name in reactions]
    head = [comparison.scenario.name, "runs", *_COLUMNS, *heads, *_USED, _LESS_OURS]
    body = []
    for name, runs in comparison.measured.items():
        cells = [_cell(form, list(map(of, runs))) for form, of in _COLUMNS.values()]
        reacted = [each.reaction for each in runs if each.reaction]
        cells += [_cell(form, list(map(of, reacted))) for form, of in reactions.values()]
        cells += [_cell(form, list(map(of, runs))) for form, of in _USED.values()]
        cells.append(_less_ours(comparison, name))
        body.append([name, str(len(runs)), *cells])
    for name, result in comparison.simulated.items():
        alike = Measured(NOTHING, result, None)
        cells = [format(of(alike), form) for form, of in _COLUMNS.values()]
        body.append([f"{name}, simulated", "", *cells, *[""] * (len(head) - 2 - len(cells))])
    return [head, *body]


def _less_ours(comparison: Comparison, name: str) -> str:
    """Return by how much messages wait longer than with Maré in the run of the same number."""
    ours = {each.run.number: each.result.wait_p95 for each in comparison.measured.get(_OURS, ())}
    differences = [
        each.result.wait_p95 - ours[each.run.number]
        for each in comparison.measured[name]
        if name != _OURS and each.run.number in ours
    ]
    return _cell("+.2f", differences) if differences else ""


def _react(comparison: Comparison) -> bool:
    return all(each.reaction for runs in comparison.measured.values() for each in runs)


def _cell(form: str, values: Sequence[float]) -> str:
    if any(map(isnan, values)):
        return ""
    least, middle, most = (
        format(each, form) if isfinite(each) else "never"
        for each in (min(values), median(values), max(values))
    )
    return middle if least == most else f"{middle} ({least} to {most})"


def csv_text(comparisons: Sequence[Comparison]) -> str:
    """Return a line for each run."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["scenario", "autoscaler", "run", "N", *_COLUMNS, *_USED, *_REACTION])
    for comparison in comparisons:
        for name, runs in comparison.measured.items():
            for each in runs:
                values = [value(each) for _, value in (*_COLUMNS.values(), *_USED.values())]
                reacted = each.reaction
                more = [value(reacted) for _, value in _REACTION.values()] if reacted else []
                figures = [round(figure, 3) for figure in (*values, *more)]
                of = [comparison.scenario.name, name, each.run.number]
                writer.writerow([*of, comparison.needed, *figures])
    return text.getvalue()


def markdown(comparison: Comparison) -> str:
    head, *body = rows(comparison)
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plots(comparison: Comparison) -> dict[str, str]:
    """Return the runs in the middle as SVG, by theme: light, dark."""
    results = [comparison.middle(name).result for name in comparison.measured]
    themes = {"light": LIGHT, "dark": DARK}
    return {name: plot_svg(comparison.scenario, results, themes[name]) for name in themes}


def page(comparisons: Sequence[Comparison]) -> str:
    """Return one HTML page with everything, and no request to anywhere."""
    parts = "".join(map(_section, comparisons))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Maré and KEDA</title>'
        f"<style>{_STYLE}</style><h1>Maré and KEDA on one cluster</h1>"
        "<p>The same broker, workers and messages. Cells are medians, with the range of the runs."
        f" Plots and sentences are those of the run with the median p95 of the wait. {_LEGEND}</p>"
        f"{parts}</html>"
    )


def _section(comparison: Comparison) -> str:
    head, *body = rows(comparison)
    table = f"<tr>{''.join(f'<th>{escape(cell)}' for cell in head)}" + "".join(
        f"<tr>{''.join(f'<td>{_html(cell)}' for cell in row)}" for row in body
    )
    drawn = "".join(f'<div class="{name}">{svg}</div>' for name, svg in plots(comparison).items())
    seconds = comparison.scenario.seconds
    said = "".join(_sentences(comparison.middle(name), seconds) for name in comparison.measured)
    return (
        f"<h2>{escape(comparison.scenario.name)}</h2><p>{escape(comparison.scenario.description)}</p>"
        f'<div class="wide"><table>{table}</table></div>{drawn}{said}'
    )


def _html(cell: str) -> str:
    middle, bracket, spread = escape(cell).partition(" (")
    return f"{middle}<br><small>{spread.rstrip(')')}</small>" if bracket else middle


def _sentences(measured: Measured, seconds: float) -> str:
    """Return what an autoscaler said: marks along the time of the run, and a list."""
    said = [
        (at, f"{number}. {at:.1f} s: {escape(text)}")
        for number, (at, text) in enumerate(measured.run.sentences, 1)
    ]
    marks = "".join(
        f'<circle cx="{_PIXELS * at / seconds:.0f}" cy="8" r="5"><title>{text}</title></circle>'
        for at, text in said
    )
    lines = "".join(f"<li>{text}" for _, text in said)
    name = escape(measured.run.autoscaler)
    return (
        f"<details><summary>What {name} said"
        f'<svg class="said" viewBox="0 0 {_PIXELS} 16"><path d="M0 8H{_PIXELS}"/>{marks}</svg>'
        f"</summary><ul>{lines}</ul></details>"
    )
