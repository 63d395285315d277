"""A QueueAutoscaler as the operator uses it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from mare.custom_resource.spec import WrongSchedule, read_spec, wrong_schedules
from mare.domain.spec import ScalingSpec

_USED_METADATA = (
    "namespace",
    "name",
    "uid",
    "generation",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
)
BROKER_LABEL = "mare.dev/broker=true"
"""Label of the Secrets that an object may name."""


class Key(NamedTuple):
    """Namespace and name of a QueueAutoscaler."""

    namespace: str
    name: str


_WITH_REPLICA_SETS = {
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("argoproj.io", "Rollout"),
}


@dataclass(frozen=True, slots=True)
class ScaleTarget:
    namespace: str
    api_version: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def keeps_replica_sets(self) -> bool:
        """Whether a ReplicaSet deletes the Pods, in the order of their deletion costs."""
        return (self.api_version.partition("/")[0], self.kind) in _WITH_REPLICA_SETS


@dataclass(frozen=True, slots=True)
class JobTarget(ScaleTarget):
    """The Jobs that an object creates: `name` is its own."""

    uid: str

    def __str__(self) -> str:
        return f"Jobs of {self.name}"


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """An entry of spec.queues: a name, or a pattern with the wildcards * and ?."""

    text: str
    is_pattern: bool
    vhost: str | None


@dataclass(frozen=True, slots=True)
class BrokerReference:
    namespace: str
    secret_name: str
    vhost: str | None
    uri_key: str | None = None
    """The key of the Secret with the AMQP URI, if it is no common one."""
    part_keys: tuple[tuple[str, str], ...] = ()
    """Names of the fields of `brokerRef.keys`, and the key of the Secret that each names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoscaler:
    key: Key
    uid: str
    generation: int
    target: ScaleTarget
    broker: BrokerReference
    entries: tuple[QueueEntry, ...]
    service: str | None
    """The Nameko service whose queues are read."""
    spec: ScalingSpec
    status: Mapping[str, Any]
    """The status at the last read."""
    version: str = ""
    """The resourceVersion."""
    restores_replicas: bool = False
    """Whether the deletion of the object gives the workload its original replicas back."""
    created: str = ""
    """The creation time, in RFC 3339."""
    wrong_schedules: tuple[WrongSchedule, ...] = ()
    """Invalid schedules of the custom resource, which `spec` does not contain."""
    characters: int = 0
    """Of the spec, as JSON."""


def read_autoscaler(body: Mapping[str, Any]) -> Autoscaler:
    """Read an object that is validated and completed with defaults."""
    metadata, spec = body["metadata"], body["spec"]
    namespace = metadata["namespace"]
    broker, is_restored = spec["brokerRef"], spec.get("onDelete") == "Restore"
    return Autoscaler(
        key=Key(namespace, metadata["name"]),
        uid=metadata["uid"],
        generation=metadata["generation"],
        target=_read_target(metadata, spec),
        broker=BrokerReference(
            namespace,
            broker["secretName"],
            broker.get("vhost"),
            broker.get("uriKey"),
            tuple(sorted(broker.get("keys", {}).items())),
        ),
        entries=tuple(_read_entry(entry) for entry in spec.get("queues", ())),
        service=spec.get("nameko", {}).get("service"),
        spec=read_spec(spec),
        status=body.get("status") or {},
        version=metadata.get("resourceVersion", ""),
        restores_replicas=is_restored and "jobTemplate" not in spec,
        created=metadata.get("creationTimestamp", ""),
        wrong_schedules=wrong_schedules(spec),
        characters=len(json.dumps(spec)),
    )


def _read_target(metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> ScaleTarget:
    namespace = metadata["namespace"]
    if "jobTemplate" in spec:
        return JobTarget(namespace, "batch/v1", "Job", metadata["name"], metadata["uid"])
    target = spec["scaleTargetRef"]
    return ScaleTarget(namespace, target["apiVersion"], target["kind"], target["name"])


def used_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the operator reads of an object, without annotations and managed fields.

    Of a jobTemplate it reads the presence only, until it creates a Job.
    """
    metadata = body["metadata"]
    used = {name: metadata[name] for name in _USED_METADATA if name in metadata}
    spec = body.get("spec")
    if spec and "jobTemplate" in spec:
        spec = {**spec, "jobTemplate": {}}
    return {"metadata": used, "spec": spec, "status": body.get("status")}


def is_older(version: str, than: str) -> bool:
    """Return whether one resourceVersion is older; false if they cannot be compared.

    https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
    """
    return version.isdecimal() and than.isdecimal() and int(version) < int(than)


def _read_entry(entry: Mapping[str, Any]) -> QueueEntry:
    pattern = entry.get("pattern")
    return QueueEntry(pattern or entry["name"], pattern is not None, entry.get("vhost"))
