"""Where a secret value lies now, and the shell that fetches it without showing it."""

import base64
import binascii
import shlex
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from mare.documents.tree import Document


@dataclass(frozen=True, slots=True)
class Written:
    """In the input itself."""

    text: str


@dataclass(frozen=True, slots=True)
class Stored:
    """Under a key of a Secret or ConfigMap."""

    kind: str
    name: str
    key: str
    namespace: str | None


@dataclass(frozen=True, slots=True)
class Variable:
    """In the environment of a container of the workload."""

    name: str
    container: str | None
    workload: str
    """As kubectl names it, deployment/orders."""
    namespace: str | None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where kubectl does not reach."""

    place: str


Origin = Written | Stored | Variable | Elsewhere

WITHOUT_VHOST = r"sed -E 's|^(https?://[^/]+(/.*)?)/[^/]*$|\1|'"
"""KEDA's management URI ends with the virtual host, Maré's does not."""


def kubectl(namespace: str | None, *arguments: str) -> str:
    scope = ("-n", namespace) if namespace else ()
    return shlex.join(("kubectl", *scope, *arguments))


def fetch(origin: Origin) -> str | None:
    """The shell command that writes the value, None if there is none."""
    match origin:
        case Stored("Secret", name, key, namespace):
            path = f"jsonpath={{.data.{key.replace('.', chr(92) + '.')}}}"
            return f"{kubectl(namespace, 'get', 'secret', name, '-o', path)} | base64 -d"
        case Stored(kind, name, key, namespace):
            path = f"jsonpath={{.data.{key.replace('.', chr(92) + '.')}}}"
            return kubectl(namespace, "get", kind.lower(), name, "-o", path)
        case Variable(name, container, workload, namespace):
            within = ("-c", container) if container else ()
            shell = kubectl(namespace, "exec", workload, *within, "--", "printenv", name)
            return rf"{shell} | tr -d '\n'"
        case _:
            return None


def described(origin: Origin) -> str:
    """The place in words."""
    match origin:
        case Written():
            return "the host written here"
        case Stored(kind, name, key, _):
            return f"{kind} {name}, key {key}"
        case Variable(name, container, workload, _):
            within = f", container {container}" if container else ""
            return f"variable {name} of {workload}{within}"
        case Elsewhere(place):
            return place


def secret_value(secret: Document | None, key: str) -> str | None:
    """A value of a Secret that is among the input. It is looked at, never shown."""
    if secret is None:
        return None
    written = secret.root.mapping("stringData").text(key)
    encoded = secret.root.mapping("data").text(key)
    if written is not None or encoded is None:
        return written
    try:
        return base64.b64decode(encoded, validate=True).decode().strip()
    except (binascii.Error, ValueError):
        return None


def uri(text: str | None) -> SplitResult | None:
    """A broker's URI taken apart, None if it is none."""
    try:
        parts = urlsplit((text or "").strip())
    except ValueError:
        return None
    return parts if parts.scheme in ("amqp", "amqps", "http", "https") else None
