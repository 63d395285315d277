"""Write the reference of commands and metrics from the code: docs/cli.md and docs/metrics.md.

``make schema`` runs this with ``--write``, ``make check`` without.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
from prometheus_client import CollectorRegistry
from tables import refresh

from mare.cli import COMMANDS, mare
from mare.loop.metrics import Metrics
from mare.loop.record import Record

_WIDTH = 96


def commands() -> str:
    """Return the help of each command as a section."""
    parent = click.Context(mare, info_name="mare")
    return "\n".join(_sections(parent))


def _sections(parent: click.Context) -> Iterator[str]:
    for name in sorted(COMMANDS):
        command = mare.get_command(parent, name)
        assert command is not None
        context = click.Context(
            command, info_name=name, parent=parent, terminal_width=_WIDTH, max_content_width=_WIDTH
        )
        yield f"## mare {name}\n\n```\n{command.get_help(context)}\n```\n"


def metrics(registry: CollectorRegistry) -> str:
    """Return a table of the metrics in a registry."""
    rows = [
        f"| `{family.name}{'_total' if family.type == 'counter' else ''}` | {family.type} "
        f"| {family.documentation} |"
        for family in sorted(registry.collect(), key=lambda each: each.name)
    ]
    return "\n".join(["| metric | type | description |", "|---|---|---|", *rows]) + "\n"


def _operator() -> CollectorRegistry:
    operator = Metrics(Record())
    operator.set_leading(True)
    return operator.registry


def main() -> None:
    check = sys.argv[1:] != ["--write"]
    fresh = (
        refresh(Path("docs/cli.md"), "commands", commands(), check=check),
        refresh(Path("docs/metrics.md"), "operator", metrics(_operator()), check=check),
    )
    if check and not all(fresh):
        sys.exit("docs/cli.md or docs/metrics.md is not that of the code: run 'make schema'.")


if __name__ == "__main__":
    main()
