"""The results of a comparison: as data, as a table, as JSON."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import pairwise
from statistics import fmean
from textwrap import wrap
from typing import Any

from mare.simulation.scenario import Scenario
from mare.simulation.simulation import Change, Sample, Simulation


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    autoscaler: str
    messages: float
    replica_seconds: float
    """From start to end, summed over all replicas."""
    work_seconds: float
    """Replica-seconds of processing: service times divided by workers."""
    wait_p50: float
    wait_p95: float
    wait_p99: float
    wait_max: float
    largest_backlog: float
    reversals: float
    """Changes of direction between scaling up and down."""
    redelivered: float
    ended_busy: float
    """Replicas that were terminated while they processed a message."""
    unstarted: float
    """Messages not started at the end; their wait until then counts."""
    changes: tuple[Change, ...]
    samples: tuple[Sample, ...]

    @property
    def efficiency(self) -> float:
        """Share of the replica-seconds spent on messages."""
        return self.work_seconds / self.replica_seconds if self.replica_seconds else 0.0


def result_of(autoscaler: str, simulation: Simulation) -> Result:
    pool = simulation.pool
    end = simulation.now
    replicas = [*pool.replicas, *pool.terminated]
    waits = sorted(pool.waits_until(end))
    return Result(
        autoscaler=autoscaler,
        messages=len(waits),
        replica_seconds=sum(min(end, each.terminated_at) - each.created for each in replicas),
        work_seconds=pool.busy_seconds / simulation.scenario.worker.workers,
        wait_p50=percentile(waits, 0.50),
        wait_p95=percentile(waits, 0.95),
        wait_p99=percentile(waits, 0.99),
        wait_max=waits[-1] if waits else 0.0,
        largest_backlog=max((sample.ready for sample in simulation.samples), default=0),
        reversals=reversals(simulation.changes),
        redelivered=pool.requeued,
        ended_busy=pool.ended_busy,
        unstarted=sum(1 for wait in pool.waits if wait < 0),
        changes=tuple(simulation.changes),
        samples=tuple(simulation.samples),
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value that a share of the ordered values does not exceed."""
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def reversals(changes: Sequence[Change]) -> int:
    directions = [change.after > change.before for change in changes]
    return sum(1 for before, after in pairwise(directions) if before is not after)


_MEASURES = [field.name for field in fields(Result) if field.type is float]


def mean_of(runs: Sequence[Result]) -> Result:
    means: dict[str, Any] = {name: fmean(getattr(run, name) for run in runs) for name in _MEASURES}
    return replace(runs[0], **means)


_COLUMNS: dict[str, Callable[[Result], str]] = {
    "autoscaler": lambda result: result.autoscaler,
    "wait p50": lambda result: f"{result.wait_p50:.2f}",
    "p95": lambda result: f"{result.wait_p95:.2f}",
    "p99": lambda result: f"{result.wait_p99:.2f}",
    "max": lambda result: f"{result.wait_max:.1f}",
    "replica-s": lambda result: f"{result.replica_seconds:,.0f}",
    "at work": lambda result: f"{result.efficiency:.0%}",
    "changes": lambda result: str(len(result.changes)),
    "reversals": lambda result: f"{result.reversals:.3g}",
    "largest backlog": lambda result: f"{result.largest_backlog:,.0f}",
    "redelivered": lambda result: f"{result.redelivered:,.0f}",
    "ended busy": lambda result: f"{result.ended_busy:,.0f}",
}

_RARE = ("redelivered", "ended busy")
"""Columns in which most tables have zeros only; such columns are left out first."""
_SPARE = ("changes", "at work", "max", "p99", "largest backlog", *_RARE)
"""Columns that a narrow table leaves out, the first ones first."""


def table(results: Sequence[Result], width: int = sys.maxsize) -> str:
    """Aligned columns; waits are in seconds.

    If a line is longer than `width`, headings take two lines. If that does not suffice, columns are
    left out, and a line below the table names them.
    """
    shown = {name: [text(each) for each in results] for name, text in _COLUMNS.items()}
    lines = _lines(shown, [[*shown]])
    zeros = [name for name in _RARE if set(shown[name]) == {"0"}]
    omitted: list[str] = []
    for name in ("", *dict.fromkeys((*zeros, *_SPARE))):
        if len(lines[0]) <= width:
            break
        if name:
            omitted.append(name)
            del shown[name]
        words = [name.rpartition(" ") for name in shown]
        lines = _lines(shown, [[first for first, _, _ in words], [last for *_, last in words]])
    if omitted:
        names = ", ".join(name for name in _COLUMNS if name in omitted)
        lines += wrap(
            f"Without {names}: the terminal is narrow. --json prints all.", max(width, 20)
        )
    return "\n".join(lines)


def _lines(columns: Mapping[str, Sequence[str]], headings: Sequence[Sequence[str]]) -> list[str]:
    return aligned(
        [*(each for each in headings if any(each)), *zip(*columns.values(), strict=True)]
    )


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines with columns of equal width, the first one aligned to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    ]


def markdown(results: Sequence[Result]) -> str:
    values = [[text(result) for text in _COLUMNS.values()] for result in results]
    rows = [[*_COLUMNS], ["---", *["---:"] * (len(_COLUMNS) - 1)], *values]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def data(scenario: Scenario, results: Sequence[Result]) -> dict[str, Any]:
    return {
        "scenario": scenario.name,
        "description": scenario.description,
        "seconds": scenario.seconds,
        "seed": scenario.seed,
        "results": [
            {
                **{name: value for name, value in asdict(result).items() if name != "samples"},
                "efficiency": result.efficiency,
            }
            for result in results
        ],
    }
