"""`mare pause` and `mare resume`: stop and restart the scaling of a workload."""

import asyncio
from collections.abc import Mapping
from typing import Any

import click

from mare.cluster.object_reader import Unreadable, patch_spec

_MODES = {"both": "All", "in": "ScaleIn", "out": "ScaleOut"}
_name = click.argument("name")
_namespace = click.option(
    "-n", "--namespace", help="Namespace of the object; default: the context's."
)
_context = click.option("--context", help="Context of the kubeconfig; default: the current one.")


@click.command
@_name
@_namespace
@_context
@click.option(
    "--direction",
    type=click.Choice(list(_MODES)),
    default="both",
    show_default=True,
    help="Which changes stop: in is scale-down, out is scale-up.",
)
@click.option(
    "--replicas", type=click.IntRange(0, 10_000), help="Replicas meanwhile; default: as they are."
)
def pause(
    name: str, *, namespace: str | None, context: str | None, direction: str, replicas: int | None
) -> None:
    """Pause the QueueAutoscaler NAME; `mare resume NAME` ends the pause.

    This sets spec.paused and spec.pausedReplicas. It needs the right to patch queueautoscalers.
    """
    if replicas is not None and direction != "both":
        raise click.UsageError("--replicas needs --direction both.")
    spec = {"paused": _MODES[direction], "pausedReplicas": replicas}
    where = _patched(name, namespace, context, spec)
    stopped = {"both": "scaling", "in": "scale-down", "out": "scale-up"}[direction]
    count = "" if replicas is None else f" at {replicas} replicas"
    click.echo(f"{name} in namespace {where}: {stopped} is paused{count}.")


@click.command
@_name
@_namespace
@_context
def resume(name: str, *, namespace: str | None, context: str | None) -> None:
    """End the pause of the QueueAutoscaler NAME.

    This removes spec.paused and spec.pausedReplicas. It needs the right to patch queueautoscalers.
    """
    where = _patched(name, namespace, context, {"paused": None, "pausedReplicas": None})
    click.echo(f"{name} in namespace {where}: scaling is not paused.")


def _patched(name: str, namespace: str | None, context: str | None, spec: Mapping[str, Any]) -> str:
    try:
        return asyncio.run(patch_spec(name, namespace, context, spec))
    except Unreadable as error:
        raise click.ClickException(str(error)) from error
