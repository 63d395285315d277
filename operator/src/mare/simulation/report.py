"""A comparison as a table and as JSON data."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from mare.simulation.results import Result
from mare.simulation.scenario import Scenario

_HEAD = (
    "autoscaler",
    "wait p50",
    "p95",
    "p99",
    "max",
    "replica-s",
    "at work",
    "changes",
    "reversals",
    "largest backlog",
    "redelivered",
    "ended busy",
)


def table(results: Sequence[Result]) -> str:
    """Aligned columns; waits are in seconds."""
    return "\n".join(aligned([_HEAD, *(_row(result) for result in results)]))


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines with columns of equal width, the first one aligned to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    ]


def markdown(results: Sequence[Result]) -> str:
    rows = [_HEAD, ("---", *("---:" for _ in _HEAD[1:])), *(_row(result) for result in results)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(result: Result) -> tuple[str, ...]:
    return (
        result.autoscaler,
        *(f"{wait:.2f}" for wait in (result.wait_p50, result.wait_p95, result.wait_p99)),
        f"{result.wait_max:.1f}",
        f"{result.replica_seconds:,.0f}",
        f"{result.efficiency:.0%}",
        str(len(result.changes)),
        f"{result.reversals:.3g}",
        f"{result.largest_backlog:,.0f}",
        f"{result.redelivered:,.0f}",
        f"{result.ended_busy:,.0f}",
    )


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
