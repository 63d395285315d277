"""`mare apply-crd`: updates the CustomResourceDefinition, which Helm does not."""

import asyncio
from typing import TextIO

import click
import yaml

from mare.cluster.api import Api, connect
from mare.cluster.crd import apply_crd as apply_to_cluster
from mare.cluster.crd import version
from mare.ports import AccessRefused, Conflict, NotFound, Unavailable


@click.command
@click.argument("file", type=click.File(encoding="utf-8"))
def apply_crd(file: TextIO) -> None:
    """Apply the CustomResourceDefinition in FILE server-side, and wait until it is established.

    A definition of a newer version in the cluster is left as it is.

    The chart runs this before an upgrade. It needs the rights to get, patch and create this one
    definition.
    """
    definition = yaml.safe_load(file)
    if not isinstance(definition, dict) or definition.get("kind") != "CustomResourceDefinition":
        raise click.ClickException(f"{file.name} is not a CustomResourceDefinition")
    try:
        present = asyncio.run(_apply(definition))
    except (AccessRefused, Conflict, NotFound, Unavailable) as error:
        raise click.ClickException(str(error)) from error
    name = definition["metadata"]["name"]
    if present == version(definition):
        click.echo(f"{name} is up to date")
    else:
        click.echo(f"{name} stays as it is: its version {present} is newer than this one")


async def _apply(definition: dict[str, object]) -> str:
    async with await connect() as client:
        return await apply_to_cluster(Api(client), definition)
