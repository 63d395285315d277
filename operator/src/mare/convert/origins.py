"""Finds where the input has the values by which KEDA reaches a broker.

KEDA resolves the variables of a workload by its pod template. If the workload is in the input, so
does `variable`: a Secret behind a variable needs no running container.
"""

import base64
import binascii
from collections import defaultdict
from dataclasses import dataclass, replace

from mare.convert.commands import kubectl
from mare.convert.draft import Draft
from mare.convert.names import check_names
from mare.convert.secret import Origin
from mare.custom_resource.autoscaler import BROKER_LABEL
from mare.documents.tree import Document, Mapping


class Objects:
    """Finds Secrets, TriggerAuthentications and workloads in the input."""

    def __init__(self, documents: list[Document]) -> None:
        self._documents = documents
        self.users: dict[int, list[Draft]] = defaultdict(list)
        """The objects that use a document, by its identity."""

    def find(self, kind: str, name: str, namespace: str | None) -> Document | None:
        """Return an object by name. No namespace means the current one, which matches any.

        Raises:
            InputError: The object has a name that a command must not have.
        """
        for document in self._documents:
            same_namespace = (
                None in (document.namespace, namespace) or document.namespace == namespace
            )
            if (document.kind, document.name) == (kind, name) and same_namespace:
                check_names(document)
                return document
        return None


@dataclass(frozen=True, slots=True)
class Workload:
    """The Pods whose variables a trigger can name."""

    name: str
    """As kubectl takes it: deployment/orders."""
    namespace: str | None
    container: str | None
    template: Mapping | None
    """The pod template; None if it is not in the input."""
    template_path: str
    """Where the object has it, as in a jsonpath."""
    has_jobs: bool = False
    """Whether the Pods have names that are not known, so that no command can read in them."""


def workload_of(draft: Draft, objects: Objects, container: str | None) -> Workload:
    """Return the scale target of a ScaledObject."""
    (kind, name), namespace = draft.scale_target, draft.document.namespace
    found = objects.find(kind, name, namespace)
    template = found.root.mapping("spec").mapping("template") if found else None
    return Workload(f"{kind.lower()}/{name}", namespace, container, template, ".spec.template")


def jobs_of(draft: Draft, container: str | None) -> Workload:
    """Return the Jobs of a ScaledJob, to which KEDA gives generated names."""
    document, path = draft.document, ".spec.jobTargetRef.template"
    template = document.root.mapping("spec").mapping("jobTargetRef").mapping("template")
    name = f"scaledjob/{document.name}"
    return Workload(name, document.namespace, container, template, path, has_jobs=True)


def stored(
    objects: Objects, kind: str, name: str, key: str, namespace: str | None, *, is_own: bool
) -> Origin:
    """Return a value of a Secret or a ConfigMap.

    Args:
        objects: The input.
        kind: Secret or ConfigMap.
        name: That of the Secret or ConfigMap.
        key: Which of its values.
        namespace: That of the object.
        is_own: Whether it is that of the QueueAutoscaler, which names no Secret of another one.
    """
    secret = objects.find("Secret", name, namespace) if kind == "Secret" else None
    path = f"jsonpath={{.data.{key.replace('.', chr(92) + '.')}}}"
    command = kubectl(namespace, "get", kind.lower(), name, "-o", path)
    return Origin(
        place=f"{kind} {name}, key {key}",
        command=f"{command} | base64 -d" if kind == "Secret" else command,
        text=_secret_value(secret, key),
        secret=(name, key) if kind == "Secret" and is_own else None,
        keys=_keys(secret),
        is_labelled=_is_labelled(secret),
    )


def variable(name: str, workload: Workload, objects: Objects) -> Origin:
    """Return the value of a variable of a container."""
    space, within = workload.namespace, workload.container
    place = f"variable {name} of {workload.name}" + (f", container {within}" if within else "")
    container = _container(workload)
    if container is not None:
        for entry in container.mappings("env"):
            if entry.text("name") == name:
                found = _resolved(entry, container, workload, objects, place)
                if found is not None:
                    return found
        found = _from_whole(container, name, space, objects)
        if found is not None:
            return found
    if workload.has_jobs:
        return Origin(place, of_variable=True)
    scope = ("-c", within) if within else ()
    command = kubectl(space, "exec", workload.name, *scope, "--", "printenv", name)
    needs = "the command needs a running replica with printenv"
    if workload.template is None:
        needs += f"; with {workload.name} in the input it is not needed"
    return Origin(place, rf"{command} | tr -d '\n'", of_variable=True, needs_replica=needs)


def _container(workload: Workload) -> Mapping | None:
    """Return the container that KEDA reads: the one that is named, else the first one."""
    template = workload.template
    found = template.mapping("spec").mappings("containers") if template else []
    named = (each for each in found if workload.container in (None, each.text("name")))
    return next(named, None)


def _resolved(
    entry: Mapping, container: Mapping, workload: Workload, objects: Objects, place: str
) -> Origin | None:
    """Return the origin of an entry of `env`; None if only a container knows it."""
    space, source = workload.namespace, entry.mapping("valueFrom")
    for field, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
        reference = source.mapping(field)
        if reference.text("name"):
            named, key = reference.text("name") or "", reference.text("key") or ""
            found = stored(objects, kind, named, key, space, is_own=True)
            return replace(found, of_variable=True)
    value = entry.text("value")
    if not value or "$(" in value:
        return None
    where = f'{workload.template_path}.spec.containers[?(@.name=="{container.text("name")}")]'
    path = f'jsonpath={{{where}.env[?(@.name=="{entry.text("name")}")].value}}'
    command = kubectl(space, "get", workload.name, "-o", path)
    return Origin(place, command, text=value, of_variable=True)


def _from_whole(
    container: Mapping, name: str, namespace: str | None, objects: Objects
) -> Origin | None:
    """Return the origin of a variable of `envFrom`. The last one wins, as in a container."""
    for source in reversed(container.mappings("envFrom")):
        key = name.removeprefix(source.text("prefix") or "")
        for field, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
            named = source.mapping(field).text("name") or ""
            if key in _keys(objects.find(kind, named, namespace)):
                found = stored(objects, kind, named, key, namespace, is_own=True)
                return replace(found, of_variable=True)
    return None


def _keys(secret: Document | None) -> frozenset[str]:
    if secret is None:
        return frozenset()
    parts = (secret.root.mapping(name).entries for name in ("data", "stringData"))
    return frozenset(key for entries in parts for key in entries)


def _is_labelled(secret: Document | None) -> bool:
    name, _, value = BROKER_LABEL.partition("=")
    labels = secret.root.mapping("metadata").mapping("labels") if secret else None
    return labels is not None and labels.text(name) == value


def _secret_value(secret: Document | None, key: str) -> str | None:
    """Return a value of a Secret in the input. It is never printed."""
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
