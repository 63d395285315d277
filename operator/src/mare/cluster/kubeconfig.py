"""Connects by the service account of the Pod, or by the user's kubeconfig."""

import logging
import os
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from urllib.request import getproxies

import yaml
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import ConfigException

from mare.ports import Unavailable

_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
_SHAPES = (TypeError, AttributeError, KeyError)
"""Errors of the client if a part of the kubeconfig is missing or has another type. Their texts
speak of Python."""


async def connect() -> ApiClient:
    """Return a client of the Pod's service account or the kubeconfig; raise `Unavailable`."""
    if not runs_in_pod():
        client, _ = await kubeconfig_client()
        return client
    configuration = Configuration()
    config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    return client_of(configuration)


def runs_in_pod() -> bool:
    return _TOKEN.exists()


def client_of(configuration: Configuration) -> ApiClient:
    """Return a client that keeps each watch open, and reads the environment once for a proxy.

    By default the library looks for ~/.netrc, in a thread, before each request: a twentieth of the
    processor time of an operator with 3,000 objects.
    """
    configuration.connection_pool_maxsize = 0  # unlimited: each watch holds a connection
    configuration.client_session_kwargs = {"trust_env": bool(getproxies()), "read_bufsize": 2**16}
    return ApiClient(configuration)


async def kubeconfig_client(context: str | None = None) -> tuple[ApiClient, str]:
    """Return a client for a context, and its namespace; raise `Unavailable` with advice."""
    configuration = Configuration()
    namespace = await _load(configuration, context)
    try:
        return client_of(configuration), namespace
    except OSError as error:  # an SSLError is one, too
        raise Unavailable(
            f"No cluster is configured: the certificates of the kubeconfig cannot be used ({error})"
        ) from error


async def _load(configuration: Configuration, context: str | None) -> str:
    logging.getLogger("kubernetes").setLevel(logging.ERROR)  # it repeats the exception
    paths = os.environ.get("KUBECONFIG") or "~/.kube/config"
    if not any(Path(path).expanduser().is_file() for path in paths.split(os.pathsep) if path):  # noqa: ASYNC240
        raise Unavailable(
            f"No cluster is configured: there is no kubeconfig at {paths}. Create it, or set"
            " KUBECONFIG"
        )
    try:
        contexts, current = config.list_kube_config_contexts(paths)  # type: ignore[no-untyped-call]
        named = {each["name"]: each for each in contexts}
        if context and context not in named:
            raise Unavailable(_no_such_context(paths, context, list(named)))
        await config.load_kube_config(paths, context, client_configuration=configuration)  # type: ignore[no-untyped-call]
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        raise Unavailable(
            f"No cluster is configured: the kubeconfig at {paths} is not YAML ({problem})"
        ) from error
    except (ConfigException, OSError, ValueError, *_SHAPES) as error:
        name = f"context {context}" if context else "current context"
        cause = "" if isinstance(error, _SHAPES) else f" ({error})"
        raise Unavailable(
            f"No cluster is configured: the kubeconfig at {paths} has no usable {name}{cause}."
            " List its contexts with kubectl config get-contexts"
        ) from error
    chosen = named[context] if context else current
    return str(chosen["context"].get("namespace") or "default")


def _no_such_context(paths: str, context: str, names: Sequence[str]) -> str:
    near = get_close_matches(context, names, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Contexts: {', '.join(names)}"
    return f"The kubeconfig at {paths} has no context {context}. {hint}"
