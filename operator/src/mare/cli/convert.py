"""`mare convert`: QueueAutoscalers on stdout, the report on stderr, the result as exit code."""

import json
import sys
from typing import TextIO

import click

from mare.convert.conversion import convert as convert_texts
from mare.convert.report import data, manifests, text
from mare.documents.tree import InputError, read_text


@click.command
@click.argument("files", nargs=-1, type=click.File(encoding="utf-8"), default=("-",))
@click.option(
    "-o",
    "--output",
    type=click.Choice(["yaml", "json"]),
    default="yaml",
    show_default=True,
    help="yaml: objects on stdout, report on stderr. json: both in one document on stdout.",
)
def convert(files: tuple[TextIO, ...], output: str) -> None:
    """Convert KEDA ScaledObjects and HorizontalPodAutoscalers to QueueAutoscalers.

    FILES are YAML or JSON; - or no file is stdin. Add the TriggerAuthentications that the
    ScaledObjects use.

    Every value of the input has one outcome: kept, translated, needs you, dropped or refused.
    Exit code 0: everything is kept or translated. 2: something is dropped or needs you. 1:
    something is refused, or the input cannot be read.
    """
    try:
        conversion = convert_texts((file.name, read_text(file)) for file in files)
    except InputError as error:
        raise click.ClickException(str(error)) from error
    if not conversion.results:
        names = ", ".join(file.name for file in files)
        raise click.ClickException(f"{names} is empty: give a ScaledObject or an HPA")
    if output == "json":
        click.echo(json.dumps(data(conversion), indent=2, ensure_ascii=False))
    else:
        click.echo(manifests(conversion), nl=False)
        click.echo(text(conversion), nl=False, err=True)
    sys.exit(conversion.exit_code)
