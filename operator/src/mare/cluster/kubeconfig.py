"""Reads the user's kubeconfig."""

import logging
import os
from pathlib import Path

from kubernetes.aio import config
from kubernetes.aio.client import Configuration
from kubernetes.aio.config import ConfigException

from mare.ports import Unavailable


async def load_kubeconfig(configuration: Configuration, context: str | None = None) -> str:
    """Load a context of the kubeconfig, by default the current one; return its namespace.

    Raises `Unavailable` with a sentence that says what to do.
    """
    logging.getLogger("kubernetes").setLevel(logging.ERROR)  # it repeats the exception
    paths = os.environ.get("KUBECONFIG") or "~/.kube/config"
    if not any(Path(path).expanduser().is_file() for path in paths.split(os.pathsep) if path):  # noqa: ASYNC240
        raise Unavailable(
            f"No cluster is configured: there is no kubeconfig at {paths}. Create it, or set"
            " KUBECONFIG"
        )
    try:
        await config.load_kube_config(context=context, client_configuration=configuration)  # type: ignore[no-untyped-call]
        contexts, current = config.list_kube_config_contexts()  # type: ignore[no-untyped-call]
    except (ConfigException, OSError, ValueError, TypeError) as error:
        name = f"context {context}" if context else "current context"
        raise Unavailable(
            f"No cluster is configured: the kubeconfig at {paths} has no usable {name} ({error})."
            " List its contexts with kubectl config get-contexts"
        ) from error
    chosen = current if context is None else next(c for c in contexts if c["name"] == context)
    return str(chosen["context"].get("namespace") or "default")
