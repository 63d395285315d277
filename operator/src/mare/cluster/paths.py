"""Paths of the API server, built from validated segments.

Names come from tenants, brokers, other controllers and discovery. An HTTP client resolves `..`, so
the name `../../kube-system/deployments/coredns` would lead a request to another namespace. `Api`
accepts `ApiPath` only, and this module is the only one that makes them.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from mare.ports import InvalidName

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_RESOURCE = re.compile(r"[a-z](?:[-a-z0-9]*[a-z0-9])?")
MAX_SUBDOMAIN, MAX_LABEL = 253, 63
"""Characters of names in Kubernetes: of most objects, and of labels and namespaces."""
_MAX_SHOWN = 64


@dataclass(frozen=True, slots=True)
class ApiPath:
    """A path that a request may use. Make it with `Resource.path` or `discovery_path`."""

    text: str
    namespace: str | None = None
    """The namespace of what is requested; None for what is of the whole cluster."""


class Resource(NamedTuple):
    """A resource type as the API server serves it, such as `apps/v1` and `deployments`."""

    api_version: str
    plural: str

    def path(
        self, namespace: str | None = None, name: str | None = None, subresource: str | None = None
    ) -> ApiPath:
        """Return the path of a collection, an object or a subresource; raise `InvalidName`.

        Without a namespace the path is cluster-wide. None leaves a segment out, "" is invalid.
        """
        segments = [discovery_path(self.api_version).text]
        if namespace is not None:
            segments += ["namespaces", _subdomain(namespace, "namespace", MAX_LABEL)]
        segments.append(_resource(self.plural, "resource"))
        if name is not None:
            segments.append(_subdomain(name, "name"))
        if subresource is not None:
            segments.append(_resource(subresource, "subresource"))
        return ApiPath("/".join(segments), namespace)


PODS = Resource("v1", "pods")
PRESENT_PODS = ("fieldSelector", "status.phase!=Failed,status.phase!=Succeeded")
"""A selector of a list: evicted Pods stay for days."""
LEASES = Resource("coordination.k8s.io/v1", "leases")


def discovery_path(api_version: str) -> ApiPath:
    """Return the path that lists the resources of `v1` or of a group and version."""
    group, slash, version = api_version.rpartition("/")
    if not slash:
        return ApiPath(f"/api/{_resource(version, 'apiVersion')}")
    group, version = _subdomain(group, "API group"), _resource(version, "API version")
    return ApiPath(f"/apis/{group}/{version}")


def _subdomain(text: str, kind: str, longest: int = MAX_SUBDOMAIN) -> str:
    return _valid(text, kind, _SUBDOMAIN, longest)


def _resource(text: str, kind: str) -> str:
    return _valid(text, kind, _RESOURCE, MAX_LABEL)


def _valid(text: str, kind: str, pattern: re.Pattern[str], longest: int) -> str:
    if len(text) <= longest and pattern.fullmatch(text):
        return text
    shown = ascii(text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}...")
    raise InvalidName(
        f"{shown} is not a valid {kind}: use at most {longest} lower-case letters, digits, - and ."
    )
