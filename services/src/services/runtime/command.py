"""The command line of the runtime."""

import sys

from services.runtime.resolving import UnknownServiceClass, find_service
from services.runtime.runner import Exit, serve

USAGE = """usage: python -m services.runtime SERVICE

SERVICE is weather, music or playlists, or package.module:ClassName of a Nameko service.
It is configured by environment variables: AMQP_URI, RUNTIME_*, LOG_LEVEL, OTEL_*."""


def main() -> None:
    """Run the service that the command line names."""
    if len(sys.argv) != 2 or sys.argv[1] in ("-h", "--help"):  # noqa: PLR2004  program and service
        sys.exit(USAGE)
    try:
        service_class = find_service(sys.argv[1])
    except UnknownServiceClass as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(Exit.MISCONFIGURED)
    serve(service_class)
