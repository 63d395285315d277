"""Imports the official Kubernetes client without its synchronous half."""

import sys
from importlib.util import find_spec, module_from_spec


def skip_synchronous_client() -> None:
    """Keep the first import of `kubernetes` from loading its synchronous client of 8 MB."""
    spec = find_spec("kubernetes")
    if spec is None or "kubernetes" in sys.modules:
        return
    # The module has the search path of its submodules, but its own code does not run.
    sys.modules["kubernetes"] = module_from_spec(spec)
    # Kopf imports it only to recognise its models, and accepts that it is missing.
    sys.modules["kubernetes.client"] = None  # type: ignore[assignment]
