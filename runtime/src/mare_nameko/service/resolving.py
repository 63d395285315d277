"""From the name on the command line to the service class."""

import importlib
import inspect
from importlib.metadata import entry_points
from typing import Any

GROUP = "mare_nameko.services"
"""Entry points by which a distribution gives its services short names."""


class UnknownServiceClass(Exception):
    """Raised when there is no such service class; the text names what was searched."""


def find_service(name: str) -> type:
    """Return the class for ``package.module:ClassName`` or for an entry point of GROUP."""
    path = name if ":" in name else _path_of(name)
    module_name, _, class_name = path.partition(":")
    module = _import(module_name)
    found = getattr(module, class_name, None)
    if not inspect.isclass(found):
        raise UnknownServiceClass(f"There is no class {class_name!r} in {module_name}.")
    if not isinstance(getattr(found, "name", None), str):
        raise UnknownServiceClass(f"{module_name}:{class_name} has no name, so it is no service.")
    return found


def service_names() -> list[str]:
    """Return the short names that the installed distributions give their services."""
    return sorted(entry_points(group=GROUP).names)


def _path_of(name: str) -> str:
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
