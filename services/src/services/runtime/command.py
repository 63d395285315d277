"""The command line of the runtime."""

import os
import sys

from services.runtime.resolving import UnknownServiceClass, find_service
from services.runtime.runner import Exit, serve
from services.runtime.settings import Settings
from services.settings import SettingsError

USAGE = """usage: python -m services.runtime SERVICE

SERVICE is weather, music or playlists, or package.module:ClassName of a Nameko service.
It is configured by environment variables: AMQP_URI, RUNTIME_*, LOG_LEVEL, OTEL_*."""


def main() -> None:
    """Run the service that the command line names."""
    if len(sys.argv) != 2 or sys.argv[1] in ("-h", "--help"):  # noqa: PLR2004  program and service
        sys.exit(USAGE)
    try:
        settings = Settings.from_env(os.environ)
        service_class = find_service(sys.argv[1])
    except (SettingsError, UnknownServiceClass) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(Exit.MISCONFIGURED)
    serve(service_class, settings)
