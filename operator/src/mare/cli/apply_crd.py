"""`mare apply-crd`: updates the CustomResourceDefinition, which Helm does not."""

import asyncio
from typing import Any, TextIO

import click

from mare.cluster.api import Api
from mare.cluster.crd import apply_crd as apply_to_cluster
from mare.cluster.crd import version
from mare.cluster.kubeconfig import connect
from mare.documents.tree import InputError, parse, plain, read_text
from mare.ports import ApiError


@click.command
@click.argument("file", type=click.File(encoding="utf-8"))
def apply_crd(file: TextIO) -> None:
    """Apply the CustomResourceDefinition in FILE server-side, and wait until it is established.

    A definition of a newer version in the cluster is left as it is.

    The chart runs this before an upgrade. It needs the rights to get, patch and create this one
    definition.
    """
    try:
        definition = _read(file)
        present = asyncio.run(_apply(definition))
    except (InputError, ApiError) as error:
        raise click.ClickException(str(error)) from error
    name = definition["metadata"]["name"]
    if present == version(definition):
        click.echo(f"{name} is up to date")
    else:
        click.echo(f"{name} stays as it is: its version {present} is newer than this one")


def _read(file: TextIO) -> dict[str, Any]:
    documents = parse(read_text(file), file.name)
    if [each.kind for each in documents] != ["CustomResourceDefinition"] or not documents[0].name:
        raise InputError(f"{file.name} is not one CustomResourceDefinition with a name")
    return plain(documents[0].root)  # type: ignore[no-any-return]


async def _apply(definition: dict[str, Any]) -> str:
    async with await connect() as client:
        return await apply_to_cluster(Api(client), definition)
