"""Imports the official Kubernetes client without the parts that no request of ours uses."""

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from types import ModuleType


class _Unused:
    """Stands for each name of pydantic, of which the client derives the classes of its models."""

    def __init__(self, *_: object, **__: object) -> None: ...


def import_small_client() -> None:
    """Import the asynchronous client without its synchronous half, of 8 MB, and pydantic, of 11.

    `api.py` sends plain JSON, so that the models of the client are never made. Others who import
    pydantic afterwards get the real one.
    """
    spec = find_spec("kubernetes")
    if spec is None or "kubernetes" in sys.modules:
        return
    # The module has the search path of its submodules, but its own code does not run.
    sys.modules["kubernetes"] = module_from_spec(spec)
    # Kopf imports it only to recognise its models, and accepts that it is missing.
    sys.modules["kubernetes.client"] = None  # type: ignore[assignment]
    if "pydantic" in sys.modules:
        return
    sys.modules["pydantic"] = stub = ModuleType("pydantic")
    setattr(stub, "__getattr__", lambda _: _Unused)  # noqa: B010 - mypy knows no such attribute
    try:
        import_module("kubernetes.aio.client")
    finally:
        del sys.modules["pydantic"]
