"""The reference of the operator's commands and metrics."""

from collections.abc import Iterator

import click

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


def metrics() -> str:
    """Return a table of the metrics."""
    record = Record()
    operator = Metrics(record)
    operator.set_leading(record, leads=True)
    rows = [
        f"| `{family.name}{'_total' if family.type == 'counter' else ''}` | {family.type} "
        f"| {family.documentation} |"
        for family in sorted(operator.registry.collect(), key=lambda each: each.name)
    ]
    return "\n".join(["| metric | type | description |", "|---|---|---|", *rows]) + "\n"
