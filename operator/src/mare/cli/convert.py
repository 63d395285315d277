"""`mare convert`: QueueAutoscalers on stdout, the report on stderr, the result as exit code."""

import json
import sys
from typing import TextIO

import click

from mare.convert.conversion import convert as convert_texts
from mare.convert.report import data, manifests, refusals, text
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
@click.option(
    "--quiet", is_flag=True, help="Report refused objects, and Secrets to create or to label."
)
@click.option("--details", is_flag=True, help="Report each value that is not kept unchanged.")
def convert(files: tuple[TextIO, ...], output: str, *, quiet: bool, details: bool) -> None:
    """Convert KEDA ScaledObjects, ScaledJobs and HorizontalPodAutoscalers to QueueAutoscalers.

    FILES are YAML or JSON; - or no file is stdin. Add the TriggerAuthentications that the
    ScaledObjects use, and the Secrets that these name: no value of a Secret is printed.

    The report is a summary, what you have to do or to know, and the steps of the migration.

    Exit code 0: all is converted. 2: something is dropped or needs you. 1: something is refused,
    there is nothing to convert, or the input cannot be read.
    """
    try:
        conversion = convert_texts((file.name, read_text(file)) for file in files)
    except InputError as error:
        raise click.ClickException(str(error)) from error
    if not conversion.autoscalers:
        names = ", ".join(file.name for file in files)
        raise click.ClickException(
            f"{names}: nothing to convert: give a ScaledObject, a ScaledJob or an HPA"
        )
    if output == "json":
        click.echo(json.dumps(data(conversion), indent=2, ensure_ascii=False))
    else:
        report = refusals(conversion) if quiet else text(conversion, detailed=details)
        click.echo(manifests(conversion), nl=False)
        click.echo(report, nl=False, err=True)
    sys.exit(conversion.exit_code)
