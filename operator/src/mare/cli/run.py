"""`mare run`: the operator."""

import asyncio
import gc
import os

import aiohttp
import click

from mare import logs
from mare.cluster.client_import import skip_synchronous_client
from mare.ports import ApiError
from mare.settings import Settings, SettingsError, variables

_GC_THRESHOLD = 20_000
"""New Python objects before a garbage collection. Each reading replaces the state of an autoscaler,
which is no garbage. With Python's default of 700, the collector takes a tenth of the processor time
to visit it again and again."""


@click.command(epilog=f"Environment variables: {', '.join(variables())}.")
def run() -> None:
    """Run the operator, which scales workloads of a Kubernetes cluster until it is stopped."""
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    logs.start(settings.log_level)
    gc.set_threshold(_GC_THRESHOLD)
    skip_synchronous_client()
    from mare.entrypoint import run_operator  # noqa: PLC0415 - after the line above

    try:
        asyncio.run(run_operator(settings))
    except ApiError as error:
        raise click.ClickException(str(error)) from error
    except aiohttp.ClientError as error:
        raise click.ClickException(f"The API server does not answer: {error}") from error
    except OSError as error:
        raise click.ClickException(f"Cannot listen on a port: {error}") from error
