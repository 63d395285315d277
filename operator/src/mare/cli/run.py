"""`mare run`: the operator."""

import asyncio
import gc
import os
import resource
from contextlib import suppress

import aiohttp
import click

from mare import logs
from mare.cluster.client_import import import_small_client
from mare.ports import ApiError
from mare.settings import Settings, SettingsError, variables

_GC_THRESHOLD = 20_000
"""New Python objects before a garbage collection. Each reading replaces the state of an autoscaler,
which is no garbage. With Python's default of 700, the collector takes a tenth of the processor time
to visit it again and again."""


def allow_open_files() -> None:
    """Raise the soft limit of open files to the hard one, as programs in Go do.

    Container runtimes set 1,024, which the connections of one namespace can reach: then no probe
    is answered, and no request to the API server succeeds.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # a hard limit without an end
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@click.command(epilog=f"Environment variables: {', '.join(variables())}.")
def run() -> None:
    """Run the operator, which scales workloads of a Kubernetes cluster until it is stopped."""
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    logs.start(settings.log_level)
    gc.set_threshold(_GC_THRESHOLD)
    allow_open_files()
    import_small_client()
    from mare.entrypoint import run_operator  # noqa: PLC0415 - after the line above

    try:
        asyncio.run(run_operator(settings))
    except ApiError as error:
        raise click.ClickException(str(error)) from error
    except aiohttp.ClientError as error:
        raise click.ClickException(f"The API server does not answer: {error}") from error
    except OSError as error:
        raise click.ClickException(f"Cannot listen on a port: {error}") from error
