"""From what a person types to the service class that is meant."""

import importlib
import inspect
from typing import Any


class UnknownServiceClass(Exception):
    """Raised when there is no such service class; the text says what was looked for."""


def find_service(name: str) -> type:
    """Return the class for ``package.module:ClassName``, or for a service of this package."""
    module_name, _, class_name = name.partition(":")
    if not class_name:
        return _named(f"services.{name}.service", name)
    module = _import(module_name)
    found = getattr(module, class_name, None)
    if not inspect.isclass(found):
        raise UnknownServiceClass(f"There is no class {class_name!r} in {module_name}.")
    if not isinstance(getattr(found, "name", None), str):
        raise UnknownServiceClass(f"{module_name}:{class_name} has no name, so it is no service.")
    return found


def _named(module_name: str, name: str) -> type:
    module = _import(module_name)
    for _, found in inspect.getmembers(module, inspect.isclass):
        if getattr(found, "name", None) == name and found.__module__ == module_name:
            return found
    raise UnknownServiceClass(f"There is no service class named {name!r} in {module_name}.")


def _import(module_name: str) -> Any:
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and (module_name == error.name or module_name.startswith(f"{error.name}.")):
            raise UnknownServiceClass(f"There is no module {module_name}.") from None
        raise
