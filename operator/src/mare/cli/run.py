"""`mare run`: the operator."""

import asyncio
import os

import click

from mare import logs
from mare.cluster.client_import import skip_synchronous_client
from mare.ports import Unavailable
from mare.settings import Settings, SettingsError


@click.command
def run() -> None:
    """Scale workloads of a Kubernetes cluster, until stopped.

    It is set by environment variables: MARE_NAMESPACES, MARE_LEADER_ELECTION, MARE_LEASE_NAME,
    MARE_LEASE_SECONDS, POD_NAMESPACE, POD_NAME, MARE_HOST, MARE_PORT, MARE_DASHBOARD,
    MARE_DASHBOARD_HOST, MARE_DASHBOARD_PORT, MARE_DASHBOARD_PREFIX, MARE_DASHBOARD_HOSTS,
    MARE_TICK_SECONDS, MARE_READS_PER_SECOND, MARE_STATISTICS_SECONDS, MARE_SECRET_SECONDS and
    LOG_LEVEL.
    """
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    logs.start(settings.log_level)
    skip_synchronous_client()
    from mare.entrypoint import run_operator  # noqa: PLC0415 - only now is it lean

    try:
        asyncio.run(run_operator(settings))
    except Unavailable as error:
        raise click.ClickException(str(error)) from error
