"""The command line ``mare-nameko``."""

import argparse
import sys

from mare_nameko.service.resolving import UnknownServiceClass, find_service, service_names
from mare_nameko.service.runner import Exit, serve


def run() -> None:
    """Run the service that the command line names."""
    parser = argparse.ArgumentParser(
        prog="mare-nameko",
        description="Runs a Nameko service. Environment variables configure it: AMQP_URI,"
        " RUNTIME_*, LOG_LEVEL, OTEL_*.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    names = ", ".join(service_names())
    known = f", or one of: {names}" if names else ""
    commands.add_parser("run", help="run one service until SIGTERM").add_argument(
        "service", help=f"package.module:ClassName{known}"
    )
    try:
        service_class = find_service(parser.parse_args().service)
    except UnknownServiceClass as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(Exit.MISCONFIGURED)
    serve(service_class)
