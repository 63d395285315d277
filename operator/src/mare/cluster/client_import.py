"""Imports the official Kubernetes client without its synchronous half."""

import sys
from importlib.util import find_spec, module_from_spec


def skip_synchronous_client() -> None:
    """Keep `kubernetes` from importing its synchronous client, which takes 8 MB.

    Call it before the first import of `kubernetes` or kopf; a later call has no effect.
    """
    spec = find_spec("kubernetes")
    if spec is None or "kubernetes" in sys.modules:
        return
    # The module has the search path of its submodules, but its own code does not run.
    sys.modules["kubernetes"] = module_from_spec(spec)
    # Kopf imports it only to recognise its models, and accepts that it is missing.
    sys.modules["kubernetes.client"] = None  # type: ignore[assignment]
