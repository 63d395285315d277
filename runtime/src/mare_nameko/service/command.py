"""The command ``mare-nameko run``: finds a service class and serves it."""

import argparse
import importlib
import inspect
import sys
from importlib.metadata import entry_points
from typing import Any

from mare_nameko.service.runner import Exit, serve

GROUP = "mare_nameko.services"
"""Entry points with which a distribution gives its services short names."""


class UnknownServiceClass(Exception):
    """Raised when a name leads to no service class."""


def run() -> None:
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
    name = parser.parse_args().service
    sys.path.insert(0, "")  # modules of the working folder, as with `nameko run` and `python -m`
    try:
        service_class = find_service(name)
    except UnknownServiceClass as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(Exit.MISCONFIGURED)
    serve(service_class)


def find_service(name: str) -> type:
    """Return the class for ``package.module:ClassName`` or for an entry point of GROUP."""
    path = name if ":" in name else _entry_point(name)
    module_name, _, class_name = path.partition(":")
    found = getattr(_import(module_name), class_name, None)
    if not inspect.isclass(found):
        raise UnknownServiceClass(f"There is no class {class_name!r} in {module_name}.")
    if not isinstance(getattr(found, "name", None), str):
        raise UnknownServiceClass(
            f"{module_name}:{class_name} is no service: it has no attribute 'name'."
        )
    return found


def service_names() -> list[str]:
    return sorted(entry_points(group=GROUP).names)


def _entry_point(name: str) -> str:
    for entry in entry_points(group=GROUP, name=name):
        return entry.value
    known = ", ".join(service_names()) or "none is installed"
    raise UnknownServiceClass(
        f"There is no service {name!r}. Short names: {known}. Or give package.module:ClassName."
    )


def _import(module_name: str) -> Any:
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and (module_name == error.name or module_name.startswith(f"{error.name}.")):
            raise UnknownServiceClass(f"There is no module {module_name}.") from None
        raise
